// The first page: one box and one button. What is being made shows below, from whichever tab it was asked.
import {Offline, get} from "./api.js";
import {card} from "./card.js";
import {button, fill, h, icon, later, link, say, toast} from "./dom.js";
import {help} from "./help.js";
import {GOING, going, job, list, make, makeAll, watch} from "./jobs.js";
import {template} from "./looks.js";
import {options} from "./options.js";
import {panel} from "./progress.js";
import {duration, t, tongue} from "./words.js";

const EXAMPLES = ["make.example.1", "make.example.2", "make.example.3", "make.example.4"];

export async function page(root, {query}) {
  const form = asking({prompt: query.get("prompt") ?? "", style: query.get("style")});
  const live = h("section", {class: "live", "aria-label": t("make.going")});
  const latest = h("section", {class: "latest"});
  const takes = h("section", {class: "takes", "aria-label": t("ask.takes")});
  fill(root, h("div", {class: "hero"}, h("h1", {}, t("make.title")), form, examples(form)), live, takes, latest);
  if (!matchMedia("(pointer: coarse)").matches) form.querySelector("textarea").focus({preventScroll: true});
  return wall(live, latest, takes);
}

// The form, for a new film or for a remix: `send` takes the requests.
export function asking({prompt = "", request = {}, style = "", label = t("make.button"), send = submit} = {}) {
  const box = h("textarea", {id: "prompt", name: "prompt", rows: "2", maxlength: "512", required: true, placeholder: t("make.placeholder"), value: prompt, lang: tongue(prompt)});
  const cost = h("p", {class: "hint cost"});
  const price = later(250, () => estimate(cost, dials));
  const dials = options(request, price);
  const hints = help(box, dials);
  const go = h("button", {type: "submit", class: "button main"}, icon("play"), h("span", {}, label));
  const form = h("form", {class: "ask-form", novalidate: true},
    h("div", {class: "box"}, h("label", {for: "prompt", class: "unseen"}, t("make.label")), box, go),
    hints.element,
    h("details", {class: "dials"}, h("summary", {}, icon("dials"), h("span", {}, t("make.options"))), dials.element), cost);
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
  price();
  requestAnimationFrame(grow);
  return form;
}

// How long such a film would take from now; where the house has made none yet, nobody knows.
async function estimate(place, dials) {
  const {seconds_estimate: seconds, queued} = await get("/api/capacity", dials.shape()).catch(() => ({}));
  const waits = queued ? t("make.behind", {n: queued}) : "";
  fill(place, seconds ? [t("make.estimate", {time: duration(seconds)}), waits].filter(Boolean).join(t("list.comma")) : null);
}

async function submit(requests) {
  const made = requests.length === 1 ? [await make(requests[0])] : await makeAll(requests);
  if (made.length > 1) together = made.map((view) => view.id);
  say(t("make.sent", {n: made.length}));
  document.querySelector(`[data-job="${made[0].id}"]`)?.scrollIntoView({block: "nearest"});
}

function examples(form) {
  const box = form.querySelector("textarea");
  const use = (text) => () => { box.value = text; box.lang = tongue(text); box.focus(); box.oninput(); };
  return h("div", {class: "examples"}, h("span", {class: "hint"}, t("make.try")),
    EXAMPLES.map((key) => button(t(key), use(t(key)), {kind: "chip"})));
}

const RANK = {running: 0, paused: 1, queued: 2};
const LINES = 6;  // of waiting films; the queue has the others

// What is being made, as panels; what waits, as lines; then the latest films.
async function wall(live, latest, takes) {
  const panels = new Map();
  const heading = h("h2", {}, t("make.going"));
  const rest = h("a", {href: "#/queue", class: "rest"});
  const finished = later(150, () => { films(latest).catch(() => {}); ready(takes); });
  const count = later(50, tally);

  function change(id, view) {
    const old = panels.get(id);
    if (view && GOING.includes(view.state) && !old) return add(view);
    if (!old) return view?.has_film && finished();
    if (!view || view.state === "done") {
      old.box.remove();
      panels.delete(id);
      if (view) { finished(); say(t("make.done", {prompt: view.prompt})); }
      return count();
    }
    old.update(view);
    if (old.state !== view.state) place(old, view);
    return null;
  }

  function add(view) {
    const shown = panel(view, {titled: true});
    const one = {box: h("article", {class: "making"}, shown.element), update: shown.update, state: "", id: view.id};
    panels.set(view.id, one);
    place(one, view);
    return null;
  }

  // Running ones come first, then the oldest; an element that is moved keeps the focus.
  function place(one, view) {
    const held = one.box.contains(document.activeElement) && document.activeElement;
    one.state = view.state;
    one.created = view.created;
    const before = (a, b) => (RANK[a.state] ?? 1) - (RANK[b.state] ?? 1) || a.created - b.created || (a.id < b.id ? -1 : 1);
    const order = [...panels.values()].sort(before), next = order[order.indexOf(one) + 1];
    live.insertBefore(one.box, next?.box.isConnected ? next.box : rest);
    if (held) held.focus();
    count();
  }

  function tally() {
    const waiting = [...panels.values()].filter((one) => one.state === "queued").map((one) => one.box);
    const shown = [...live.querySelectorAll(".making")].filter((box) => waiting.includes(box));
    shown.forEach((box, at) => { box.hidden = at >= LINES; });
    heading.hidden = live.hidden = panels.size === 0;
    rest.hidden = waiting.length === 0;
    fill(rest, t("make.waiting", {n: waiting.length}));
  }

  fill(live, heading, rest);
  tally();
  const stop = watch(change);
  await Promise.all([going(), films(latest)]);
  ready(takes);
  return stop;
}

// The last films asked for together, once all are there, beside each other.
let together = [];

function ready(place) {
  const views = together.map(job);
  if (!together.length || !views.every((view) => view?.has_film)) return fill(place);
  return fill(place, h("p", {}, t("make.takes", {n: together.length})),
    link(t("films.compare"), `#/compare?films=${together.join(",")}`, {symbol: "compare", kind: "main"}));
}

// The latest films; in a house that has none yet, films to begin with.
async function films(place) {
  const {data} = await list({state: "done", limit: 8});
  if (!data.length) return begin(place);
  return fill(place, h("div", {class: "row between"}, h("h2", {}, t("make.latest")), h("a", {href: "#/films"}, t("make.all"))),
    h("div", {class: "gallery"}, data.map((view) => card(view).element)));
}

async function begin(place) {
  const {data} = await get("/api/templates");
  fill(place, h("h2", {}, t("make.begin")), h("div", {class: "gallery"}, data.slice(0, 4).map(template)));
}
