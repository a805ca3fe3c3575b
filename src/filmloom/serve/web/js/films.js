// The gallery: search, filters, arrow keys, and boxes for films to compare.
import {card} from "./card.js";
import {button, fill, h, icon, later, link, say} from "./dom.js";
import {list, watch} from "./jobs.js";
import {choosing} from "./tray.js";
import {t, word} from "./words.js";

const STATES = ["", "done", "running", "queued", "paused", "failed", "cancelled", "refused"];
const PAGE = 24;

export async function page(root, {query, go}) {
  const wanted = {search: query.get("search") ?? "", state: query.get("state") ?? ""};
  const tray = choosing([], (ids) => go(`#/compare?films=${ids.join(",")}`));
  const cards = new Map();
  let last = "", turn = 0;

  const search = h("input", {type: "search", id: "search", value: wanted.search, placeholder: t("films.search"), "aria-keyshortcuts": "/"});
  const grid = h("div", {class: "gallery", role: "group", "aria-label": t("films.title")});
  const more = button(t("films.more"), () => load(), {kind: "quiet"});
  const filters = h("fieldset", {class: "pick"}, h("legend", {class: "unseen"}, t("films.filter")), h("div", {class: "choices"},
    STATES.map((state) => h("label", {}, h("input", {type: "radio", name: "state", value: state, checked: state === wanted.state, onchange: () => change({state})}),
      h("span", {}, state ? word("state", state) : t("films.every"))))));

  const change = (what) => { Object.assign(wanted, what); start(); };
  search.oninput = later(250, () => change({search: search.value.trim()}));
  grid.onkeydown = (event) => arrows(event, grid);
  fill(root, h("div", {class: "row between"}, h("h1", {}, t("films.title")),
    h("label", {class: "search"}, icon("find"), h("span", {class: "unseen"}, t("films.search")), search)), filters, grid, h("div", {class: "row middle"}, more), tray.element);
  tray.watch(grid);

  async function start() {
    last = "";
    cards.clear();
    const said = new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString();
    history.replaceState(null, "", said ? `#/films?${said}` : "#/films");
    await load(true);
  }

  async function load(fresh = false) {
    const mine = ++turn;
    const page = await list({...wanted, limit: PAGE, after: last});
    if (mine !== turn) return;
    if (fresh) fill(grid);
    last = page.data.at(-1)?.id ?? last;
    page.data.forEach((view) => put(view));
    more.hidden = !page.has_more;
    if (!cards.size) fill(grid, empty(wanted));
    if (fresh) say(t("films.found", {n: `${cards.size}${page.has_more ? "+" : ""}`}));
  }

  function put(view) {
    const shown = card(view, {choose: tray.choose, chosen: tray.has(view.id)});
    cards.set(view.id, shown);
    grid.append(shown.element);
  }

  await start();
  return watch((id, view) => {
    if (view) cards.get(id)?.update(view);
    else { cards.get(id)?.element.remove(); cards.delete(id); }
  });
}

function empty({search, state}) {
  return h("div", {class: "empty"}, icon("film"), h("p", {}, search || state ? t("films.none") : t("films.empty")),
    link(t("films.first"), "#/", {kind: "main"}));
}

function arrows(event, grid) {
  const links = [...grid.querySelectorAll("a.open")];
  const at = links.indexOf(document.activeElement);
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const step = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns}[event.key];
  if (at < 0 || !step) return;
  const next = links[at + step];
  if (next) { event.preventDefault(); next.focus(); }
}
