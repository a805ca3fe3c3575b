// One film: its player and storyboard, how it was made in plain words, and what one may do with it.
import {get, media, show} from "./api.js";
import {card} from "./card.js";
import {ask, button, fill, h, icon, link, set, toast} from "./dom.js";
import {factsOf} from "./help.js";
import {FINAL, list, load, make, remove, tell, title, watch} from "./jobs.js";
import {asking} from "./make.js";
import {roll} from "./options.js";
import {badge, panel} from "./progress.js";
import {duration, moment, t, tongue, word} from "./words.js";

export async function page(root, {id, go}) {
  let view = await load(id);
  const stage = h("div", {class: "stage"});
  const strip = h("figure", {class: "strip"});
  const side = h("aside", {class: "side", "aria-label": t("film.how")});
  const remix = h("details", {class: "remix"});
  const others = h("section", {class: "others"});
  const heading = h("h1", {class: "title", lang: tongue(title(view))}, title(view));
  fill(root, h("nav", {class: "crumbs", "aria-label": t("film.path")}, h("a", {href: "#/films"}, t("nav.films"))),
    h("div", {class: "film"}, h("div", {}, stage, heading, strip, remix), side), others);
  let live = null, state = "";

  function update(next) {
    view = next;
    if (state === view.state && live) return live.update(view);
    if (state === view.state) return null;
    state = view.state;
    live = view.has_film ? null : panel(view);
    fill(stage, live ? live.element : player(view));
    fill(strip, view.has_film && storyboard(view, stage));
    fill(side, facts(view), actions(view, go));
    if (view.has_film) get(view.urls.report).then((report) => told(side, report)).catch(() => {});
    document.title = `${title(view)} – filmloom`;
    return null;
  }

  update(view);
  takes(view).then((found) => fill(others, found)).catch(() => {});
  fill(remix, h("summary", {}, icon("remix"), h("span", {}, t("film.remix"))), remixing(view, go));
  return watch((which, next) => which === id && (next ? update(next) : go("#/films")));
}

// Films of the same words, and a way to see them beside this one.
async function takes(view) {
  if (!view.prompt || view.prompt.length > 500) return null;
  const {data} = await list({search: view.prompt, state: "done", limit: 12});
  const rest = data.filter((one) => one.id !== view.id && one.prompt === view.prompt && one.has_film).slice(0, 4);
  if (!rest.length) return null;
  const together = [view, ...rest].filter((one) => one.has_film).slice(0, 4).map((one) => one.id);
  return [h("div", {class: "row between"}, h("h2", {}, t("film.others")),
    together.length > 1 && link(t("films.compare"), `#/compare?films=${together.join(",")}`, {symbol: "compare"})),
  h("div", {class: "gallery"}, rest.map((one) => card(one).element))];
}

function player(view) {
  const film = h("video", {controls: true, loop: true, playsinline: true, preload: "metadata", "aria-label": title(view)});
  show(film, view.urls.film).catch(() => {});
  media(view.urls.thumbnail).then((poster) => set(film, {poster})).catch(() => {});
  return film;
}

// The sheet has a still for each second, ten in a row; each becomes a button that goes there.
function storyboard(view, stage) {
  const num = Math.ceil(view.request.seconds ?? 4), columns = Math.min(10, num), rows = Math.ceil(num / columns);
  const stills = [...Array(num).keys()].map((second) => {
    const go = () => { const film = stage.querySelector("video"); film.pause(); film.currentTime = second; };
    const still = h("button", {type: "button", class: "moment", onclick: go, "aria-label": t("film.moment", {n: second})}, h("span", {}, t("time.seconds", {n: second})));
    const share = (at, all) => (all > 1 ? `${(100 * at) / (all - 1)}%` : "0");
    still.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    still.style.backgroundPosition = `${share(second % columns, columns)} ${share(Math.floor(second / columns), rows)}`;
    return still;
  });
  media(view.urls.spritesheet).then((sheet) => stills.forEach((still) => { still.style.backgroundImage = `url("${sheet}")`; })).catch(() => {});
  return [h("figcaption", {}, t("film.storyboard")), h("div", {class: "scroll"}, stills)];
}

function facts(view) {
  const {request} = view;
  const rows = [
    ["ask.mode", word("mode", view.mode)], ["ask.seconds", duration(request.seconds ?? 4)],
    ["ask.size", `${word("size", request.size)}`], ["ask.fps", t("ask.fps.n", {n: request.fps ?? 30})],
    ["ask.seed", String(request.seed ?? 0)], ["ask.model", request.model ?? "mini"],
    ["film.sound", request.silent ? t("film.sound.off") : t("film.sound.on")],
    ["film.made", moment(view.finished ?? view.created)],
    ["film.took", view.finished && view.started && !view.same_as ? duration(view.finished - view.started) : ""],
  ];
  return [badge(view), h("dl", {class: "rows"}, rows.filter(([, value]) => value).map(([key, value]) => [h("dt", {}, t(key)), h("dd", {}, value)])),
    h("div", {class: "scene"}), view.unknown_words.length > 0 && h("p", {class: "unknown"}, icon("warn"), t("film.unknown", {words: view.unknown_words.join(t("list.comma"))})),
    view.warnings.map((line) => h("p", {class: "hint"}, line)),
    view.remix_of && h("p", {class: "hint"}, h("a", {href: `#/film/${view.remix_of}`}, t("film.source"))),
    view.same_as && h("p", {class: "hint"}, h("a", {href: `#/film/${view.same_as}`}, t("film.same")))];
}

// What the report beside the film adds: the scenes as they were filmed, and the mode that "auto" became.
function told(side, {settings}) {
  const scenes = [settings.scene, ...(settings.then ?? [])].filter(Boolean);
  const beat = (scene, at) => [scenes.length > 1 && h("h3", {class: "hint"}, t("film.beat", {n: at + 1, time: duration(scene.seconds)})),
    h("ul", {class: "facts"}, factsOf(scene).map((fact) => h("li", {}, fact)))];
  if (scenes.length) fill(side.querySelector(".scene"), h("p", {class: "hint"}, t("film.scene")), scenes.map(beat));
  if (settings.mode) fill(side.querySelector("dd"), word("mode", settings.mode));
}

function actions(view, go) {
  const safely = (act) => async () => { try { await act(); } catch (error) { toast(error.message, "bad"); } };
  const retake = safely(async () => { const made = await make({...asked(view), seed: roll()}); go(`#/film/${made.id}`); });
  const bin = safely(async () => { if (await ask(t("film.delete.sure"), t("film.delete"), t("film.keep"))) { await remove(view.id); go("#/films"); } });
  const save = safely(async () => h("a", {href: await media(view.urls.film), download: `${title(view).slice(0, 60)}.mp4`}).click());
  return h("div", {class: "acts"},
    view.has_film && button(t("film.save"), save, {symbol: "save", kind: "main"}),
    FINAL.includes(view.state) && button(t("film.retake"), retake, {symbol: "again", title: t("film.retake.why")}),
    view.has_film && link(t("film.compare"), `#/compare?films=${view.id}`, {symbol: "compare"}),
    FINAL.includes(view.state) && button(t("film.delete"), bin, {symbol: "bin", kind: "quiet"}));
}

const asked = (view) => ({...view.request, prompt: view.prompt});

// The same film told otherwise: the old words to be changed, the old choices already made.
function remixing(view, go) {
  return asking({prompt: view.prompt, request: {seed: 0, ...view.request}, label: t("film.remix.button"), send: async (requests) => {
    const made = await Promise.all(requests.map((request) => tell(view.id, "remix", request)));
    go(made.length > 1 ? "#/" : `#/film/${made[0].id}`);
  }});
}
