// Who waits, who runs, who rests; and how busy the house is.
import {get} from "./api.js";
import {fill, h, icon, later, link} from "./dom.js";
import {GOING, going, title, watch} from "./jobs.js";
import {badge, orders, percent, told} from "./progress.js";
import {duration, moment, t, tongue, word} from "./words.js";

export async function page(root) {
  const house = h("dl", {class: "house"});
  const rows = h("div", {class: "queue", role: "list"});
  const lines = new Map();
  fill(root, h("h1", {}, t("queue.title")), house, rows);

  function change(id, view) {
    if (!view || !GOING.includes(view.state)) {
      lines.get(id)?.element.remove();
      lines.delete(id);
    } else if (lines.has(id)) {
      lines.get(id).update(view);
    } else {
      lines.set(id, line(view));
      rows.append(lines.get(id).element);
    }
    count();
  }

  const count = later(120, async () => {
    fill(house, numbers(await get("/api/capacity").catch(() => ({}))));
    const empty = rows.querySelector(".empty");
    if (lines.size) empty?.remove();
    else if (!empty) rows.append(h("div", {class: "empty", role: "listitem"}, icon("tick"), h("p", {}, t("queue.empty")), link(t("films.first"), "#/", {kind: "main"})));
  });

  const stop = watch(change);
  (await going()).forEach((view) => change(view.id, view));
  count();
  return stop;
}

function line(first) {
  const bar = h("progress", {max: "100", "aria-label": t("job.progress")});
  const state = h("div", {class: "state"}), words = h("p", {class: "told"}), acts = h("div", {class: "row"});
  let drawn = "";
  const update = (view) => {
    fill(state, badge(view), view.band && view.band !== "normal" && h("span", {class: "badge"}, word("band", view.band)));
    bar.value = percent(view);
    fill(words, told(view));
    if (drawn !== view.state + view.wants) fill(acts, orders(view));
    drawn = view.state + view.wants;
  };
  update(first);
  const name = h("a", {class: "prompt", href: `#/film/${first.id}`, lang: tongue(title(first))}, title(first));
  return {update, element: h("article", {class: "line", role: "listitem", "data-job": first.id},
    h("div", {}, name, h("small", {}, t("queue.since", {time: moment(first.created)}))), h("div", {}, state, bar, words), acts)};
}

function numbers({queued = 0, running = 0, workers = 0, seconds_estimate: estimate}) {
  const pairs = [["queue.running", running], ["queue.waiting", queued], ["queue.workers", workers],
    ["queue.next", typeof estimate === "number" && estimate > 0 ? duration(estimate) : "–"]];
  return pairs.map(([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, String(value))));
}
