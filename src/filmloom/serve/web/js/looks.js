// Templates to begin from, and the styles there are; each a picture and a button.
import {get, post} from "./api.js";
import {moving} from "./card.js";
import {button, fill, h, say, toast} from "./dom.js";
import {make} from "./jobs.js";
import {t, tongue, word} from "./words.js";

export async function page(root) {
  const [templates, styles] = await Promise.all([get("/api/templates"), get("/api/styles")]);
  fill(root, h("h1", {}, t("looks.title")),
    h("h2", {}, t("looks.styles")), h("div", {class: "styles"}, styles.data.map(style)),
    h("div", {class: "row between"}, h("h2", {}, t("looks.templates")), ahead(templates.data)),
    h("div", {class: "gallery"}, templates.data.map(template)));
}

// Templates that the house has not made yet can be made now, when nobody else waits; then they open at once.
function ahead(templates) {
  const left = templates.filter((one) => !one.urls?.film);
  if (!left.length) return null;
  const order = button(t("looks.ahead"), async () => {
    order.disabled = true;
    try {
      await post("/api/templates/render");
      toast(t("looks.ahead.sent", {n: left.length}));
      say(t("looks.ahead.sent", {n: left.length}));
    } catch (error) {
      order.disabled = false;
      toast(error.message, "bad");
    }
  }, {symbol: "film", kind: "quiet", title: t("looks.ahead.why")});
  return order;
}

// The film that is there already: asked for like any other, and done at once.
async function watch(one) {
  try {
    location.hash = `#/film/${(await make(one.request)).id}`;
  } catch (error) {
    toast(error.message, "bad");
  }
}

function style(one) {
  const name = one.id;
  return h("a", {class: "style", href: `#/?${new URLSearchParams({style: name})}`}, picture(`style-${name}`, name),
    h("b", {}, word("style", name)), h("span", {class: "hint"}, word("style.hint", name)));
}

// Where the house has made the film already, it plays while one looks at it.
export function template(one) {
  const {prompt} = one, still = picture(`template-${one.id}`, one.style);
  const open = h("a", {class: "open", href: `#/?${new URLSearchParams({prompt, ...(one.style ? {style: one.style} : {})})}`},
    still, h("span", {class: "prompt", lang: tongue(prompt)}, prompt), h("span", {class: "facts-line"}, t("looks.use")));
  if (one.urls?.film) moving(open, still, one.urls.film);
  return h("article", {class: "card"}, open, one.urls?.film && button(t("looks.watch"), () => watch(one), {symbol: "play", kind: "small"}));
}

// A still that filmloom drew; where a template is new and has none, its style's colours.
function picture(name, style) {
  return h("div", {class: `still look-${style}`},
    h("img", {src: `pictures/${name}.jpg`, alt: "", loading: "lazy", onerror: (event) => event.target.remove()}));
}
