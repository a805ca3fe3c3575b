// Boxes to tick, up to four, and the bar that says how many and opens the comparison.
import {button, fill, h} from "./dom.js";
import {t} from "./words.js";

export const MOST = 4;  // films side by side

export function choosing(first, open) {
  const chosen = new Set(first);
  const element = h("div", {class: "tray", role: "region", "aria-label": t("compare.title")});
  let grid = null;

  function choose(id, yes) {
    if (yes) chosen.add(id); else chosen.delete(id);
    show();
  }

  function show() {
    const full = chosen.size >= MOST;
    grid?.querySelectorAll(".pickbox input:not(:checked)").forEach((box) => { box.disabled = full; });
    fill(element, chosen.size > 0 && [h("span", {role: "status"}, t("films.chosen", {n: chosen.size})),
      button(t("films.none.chosen"), clear, {kind: "quiet"}),
      button(t("films.compare"), () => open([...chosen]), {symbol: "compare", kind: "main", disabled: chosen.size < 2})]);
  }

  function clear() {
    chosen.clear();
    grid?.querySelectorAll(".pickbox input").forEach((box) => { box.checked = false; box.disabled = false; });
    show();
    grid?.querySelector(".pickbox input")?.focus();
  }

  const watch = (place) => { grid = place; show(); return place; };
  return {element, choose, watch, has: (id) => chosen.has(id)};
}
