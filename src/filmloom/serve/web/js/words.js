// What the interface says: one message file per language, same keys in each. t("make.button"), t("job.left", {time}).

export const LANGUAGES = {en: "English", zh: "中文"};

let messages = {};
export let language = "en";

export async function speak(wanted) {
  language = LANGUAGES[wanted] ? wanted : preferred();
  messages = await (await fetch(`messages/${language}.json`)).json();
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
}

function preferred() {
  return navigator.languages.some((tag) => tag.startsWith("zh")) && !navigator.language.startsWith("en") ? "zh" : "en";
}

export function t(key, values = {}) {
  const message = messages[key] ?? key;
  return message.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A word of the engine (a place, a season, a stage ...): translated where we can, else as it is, without underscores.
export function word(family, value) {
  return messages[`${family}.${value}`] ?? String(value).replaceAll("_", " ");
}

export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return t("time.seconds", {n: whole});
  if (whole < 3600) return t("time.minutes", {n: Math.floor(whole / 60), s: String(whole % 60).padStart(2, "0")});
  return t("time.hours", {n: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60)});
}

export function moment(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const today = date.toDateString() === new Date().toDateString();
  const style = today ? {timeStyle: "short"} : {dateStyle: "medium", timeStyle: "short"};
  return new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en", style).format(date);
}

// Prompts come in many languages whatever the interface speaks: a screen reader must know which voice to use.
export function tongue(text) {
  return /[\u3400-\u9fff]/.test(text) ? "zh-Hans" : /^[\x00-\x7f\u2010-\u2026]*$/.test(text) ? "en" : "";
}
