// The shell: which page the address names, the menu, the note about the connection, keys that work everywhere.
import * as compare from "./compare.js";
import {Offline} from "./api.js";
import {button, fill, h, icon, link, say, set} from "./dom.js";
import * as film from "./film.js";
import * as films from "./films.js";
import {follow, restart} from "./jobs.js";
import * as looks from "./looks.js";
import * as make from "./make.js";
import * as queue from "./queue.js";
import {dress, settings} from "./settings.js";
import * as setup from "./setup.js";
import {speak, t} from "./words.js";

const PAGES = {"": make, films, film, compare, looks, queue, setup};
const MENU = ["", "films", "compare", "looks", "queue", "setup"];

let leave = null;
let turn = 0;

const go = (address) => { location.hash = address; };

// "#/film/video_1?at=2" → the page "film", the id "video_1", the query.
function place() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  return {name: PAGES[name] ? name : "", id, query: new URLSearchParams(query)};
}

async function open() {
  if (location.hash === "#page") return document.getElementById("page").focus();
  const mine = ++turn, where = place(), root = h("div", {class: `page ${where.name || "home"}`});
  leave?.();
  leave = null;
  menu(where.name);
  document.title = where.name ? `${t(`nav.${where.name}`)} – filmloom` : "filmloom";
  const main = document.getElementById("page");
  fill(main, root);
  scrollTo(0, 0);
  try {
    const stop = await PAGES[where.name].page(root, {...where, go, renew});
    if (mine !== turn) return stop?.();
    leave = stop ?? null;
    const lost = document.activeElement === document.body || document.activeElement === null;
    if (lost && mine > 1) main.focus({preventScroll: true});  // a fresh page begins at its top, with the skip link
    say(document.title);
  } catch (error) {
    if (mine === turn) trouble(root, error);
  }
  return null;
}

function trouble(root, error) {
  const sentence = error.status === 404 ? t("error.gone") : error.message;
  fill(root, h("div", {class: "empty"}, icon("warn"), h("h1", {}, t(error instanceof Offline ? "error.offline" : "error.title")), h("p", {}, sentence),
    h("div", {class: "row middle"}, error.status === 401 ? link(t("error.settings"), "#/setup", {kind: "main"}) : button(t("error.again"), open, {symbol: "again", kind: "main"}))));
}

function menu(now) {
  fill(document.getElementById("skip"), t("nav.skip"));
  fill(document.getElementById("top"),
    h("a", {class: "brand", href: "#/", "aria-label": t("nav.home")}, h("img", {src: "icon.svg", alt: "", width: "28", height: "28"}), h("span", {}, "filmloom")),
    h("nav", {"aria-label": t("nav.title")}, MENU.map((name) =>
      h("a", {href: `#/${name}`, "aria-current": name === now || (name === "films" && now === "film") ? "page" : null}, t(`nav.${name || "make"}`)))));
}

// The server tells of every change; when it cannot be heard, that is said, and what is shown may be old.
function connection(state) {
  const note = document.getElementById("note");
  const lost = state === "lost" && !document.hidden;
  if (lost === !note.hidden) return;
  set(note, {hidden: !lost});
  fill(note, lost ? [icon("warn"), h("span", {}, t("note.offline"))] : null);
  if (!lost) { say(t("note.back")); if (document.querySelector("#page .empty .icon")) open(); }
}

async function renew() {
  dress();
  await speak(settings.language);
  restart();
  await open();
}

addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || settings.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    const search = document.getElementById("search");
    if (search) search.focus();
    else go("#/films");
  }
  if (event.key === "n") { event.preventDefault(); go("#/"); }
});

dress();
await speak(settings.language);
addEventListener("hashchange", open);
document.getElementById("skip").onclick = (event) => { event.preventDefault(); document.getElementById("page").focus(); };
await open();
follow(connection);
