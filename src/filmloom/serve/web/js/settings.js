// What this browser remembers: looks and language, the key, and how films were last asked for. Jobs are never kept here.

const STORED = "filmloom";
const DEFAULTS = {theme: "auto", language: "auto", key: "", motion: "auto", keys: "on", ask: {}};

export const settings = {...DEFAULTS, ...read()};

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {};
  }
}

export function remember(changes) {
  Object.assign(settings, changes);
  try {
    localStorage.setItem(STORED, JSON.stringify(settings));
  } catch { /* A browser that keeps nothing still works, until the page closes. */ }
  dress();
}

export function dress() {
  document.documentElement.dataset.theme = settings.theme;
  document.documentElement.dataset.motion = settings.motion;
}

export function calm() {
  return settings.motion === "less" || matchMedia("(prefers-reduced-motion: reduce)").matches;
}
