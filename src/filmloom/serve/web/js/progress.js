// A film while it is being made: its latest picture, what happens now, how long still, and what can be done about it.
import {show} from "./api.js";
import {button, fill, h, icon, say, set, toast} from "./dom.js";
import {FINAL, tell, title} from "./jobs.js";
import {duration, t, tongue, word} from "./words.js";

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

// Which step or frame the picture shows.
function step({step}) {
  if (!step?.total) return "";
  return step.stage === "draw" ? t("job.frame", step) : t("job.step", step);
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

// A live panel; `update(view)` changes it in place, so that the focus stays where it is. While a film waits it is a line.
export function panel(first, {titled = false} = {}) {
  const picture = h("img", {alt: t("job.preview"), hidden: true});
  const waiting = h("div", {class: "loom"}, h("span", {}), h("span", {}), h("span", {}), h("span", {}), h("span", {}));
  const count = h("span", {class: "count"});
  const roll = reel();
  const bar = h("progress", {max: "100", "aria-label": t("job.progress")});
  const words = h("p", {class: "told"});
  const state = h("div", {class: "state"});
  const row = h("div", {class: "row"});
  const name = titled && h("h3", {class: "name"}, h("a", {href: `#/film/${first.id}`, lang: tongue(title(first))}, title(first)));
  let drawn = "", spoken = "", shown = null;

  function update(view) {
    set(element, {"data-state": view.state});
    fill(state, badge(view));
    bar.hidden = FINAL.includes(view.state);
    if (view.progress > 0 || view.state !== "running") bar.value = percent(view);
    else bar.removeAttribute("value");
    fill(words, told(view));
    fill(count, step(view));
    if (drawn !== view.state + view.wants) refill(row, orders(view));
    drawn = view.state + view.wants;
    preview(view);
    speak(view);
  }

  // The server is asked for a picture only when it has told of a new one.
  function preview(view) {
    const path = view.urls?.preview, now = view.previewed ?? 0;
    if (!path || view.state === "queued" || shown === now) return;
    shown = now;
    const probe = new Image();
    probe.onload = () => { set(picture, {src: probe.src, hidden: false}); waiting.hidden = true; roll.add(probe); };
    show(probe, `${path}?n=${now}`).catch(() => {});
  }

  // Every quarter is said once; who listens is not told each step.
  function speak(view) {
    const now = `${view.state}${Math.floor(percent(view) / 25)}`;
    if (spoken && spoken !== now) say(`${word("state", view.state)}. ${told(view)}`);
    spoken = now;
  }

  const element = h("div", {class: "panel", "data-job": first.id},
    h("div", {class: "screen"}, waiting, picture, count), roll.element, h("div", {class: "under"}, name, state, bar, words, row));
  update(first);
  return {element, update};
}

// Buttons change places; the focus stays with the film it was at.
function refill(row, buttons) {
  const held = row.contains(document.activeElement);
  fill(row, buttons);
  if (held) row.querySelector("button")?.focus();
}

const MOST = 12;

// The pictures so far, small and in order; when there are many, every second one goes. For eyes only.
function reel() {
  const element = h("div", {class: "reel", "aria-hidden": "true"});
  function add(image) {
    const canvas = h("canvas", {width: "160", height: "90"});
    canvas.getContext("2d").drawImage(image, 0, 0, 160, 90);
    element.append(canvas);
    if (element.children.length > MOST) [...element.children].filter((_, at) => at % 2).forEach((one) => one.remove());
  }
  return {element, add};
}
