// The first page: one box and one button. What is being made shows below, from whichever tab it was asked.
import {Offline, get} from "./api.js";
import {card} from "./card.js";
import {button, fill, h, icon, later, say, toast} from "./dom.js";
import {help} from "./help.js";
import {GOING, going, list, make, makeAll, watch} from "./jobs.js";
import {options} from "./options.js";
import {panel} from "./progress.js";
import {t, tongue} from "./words.js";

const EXAMPLES = ["make.example.1", "make.example.2", "make.example.3", "make.example.4"];

export async function page(root, {query}) {
  const form = asking({prompt: query.get("prompt") ?? "", style: query.get("style")});
  const live = h("section", {class: "live", "aria-label": t("make.going")});
  const latest = h("section", {class: "latest"});
  fill(root, h("div", {class: "hero"}, h("h1", {}, t("make.title")), form, examples(form)), live, latest);
  if (!matchMedia("(pointer: coarse)").matches) form.querySelector("textarea").focus({preventScroll: true});
  const stop = await wall(live, latest);
  return stop;
}

// The form, for a new film or for a remix: `send` takes the requests.
export function asking({prompt = "", request = {}, style = "", label = t("make.button"), send = submit} = {}) {
  const box = h("textarea", {id: "prompt", name: "prompt", rows: "2", maxlength: "512", required: true, placeholder: t("make.placeholder"), value: prompt, lang: tongue(prompt)});
  const dials = options(request);
  const hints = help(box, dials);
  const go = h("button", {type: "submit", class: "button main"}, icon("play"), h("span", {}, label));
  const form = h("form", {class: "ask-form", novalidate: true},
    h("div", {class: "box"}, h("label", {for: "prompt", class: "unseen"}, t("make.label")), box, go),
    hints.element,
    h("details", {class: "dials"}, h("summary", {}, icon("dials"), h("span", {}, t("make.options"))), dials.element));
  const grow = () => { box.style.height = "auto"; box.style.height = `${box.scrollHeight}px`; };
  box.oninput = () => { grow(); hints.look(); };
  box.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!box.value.trim()) { box.focus(); return toast(t("make.empty"), "bad"); }
    go.disabled = true;
    try {
      await send(await dials.requests(box.value.trim()));
    } catch (error) {
      toast(error instanceof Offline ? t("make.offline") : error.message, "bad");
    } finally {
      go.disabled = false;
    }
  };
  if (style) { dials.set("style", style); form.querySelector("details").open = true; }
  if (prompt) hints.look();
  requestAnimationFrame(grow);
  return form;
}

async function submit(requests) {
  const made = requests.length === 1 ? [await make(requests[0])] : await makeAll(requests);
  say(t("make.sent", {n: made.length}));
  document.querySelector(".live")?.scrollIntoView({block: "nearest"});
}

function examples(form) {
  const box = form.querySelector("textarea");
  const use = (text) => () => { box.value = text; box.lang = tongue(text); box.focus(); box.oninput(); };
  return h("div", {class: "examples"}, h("span", {class: "hint"}, t("make.try")),
    EXAMPLES.map((key) => button(t(key), use(t(key)), {kind: "chip"})));
}

// What is being made, as large panels; then the latest films.
async function wall(live, latest) {
  const panels = new Map();
  const finished = later(150, () => films(latest));

  function change(id, view) {
    const old = panels.get(id);
    if (view && GOING.includes(view.state) && !old) return add(view);
    if (!old) return view?.has_film && finished();
    if (!view) { old.box.remove(); panels.delete(id); return null; }
    old.update(view);
    if (view.state === "done") { old.box.remove(); panels.delete(id); finished(); say(t("make.done", {prompt: view.prompt})); }
    return null;
  }

  function add(view) {
    const shown = panel(view);
    const box = h("article", {class: "making"}, shown.element,
      h("h2", {}, h("a", {href: `#/film/${view.id}`, lang: tongue(view.prompt)}, view.prompt)));
    panels.set(view.id, {box, update: shown.update});
    live.prepend(box);
    return null;
  }

  const stop = watch(change);
  await Promise.all([going(), films(latest)]);
  return stop;
}

async function films(place) {
  const {data} = await list({state: "done", limit: 8});
  if (!data.length) return fill(place);
  return fill(place, h("div", {class: "row between"}, h("h2", {}, t("make.latest")), h("a", {href: "#/films"}, t("make.all"))),
    h("div", {class: "gallery"}, data.map((view) => card(view).element)));
}

export const capacity = () => get("/api/capacity");
