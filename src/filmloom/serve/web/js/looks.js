// Templates to begin from, and the styles there are; each a picture and a button.
import {get, show} from "./api.js";
import {fill, h, icon} from "./dom.js";
import {t, tongue, word} from "./words.js";

export async function page(root) {
  const [templates, styles] = await Promise.all([get("/api/templates"), get("/api/styles")]);
  fill(root, h("h1", {}, t("looks.title")),
    h("h2", {}, t("looks.styles")), h("div", {class: "styles"}, styles.data.map(style)),
    h("h2", {}, t("looks.templates")), h("div", {class: "gallery"}, templates.data.map(template)));
}

function style(one) {
  const name = one.id;
  return h("a", {class: "style", href: `#/?${new URLSearchParams({style: name})}`}, swatch(one, `look-${name}`),
    h("b", {}, word("style", name)), h("span", {class: "hint"}, word("style.hint", name)));
}

function template(one) {
  const {prompt} = one;
  return h("article", {class: "card"}, h("a", {class: "open", href: `#/?${new URLSearchParams({prompt, ...(one.style ? {style: one.style} : {})})}`},
    swatch(one, `look-${one.style}`), h("span", {class: "prompt", lang: tongue(prompt)}, prompt), h("span", {class: "facts-line"}, t("looks.use"))));
}

function swatch(one, look) {
  const picture = one.urls?.thumbnail ?? one.thumbnail;
  const place = h("div", {class: `still ${look}`}, h("span", {class: "blank"}, icon("film")));
  if (picture) {
    const image = h("img", {alt: "", loading: "lazy", onload: () => image.classList.add("in"), onerror: () => image.remove()});
    show(image, picture).catch(() => image.remove());
    place.append(image);
  }
  return place;
}
