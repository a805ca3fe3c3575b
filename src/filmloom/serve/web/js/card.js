// One film in a row or a gallery: a picture that moves while one looks at it, its words, its state.
import {show} from "./api.js";
import {fill, h, icon} from "./dom.js";
import {title} from "./jobs.js";
import {badge, told} from "./progress.js";
import {calm} from "./settings.js";
import {duration, moment, t, tongue, word} from "./words.js";

// `choose(id, chosen)`: with it the card has a box for comparing.
export function card(first, {choose, chosen = false} = {}) {
  const picture = h("div", {class: "still"});
  const words = h("span", {class: "prompt"});
  const facts = h("span", {class: "facts-line"});
  const open = h("a", {class: "open"}, picture, words, facts);
  const pick = h("label", {class: "pickbox"}, h("input", {type: "checkbox", checked: chosen, onchange: (event) => choose?.(first.id, event.target.checked)}),
    h("span", {class: "unseen"}));
  const element = h("article", {class: "card", "data-job": first.id}, open, choose && pick);
  let state = "";

  function update(view) {
    open.href = `#/film/${view.id}`;
    fill(words, title(view));
    words.lang = tongue(title(view));
    fill(facts, view.state === "done" ? made(view) : [badge(view), " ", told(view)]);
    pick.hidden = !view.has_film;
    fill(pick.lastChild, t("films.choose", {title: title(view)}));
    if (state !== view.state) still(picture, view);
    state = view.state;
  }

  update(first);
  return {element, update};
}

export function made(view) {
  const {seconds = 4, size = "1280x720", seed = 0} = view.request ?? {};
  return [duration(seconds), word("size", size), t("film.take", {seed}), moment(view.finished)].filter(Boolean).join(" · ");
}

function still(place, view) {
  if (!view.has_film) {
    const preview = view.urls?.preview && h("img", {alt: "", onerror: (event) => event.target.remove()});
    fill(place, h("span", {class: "blank"}, icon("film")), preview);
    if (preview) show(preview, view.urls.preview).catch(() => {});
    return;
  }
  const picture = h("img", {alt: "", loading: "lazy", width: "16", height: "9"});
  show(picture, view.urls.thumbnail).catch(() => {});
  fill(place, picture);
  moving(place.closest("a") ?? place, place, view.urls.film);
}

// The film plays, silent, in the picture's place while the mouse or the focus is at `link`; unless less motion is wished.
export function moving(link, place, film) {
  link.onmouseenter = link.onfocus = () => move(place, film);
  link.onmouseleave = link.onblur = () => place.querySelector("video")?.remove();
}

function move(place, path) {
  if (calm() || place.querySelector("video")) return;
  const film = h("video", {muted: true, loop: true, playsinline: true, "aria-hidden": "true", tabindex: "-1"});
  show(film, path).then(() => film.play()).catch(() => film.remove());
  place.append(film);
}
