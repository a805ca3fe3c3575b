// Who waits, who runs, who rests; and how busy the house is.
import {get, show} from "./api.js";
import {fill, h, icon, later, link} from "./dom.js";
import {GOING, going, title, watch} from "./jobs.js";
import {badge, orders, percent, told} from "./progress.js";
import {duration, moment, t, tongue, word} from "./words.js";

export async function page(root) {
  const house = h("dl", {class: "house"});
  const warm = h("section", {class: "warm", "aria-label": t("queue.warm")});
  const rows = h("div", {class: "queue", role: "list"});
  const lines = new Map();
  fill(root, h("h1", {}, t("queue.title")), house, rows, warm);

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
    const capacity = await get("/api/capacity").catch(() => ({}));
    fill(house, numbers(capacity));
    fill(warm, warmth(capacity));
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
  const still = h("a", {class: "still", href: `#/film/${first.id}`, "aria-hidden": "true", tabindex: "-1"}, h("span", {class: "blank"}, icon("film")));
  let drawn = "", shown = null;
  const picture = (view) => {
    const now = view.previewed ?? 0;
    if (!view.urls?.preview || shown === now) return;
    shown = now;
    const image = new Image();
    image.alt = "";
    image.onload = () => fill(still, image);
    show(image, `${view.urls.preview}?n=${now}`).catch(() => {});
  };
  const update = (view) => {
    picture(view);
    bar.hidden = view.state === "queued";
    fill(state, badge(view), view.band && view.band !== "normal" && h("span", {class: "badge"}, word("band", view.band)));
    bar.value = percent(view);
    fill(words, told(view));
    if (drawn !== view.state + view.wants) fill(acts, orders(view));
    drawn = view.state + view.wants;
  };
  update(first);
  const name = h("a", {class: "prompt", href: `#/film/${first.id}`, lang: tongue(title(first))}, title(first));
  return {update, element: h("article", {class: "line", role: "listitem", "data-job": first.id},
    still, h("div", {}, name, h("small", {}, t("queue.since", {time: moment(first.created)}))), h("div", {}, state, bar, words), acts)};
}

function numbers({queued = 0, running = 0, workers = 0, seconds_estimate: estimate, free_bytes: free}) {
  const pairs = [["queue.running", running], ["queue.waiting", queued], ["queue.workers", workers],
    ["queue.next", estimate > 0 ? duration(estimate) : "–"], ["queue.free", free === undefined ? "–" : room(free)]];
  return pairs.map(tile);
}

const tile = ([key, value]) => h("div", {}, h("dt", {}, t(key)), h("dd", {}, String(value)));
const room = (bytes) => (bytes < 1e9 ? t("queue.megabytes", {n: Math.round(bytes / 1e6)}) : t("queue.gigabytes", {n: (bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)}));

// What the workers found ready instead of making it anew, since they were started; a house tells it or not.
function warmth({warm, films}) {
  if (!warm || !films) return null;
  const rate = (hits, misses) => (hits + misses ? t("queue.rate", {percent: Math.round((100 * hits) / (hits + misses)), n: hits + misses}) : "–");
  const pairs = [["queue.warm.models", rate(warm.hits ?? 0, warm.misses ?? 0)], ["queue.warm.prompts", rate(warm.prompt_hits ?? 0, warm.prompt_misses ?? 0)],
    ["queue.warm.films", rate(films.reused, films.made)],
    ["queue.warm.bytes", t("queue.of", {n: room(warm.bytes ?? 0), all: room(warm.budget ?? 0)})]];
  return [h("h2", {}, t("queue.warm")), h("p", {class: "hint"}, t("queue.warm.why")), h("dl", {class: "house"}, pairs.map(tile))];
}
