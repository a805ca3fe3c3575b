// Several films in one time: the first leads, and who is off by more than half a frame is put right.
import {button, fill, h, icon, set} from "./dom.js";
import {calm} from "./settings.js";
import {t} from "./words.js";

const DRIFT = 0.02;  // seconds
const FRAME = 1 / 30;

export function inStep(films) {
  const [lead, ...rest] = films;
  const slider = h("input", {type: "range", min: "0", max: "1", step: "0.001", value: "0", "aria-label": t("player.time")});
  const clock = h("output", {class: "clock"}, "0.0");
  const toggle = button(t("player.play"), () => (lead.paused ? play() : pause()), {symbol: "play", kind: "main"});
  const length = () => Math.min(...films.map((film) => film.duration || Infinity));
  let going = true;

  const play = () => { if (lead.currentTime >= length() - FRAME) seek(0); films.forEach((film) => film.play().catch(() => {})); };
  const pause = () => { films.forEach((film) => film.pause()); align(0); };
  const align = (least = DRIFT) => rest.forEach((film) => { if (Math.abs(film.currentTime - lead.currentTime) > least) film.currentTime = lead.currentTime; });
  const seek = (time) => films.forEach((film) => { film.currentTime = Math.max(0, Math.min(time, length() || 0)); });
  const step = (by) => { pause(); seek(lead.currentTime + by); };

  function show() {
    fill(toggle, icon(lead.paused ? "play" : "pause"), h("span", {}, t(lead.paused ? "player.play" : "player.pause")));
  }
  lead.addEventListener("play", show);
  lead.addEventListener("pause", show);
  lead.addEventListener("ended", () => { if (going) { seek(0); play(); } });
  lead.addEventListener("loadeddata", () => calm() || play(), {once: true});
  slider.oninput = () => { pause(); seek(slider.value * length()); };

  (function tick() {
    if (!going) return;
    if (!lead.paused) align();
    const whole = length();
    if (Number.isFinite(whole) && document.activeElement !== slider || lead.paused) slider.value = lead.currentTime / whole || 0;
    fill(clock, `${lead.currentTime.toFixed(1)} s`);
    set(slider, {"aria-valuetext": `${lead.currentTime.toFixed(1)} s`});
    requestAnimationFrame(tick);
  })();

  const element = h("div", {class: "transport", role: "group", "aria-label": t("player.title")}, toggle,
    button("", () => step(-FRAME), {symbol: "back", kind: "quiet", "aria-label": t("player.back"), title: t("player.back")}),
    button("", () => step(FRAME), {symbol: "on", kind: "quiet", "aria-label": t("player.on"), title: t("player.on")}), slider, clock);
  return {element, stop: () => { going = false; films.forEach((film) => film.pause()); }};
}
