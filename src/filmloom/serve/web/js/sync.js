// Several films in one time: the first leads, and who is off by more than half a frame is put right.
import {button, fill, h, icon, set} from "./dom.js";
import {calm, settings} from "./settings.js";
import {t} from "./words.js";

const DRIFT = 0.02;  // seconds
const FRAME = 1 / 30;
const SPEEDS = [0.25, 0.5, 1];

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

  const speed = h("select", {"aria-label": t("player.speed"), class: "speed", onchange: () => films.forEach((film) => { film.playbackRate = Number(speed.value); })},
    SPEEDS.map((value) => h("option", {value, selected: value === 1}, `${value}×`)));

  // Where nothing else has the key: space plays, the arrows go a frame on or back.
  function keys(event) {
    if (event.target.closest("a, button, input, select, textarea, summary, video") || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {" ": () => (lead.paused ? play() : pause()), ArrowLeft: () => step(-FRAME), ArrowRight: () => step(FRAME)}[event.key];
    if (act && settings.keys !== "off") { event.preventDefault(); act(); }
  }
  addEventListener("keydown", keys);

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
    button("", () => step(FRAME), {symbol: "on", kind: "quiet", "aria-label": t("player.on"), title: t("player.on")}), slider, clock, speed);
  return {element, stop: () => { going = false; removeEventListener("keydown", keys); films.forEach((film) => film.pause()); }};
}
