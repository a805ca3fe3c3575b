// Prompt help while one types: what was understood, which words mean nothing to the model, and which are near them.
import {post} from "./api.js";
import {button, fill, h, icon, later} from "./dom.js";
import {t, word} from "./words.js";

const PAUSE = 350;  // milliseconds without a key before the server is asked
const TAKES = [0, 1, 2];  // what the words leave open differs from take to take; what all of them have was understood

export function help(box, {seconds}) {
  const element = h("div", {class: "help", role: "status", "aria-live": "polite"});
  let asked = 0;

  const look = later(PAUSE, async () => {
    const prompt = box.value.trim(), mine = ++asked;
    if (!prompt) return fill(element);
    try {
      const plans = await Promise.all(TAKES.map((seed) => post("/api/plan", {prompt, seed, seconds: seconds()})));
      if (mine === asked) fill(element, understood(plans), unknown(plans[0]), notes(plans[0]));
    } catch (error) {
      if (mine === asked) fill(element, error.status ? h("p", {class: "hint bad"}, icon("warn"), error.message) : null);
    }
  });

  function unknown(plan) {
    return plan.unknown_words.map((one) => h("p", {class: "unknown"}, icon("warn"),
      h("span", {}, t("help.unknown", {word: one.word})),
      [one.nearest ?? []].flat().slice(0, 3).map((near) =>
        button(near, () => replace(one.word, near), {kind: "chip", "aria-label": t("help.replace", {word: one.word, near})}))));
  }

  function replace(old, near) {
    const at = box.value.toLowerCase().indexOf(old.toLowerCase());
    if (at < 0) return;
    box.value = box.value.slice(0, at) + near + box.value.slice(at + old.length);
    box.focus();
    box.oninput?.();
    look();
  }

  return {element, look};
}

function understood(plans) {
  const [first, ...others] = plans.map(({scene}) => [...new Set([scene].flat().flatMap(factsOf))]);
  const facts = first.filter((fact) => others.every((other) => other.includes(fact)));
  if (!facts.length) return null;
  return h("div", {class: "understood"}, h("span", {class: "hint"}, t("help.understood")),
    h("ul", {class: "facts"}, facts.map((fact) => h("li", {}, fact))));
}

// A Scene in a handful of words; what is usual goes without saying.
export function factsOf(scene) {
  if (!scene) return [];
  const who = (scene.subjects ?? []).map((one) =>
    t("help.who", {colour: word("colour", one.colour), kind: word("kind", one.kind), action: word("action", one.action)}));
  const usual = {weather: "clear", season: "usual", style: "storybook", mood: "calm"};
  const rest = ["time", "weather", "season", "mood", "style"].filter((name) => scene[name] && scene[name] !== usual[name]);
  const move = scene.camera?.move;
  return [...who, word("setting", scene.setting), ...rest.map((name) => word(name, scene[name])),
    ...(move && move !== "still" ? [word("camera", move)] : [])];
}

const notes = (plan) => plan.notes.map((note) => h("p", {class: "hint"}, note));
