// How a film is made, in plain words. Each choice is a radio group, a list or a number; nothing said means the default.
import {get, post} from "./api.js";
import {button, fill, h} from "./dom.js";
import {reference} from "./picture.js";
import {remember, settings} from "./settings.js";
import {t, word} from "./words.js";

export const SECONDS = [2, 4, 8, 15];
export const SIZES = ["640x360", "1280x720", "1920x1080"];
export const RATES = [24, 30, 60];
export const MODES = ["auto", "draw", "plan", "text"];
export const TAKES = [1, 2, 4];
export const LOOK = {
  style: ["storybook", "flat", "ink", "night_neon"],
  season: ["spring", "summer", "autumn", "winter"],
  time: ["dawn", "morning", "noon", "sunset", "dusk", "night"],
  weather: ["clear", "breeze", "cloudy", "rain", "snow", "fog", "storm", "rainbow"],
  mood: ["calm", "joyful", "dreamy", "gloomy", "mysterious", "festive", "tender", "tense"],
  camera: ["still", "pan_left", "pan_right", "push_in", "pull_out", "tilt_up", "tilt_down", "orbit"],
};
const DEFAULTS = {seconds: 4, size: "1280x720", fps: 30, mode: "auto", takes: 1, silent: false, band: "normal", model: ""};

// `request`: the fields to begin with (a film to remix, say), over what was chosen last. `changed` hears of every choice.
export function options(request = {}, changed = () => {}) {
  const chosen = {...DEFAULTS, ...settings.ask, ...fitting(request)};
  const look = {};
  const seed = h("input", {type: "number", min: "0", max: "9007199254740991", id: "seed", placeholder: t("ask.seed.new"), value: request.seed ?? "", inputmode: "numeric"});
  const steps = h("input", {type: "number", min: "1", max: "100", placeholder: t("ask.steps.usual"), value: request.steps ?? "", inputmode: "numeric"});
  const negative = h("input", {type: "text", maxlength: "512", placeholder: t("ask.negative.none"), value: request.negative ?? ""});
  const change = (name, value) => { chosen[name] = value; remember({ask: {...settings.ask, [name]: value}}); follow(); changed(); };

  const pick = (name, values, label) => h("fieldset", {class: "pick"}, h("legend", {}, t(`ask.${name}`)),
    h("div", {class: "choices"}, [...new Set([...values, chosen[name]])].map((value) => h("label", {},
      h("input", {type: "radio", name, value: String(value), checked: chosen[name] === value, onchange: () => change(name, value)}),
      h("span", {}, label(value))))));
  const choose = (name, values, label, act) => h("label", {class: "field"}, h("span", {}, t(`look.${name}`)),
    h("select", {name, onchange: (event) => act(event.target.value)}, values.map((value) => h("option", {value}, label(value)))));

  const looks = h("fieldset", {class: "looks"}, h("legend", {}, t("ask.look")),
    h("div", {class: "grid"}, Object.entries(LOOK).map(([name, values]) =>
      choose(name, ["", ...values], (value) => (value ? word(name, value) : t("ask.written")), (value) => { look[name] = value; }))));
  const hint = h("p", {class: "hint"});
  const models = h("select", {name: "model", onchange: (event) => change("model", event.target.value)}, h("option", {value: ""}, t("ask.model.usual")));
  const modes = pick("mode", MODES, (mode) => word("mode", mode));
  const walk = h("fieldset", {class: "wide pair"}, h("legend", {class: "unseen"}, t("ask.walk")),
    h("label", {class: "field"}, h("span", {}, t("ask.steps")), steps), h("label", {class: "field"}, h("span", {}, t("ask.negative")), negative),
    h("p", {class: "hint wide"}, t("ask.walk.why")));
  const picture = reference(request.image);
  let offered = [];

  // What the chosen model and way leave open. Public models film from the words (and a picture) alone.
  function follow() {
    const model = offered.find((one) => one.id === chosen.model) ?? offered[0];
    const own = (model?.family ?? "mini") === "mini";
    modes.disabled = !own;
    looks.disabled = !own || chosen.mode === "text";
    walk.disabled = own && ["auto", "draw"].includes(chosen.mode);
    fill(hint, own ? word("mode.hint", chosen.mode) : t("mode.hint.public"));
    picture.follow(model);
  }

  const element = h("div", {class: "options"},
    pick("seconds", SECONDS, (n) => t("time.seconds", {n})),
    pick("size", SIZES, (size) => word("size", size)),
    pick("takes", TAKES, (n) => t(n === 1 ? "ask.take" : "ask.takes.n", {n})),
    picture.element,
    h("div", {class: "wide"}, modes, hint),
    looks,
    h("details", {class: "wide more"}, h("summary", {}, t("ask.more")), h("div", {class: "options inner"},
      pick("fps", RATES, (n) => t("ask.fps.n", {n})),
      pick("band", ["high", "normal", "low"], (band) => word("band", band)),
      h("label", {class: "field"}, h("span", {}, t("ask.seed")), h("span", {class: "row"}, seed,
        button(t("ask.seed.roll"), () => { seed.value = roll(); }, {symbol: "dice", kind: "quiet small"}))),
      h("label", {class: "field"}, h("span", {}, t("ask.model")), models),
      walk,
      h("label", {class: "check"}, h("input", {type: "checkbox", checked: chosen.silent, onchange: (event) => change("silent", event.target.checked)}),
        h("span", {}, t("ask.silent"))))));
  follow();
  get("/api/models").catch(() => ({data: []})).then(({data}) => { offered = data; fillModels(models, data, chosen); follow(); });

  // What is beside the usual: nothing said, nothing sent.
  function extras() {
    const public_ = modes.disabled ? {mode: "auto"} : {};
    const walked = walk.disabled ? {} : {...(steps.value ? {steps: Number(steps.value)} : {}), ...(negative.value.trim() ? {negative: negative.value.trim()} : {})};
    return {...public_, ...walked, ...picture.field()};
  }

  return {
    element,
    set: (name, value) => { look[name] = value; element.querySelector(`select[name=${name}]`).value = value; },
    seconds: () => chosen.seconds,
    shape: () => ({seconds: chosen.seconds, size: chosen.size, mode: modes.disabled ? "auto" : chosen.mode, model: chosen.model}),
    requests: (prompt) => requests(prompt, {...chosen, ...extras()}, looks.disabled ? {} : look, seed.value),
  };
}

const fitting = (request) => Object.fromEntries(Object.keys(DEFAULTS).filter((name) => name in request && name !== "model").map((name) => [name, request[name]]));

export const roll = () => crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;

// One request for each take; takes differ by their seeds alone.
async function requests(prompt, chosen, look, seed) {
  const first = seed === "" ? roll() : Number(seed);
  const {takes, model, ...fields} = chosen;
  const told = {prompt, ...fields, ...(model ? {model} : {})};
  return Promise.all([...Array(takes).keys()].map(async (take) => {
    const request = {...told, seed: first + take};
    return {...request, ...(await scened(request, look))};
  }));
}

// What the words mean as a plan, with the looks changed that were chosen; nothing where none was.
async function scened({prompt, seed, seconds}, look) {
  const {camera, ...rest} = Object.fromEntries(Object.entries(look).filter(([, value]) => value));
  if (!camera && !Object.keys(rest).length) return {};
  const plan = await post("/api/plan", {prompt, seed, seconds});
  const changed = (scene) => ({...scene, ...rest, ...(camera ? {camera: {...scene.camera, move: camera}} : {})});
  return {scene: Array.isArray(plan.scene) ? plan.scene.map(changed) : changed(plan.scene)};
}

function fillModels(select, models, chosen) {
  const names = models.map((model) => model.id);
  select.append(...names.map((name) => h("option", {value: name}, name)));
  if (!names.includes(chosen.model)) chosen.model = "";
  select.value = chosen.model;
}
