// Templates to begin from, and the styles there are; each a picture and a button.
import {get} from "./api.js";
import {fill, h} from "./dom.js";
import {t, tongue, word} from "./words.js";

export async function page(root) {
  const [templates, styles] = await Promise.all([get("/api/templates"), get("/api/styles")]);
  fill(root, h("h1", {}, t("looks.title")),
    h("h2", {}, t("looks.styles")), h("div", {class: "styles"}, styles.data.map(style)),
    h("h2", {}, t("looks.templates")), h("div", {class: "gallery"}, templates.data.map(template)));
}

function style(one) {
  const name = one.id;
  return h("a", {class: "style", href: `#/?${new URLSearchParams({style: name})}`}, picture(`style-${name}`, name),
    h("b", {}, word("style", name)), h("span", {class: "hint"}, word("style.hint", name)));
}

function template(one) {
  const {prompt} = one;
  return h("article", {class: "card"}, h("a", {class: "open", href: `#/?${new URLSearchParams({prompt, ...(one.style ? {style: one.style} : {})})}`},
    picture(`template-${one.id}`, one.style), h("span", {class: "prompt", lang: tongue(prompt)}, prompt), h("span", {class: "facts-line"}, t("looks.use"))));
}

// A still that filmloom drew; where a template is new and has none, its style's colours.
function picture(name, style) {
  return h("div", {class: `still look-${style}`},
    h("img", {src: `pictures/${name}.jpg`, alt: "", loading: "lazy", onerror: (event) => event.target.remove()}));
}
