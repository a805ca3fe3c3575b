// A film while it is being made: its latest picture, what happens now, how long still, and what can be done about it.
import {show} from "./api.js";
import {button, fill, h, icon, say, set, toast} from "./dom.js";
import {FINAL, tell} from "./jobs.js";
import {duration, t, word} from "./words.js";

const SYMBOLS = {queued: "wait", running: "film", paused: "pause", done: "tick", failed: "warn", cancelled: "stop", refused: "bar"};

export function badge(view) {
  return h("span", {class: `badge ${view.state}`}, icon(SYMBOLS[view.state] ?? "wait"), word("state", view.state));
}

// Progress in words: "Filming, 40 %, about 12 s left".
export function told(view) {
  if (view.wants && view.state === "running") return word("wants", view.wants);
  if (view.state === "queued") return view.position ? t("job.position", {n: view.position}) : t("job.next");
  if (view.state === "paused") return t("job.paused", {percent: percent(view)});
  if (FINAL.includes(view.state)) return view.failure?.message ?? word("state", view.state);
  const left = view.seconds_left ? t("job.left", {time: duration(view.seconds_left)}) : "";
  return [view.stage ? word("stage", view.stage) : t("job.starting"), t("job.percent", {percent: percent(view)}), left]
    .filter(Boolean).join(t("list.comma"));
}

export const percent = (view) => Math.round((view.progress ?? 0) * 100);

export async function order(id, what) {
  try {
    await tell(id, what);
  } catch (error) {
    toast(error.message, "bad");
  }
}

export function orders(view) {
  const act = (what, symbol, kind = "quiet") =>
    button(t(`job.${what}`), () => order(view.id, what), {symbol, kind: `${kind} small`, "data-order": what});
  return [
    view.state === "running" && !view.wants && act("pause", "pause"),
    view.state === "queued" && act("pause", "pause"),
    view.state === "paused" && act("resume", "play", ""),
    ["running", "queued", "paused"].includes(view.state) && view.wants !== "cancel" && act("cancel", "stop"),
    ["failed", "cancelled"].includes(view.state) && act("retry", "again", ""),
  ].filter(Boolean);
}

// A live panel; `update(view)` changes it in place, so that the focus stays where it is.
export function panel(first) {
  const picture = h("img", {alt: t("job.preview"), hidden: true});
  const waiting = h("div", {class: "loom"}, h("span", {}), h("span", {}), h("span", {}), h("span", {}), h("span", {}));
  const bar = h("progress", {max: "100", "aria-label": t("job.progress")});
  const words = h("p", {class: "told"});
  const state = h("div", {class: "state"});
  const row = h("div", {class: "row"});
  let drawn = "", spoken = "";

  function update(view) {
    fill(state, badge(view));
    bar.hidden = FINAL.includes(view.state);
    if (view.progress > 0 || view.state !== "running") bar.value = percent(view);
    else bar.removeAttribute("value");
    fill(words, told(view));
    if (drawn !== view.state + view.wants) fill(row, orders(view));
    drawn = view.state + view.wants;
    preview(view);
    speak(view);
  }

  function preview(view) {
    const path = view.urls?.preview;
    if (!path || view.state === "queued") return;
    const probe = new Image();
    probe.onload = () => { set(picture, {src: probe.src, hidden: false}); waiting.hidden = true; };
    show(probe, `${path}?n=${Math.round(view.progress * 1000)}-${view.previewed ?? 0}`).catch(() => {});
  }

  // Every quarter is said once; who listens is not told each step.
  function speak(view) {
    const now = `${view.state}${Math.floor(percent(view) / 25)}`;
    if (spoken && spoken !== now) say(`${word("state", view.state)}. ${told(view)}`);
    spoken = now;
  }

  const element = h("div", {class: "panel", "data-job": first.id},
    h("div", {class: "screen"}, waiting, picture), h("div", {class: "under"}, state, bar, words, row));
  update(first);
  return {element, update};
}
