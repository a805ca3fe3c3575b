// The native API (docs: /api). Errors carry what the server said; a lost connection is an Offline.
import {settings} from "./settings.js";
import {t} from "./words.js";

export class Refused extends Error {
  constructor(status, message, code) {
    super(message);
    Object.assign(this, {status, code});
  }
}

export class Offline extends Error {}

export const call = (method, path, body) => send(method, path, body && JSON.stringify(body), "application/json");

// A file as it is; the server looks at what is in it, never at its name. → {name, bytes}
export const upload = (file) => send("POST", "/api/uploads", file, "application/octet-stream");

async function send(method, path, body, kind) {
  const headers = {...authorization(), ...(body ? {"Content-Type": kind} : {})};
  let answer;
  try {
    answer = await fetch(path, {method, headers, body});
  } catch {
    throw new Offline(t("note.offline"));
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw refusal(answer, data);
  return data;
}

export const get = (path, query = {}) => call("GET", `${path}${queryOf(query)}`);
export const post = (path, body = {}) => call("POST", path, body);

function queryOf(query) {
  const said = Object.entries(query).filter(([, value]) => value !== "" && value !== undefined && value !== null);
  return said.length ? `?${new URLSearchParams(said)}` : "";
}

function refusal(answer, data) {
  const error = data.error ?? data;
  const detail = Array.isArray(error.detail) ? error.detail.map((one) => one.msg).join("; ") : error.detail;
  const message = answer.status === 401 ? t("error.key") : error.message ?? detail ?? t("error.status", {status: answer.status});
  return new Refused(answer.status, message, error.code);
}

export function authorization() {
  return settings.key ? {Authorization: `Bearer ${settings.key}`} : {};
}

// Pictures and films cannot carry a key in a header: with a key they are fetched and shown from memory.
const kept = new Map();

export async function media(path) {
  if (!settings.key || !path) return path;
  if (!kept.has(path)) kept.set(path, fetch(path, {headers: authorization()}).then((a) => a.blob()).then(URL.createObjectURL));
  if (kept.size > 60) forgetOldest();
  return kept.get(path);
}

async function forgetOldest() {
  const [path, url] = kept.entries().next().value;
  kept.delete(path);
  URL.revokeObjectURL(await url);
}

export async function show(element, path) {
  const url = await media(path);
  if (element.getAttribute("src") !== url) element.setAttribute("src", url);
}
