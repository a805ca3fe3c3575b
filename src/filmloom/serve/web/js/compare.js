// Two to four films in one time: side by side, under a wipe, or blind with a vote.
import {get, media, post, show} from "./api.js";
import {button, fill, h, icon, link, say, set, toast} from "./dom.js";
import {list, load, title} from "./jobs.js";
import {card, made} from "./card.js";
import {inStep} from "./sync.js";
import {choosing} from "./tray.js";
import {t, tongue} from "./words.js";

const LETTERS = ["A", "B", "C", "D"];

export async function page(root, {query, go}) {
  const ids = (query.get("films") ?? "").split(",").filter(Boolean).slice(0, 4);
  const films = (await Promise.all(ids.map((id) => load(id).catch(() => null)))).filter((view) => view?.has_film);
  fill(root, h("h1", {}, t("compare.title")));
  if (films.length < 2) return chooser(root, films, go);
  return table(root, films, go);
}

// Fewer than two: which shall stand beside each other?
async function chooser(root, films, go) {
  const {data} = await list({state: "done", limit: 60});
  const all = [...films, ...data.filter((view) => view.has_film && view.id !== films[0]?.id)];
  if (all.length < 2) {
    root.append(h("div", {class: "empty"}, icon("compare"), h("p", {}, t("compare.few")), link(t("films.first"), "#/", {kind: "main"})));
    return;
  }
  const open = (ids) => go(`#/compare?films=${ids.join(",")}`);
  const tray = choosing(films.map((view) => view.id), open);
  const cards = all.map((view) => card(view, {choose: tray.choose, chosen: view.id === films[0]?.id}).element);
  root.append(h("p", {class: "lead"}, t("compare.why")), tray.watch(h("div", {class: "gallery"}, cards)), tray.element);
}

function table(root, films) {
  const screens = films.map(() => h("video", {muted: true, playsinline: true, loop: false, preload: "auto"}));
  const sync = inStep(screens);
  const wall = h("div", {class: "wall", "data-films": films.length});
  const wipe = h("input", {type: "range", min: "0", max: "100", value: "50", "aria-label": t("compare.wipe.at")});
  const under = h("div", {class: "verdict"});
  let ways = films.length === 2 ? ["side", "wipe", "blind"] : ["side", "blind"];
  let order = films.map((_, at) => at), way = "side";
  films.forEach((view, at) => {
    show(screens[at], view.urls.film).catch(() => {});
    media(view.urls.thumbnail).then((poster) => set(screens[at], {poster})).catch(() => {});
  });
  wipe.oninput = () => wall.style.setProperty("--wipe", `${wipe.value}%`);
  dragging(wall, (share) => { if (way === "wipe") { wipe.value = String(100 * share); wipe.oninput(); } });

  function choose(next) {
    way = next;
    order = films.map((_, at) => at);
    if (way === "blind") order.sort(() => Math.random() - 0.5);
    wall.dataset.way = way;
    fill(wall, order.map((at, place) => frame(at, place)), way === "wipe" && wipe);
    fill(under, way === "blind" ? voting() : null);
    wipe.oninput();
  }

  function frame(at, place) {
    const view = films[at], letter = LETTERS[place], hidden = way === "blind";
    set(screens[at], {"aria-label": hidden ? t("compare.film", {letter}) : title(view)});
    return h("figure", {"data-place": place}, screens[at], h("figcaption", {}, h("b", {class: "letter"}, letter),
      hidden ? t("compare.hidden") : h("span", {}, h("a", {href: `#/film/${view.id}`, lang: tongue(title(view))}, title(view)), h("small", {}, made(view)))));
  }

  function voting() {
    const votes = order.map((at, place) => button(t("compare.better", {letter: LETTERS[place]}), () => vote(at), {"data-vote": LETTERS[place]}));
    return [h("p", {}, t("compare.ask")), h("div", {class: "row middle"}, votes, films.length === 2 && button(t("compare.equal"), () => vote(-1), {kind: "quiet", "data-vote": "equal"}))];
  }

  async function vote(winner) {
    const [left, right] = winner < 0 ? order : [winner, order.find((at) => at !== winner)];
    const others = films.length === 2 ? [order.find((at) => at !== left) ?? right] : order.filter((at) => at !== winner);
    try {
      for (const other of others) {
        const pair = order.indexOf(left) < order.indexOf(other) ? [left, other] : [other, left];
        await post("/api/vote", {left: films[pair[0]].id, right: films[pair[1]].id, winner: winner < 0 ? "equal" : winner === pair[0] ? "left" : "right", blind: true});
      }
    } catch (error) {
      return toast(error.message, "bad");
    }
    return reveal(winner);
  }

  function reveal(winner) {
    const shown = order;
    way = "side";
    fill(wall, shown.map((at, place) => frame(at, place)));
    const verdict = winner < 0 ? t("compare.even") : t("compare.won", {letter: LETTERS[shown.indexOf(winner)], title: title(films[winner])});
    const before = h("p", {class: "hint"});
    fill(under, h("p", {class: "won"}, icon("tick"), verdict), before, button(t("compare.again"), () => choose("blind"), {symbol: "eye"}));
    say(verdict);
    if (films.length === 2) tally(films, shown).then((words) => fill(before, words)).catch(() => {});
  }

  const add = films.length < LETTERS.length && link(t("compare.other"), "#/compare", {symbol: "again", kind: "quiet"});
  root.append(h("div", {class: "row between"}, h("fieldset", {class: "pick"}, h("legend", {class: "unseen"}, t("compare.way")), h("div", {class: "choices"}, ways.map((one) =>
    h("label", {}, h("input", {type: "radio", name: "way", value: one, checked: one === way, onchange: () => choose(one)}), h("span", {}, t(`compare.${one}`)))))), add),
    wall, sync.element, under);
  choose(way);
  return sync.stop;
}

// All votes on these two so far, whichever stood on the left.
async function tally(films, order) {
  const {data} = await get("/api/votes");
  const ids = order.map((at) => films[at].id), counts = {equal: 0, [ids[0]]: 0, [ids[1]]: 0};
  data.filter((vote) => ids.includes(vote.left) && ids.includes(vote.right))
    .forEach((vote) => { counts[vote.winner === "equal" ? "equal" : vote[vote.winner]] += 1; });
  return t("compare.tally", {a: counts[ids[0]], b: counts[ids[1]], equal: counts.equal});
}

// The wipe follows a finger or the mouse on the picture; the slider does the same for the keyboard.
function dragging(wall, move) {
  const to = (event) => { const box = wall.querySelector("video").getBoundingClientRect(); move(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))); };
  wall.onpointerdown = (event) => { if (event.target.tagName === "VIDEO") { wall.setPointerCapture(event.pointerId); to(event); } };
  wall.onpointermove = (event) => { if (wall.hasPointerCapture(event.pointerId)) to(event); };
}
