// Settings of this browser: looks, language, motion, and the key where the house asks for one.
import {get} from "./api.js";
import {button, fill, h, toast} from "./dom.js";
import {remember, settings} from "./settings.js";
import {LANGUAGES, t} from "./words.js";

export async function page(root, {renew}) {
  const pick = (name, values, label, act) => h("fieldset", {class: "pick"}, h("legend", {}, t(`setup.${name}`)), h("div", {class: "choices"},
    values.map((value) => h("label", {}, h("input", {type: "radio", name, value, checked: settings[name] === value, onchange: () => act(value)}), h("span", {}, label(value))))));
  const key = h("input", {type: "password", id: "key", autocomplete: "off", value: settings.key, spellcheck: "false"});

  async function save(event) {
    event.preventDefault();
    remember({key: key.value.trim()});
    await renew();
    try {
      await get("/api/jobs", {limit: 1});
      toast(t("setup.key.good"));
    } catch (error) {
      toast(error.message, "bad");
    }
  }

  fill(root, h("h1", {}, t("setup.title")), h("div", {class: "sheet"},
    pick("theme", ["auto", "light", "dark"], (value) => t(`setup.theme.${value}`), (theme) => remember({theme})),
    pick("language", ["auto", ...Object.keys(LANGUAGES)], (value) => LANGUAGES[value] ?? t("setup.language.auto"), async (language) => { remember({language}); await renew(); }),
    pick("motion", ["auto", "less"], (value) => t(`setup.motion.${value}`), (motion) => remember({motion})),
    pick("keys", ["on", "off"], (value) => t(`setup.keys.${value}`), (keys) => remember({keys})),
    h("form", {onsubmit: save}, h("label", {class: "field"}, h("span", {}, t("setup.key")), key), h("p", {class: "hint"}, t("setup.key.why")),
      h("div", {class: "row"}, h("button", {type: "submit", class: "button"}, t("setup.key.save")),
        button(t("setup.key.forget"), () => { key.value = ""; remember({key: ""}); renew(); }, {kind: "quiet"})))),
    h("section", {class: "sheet keys"}, h("h2", {}, t("setup.shortcuts")), h("dl", {class: "rows"}, [["/", "setup.keys.search"], ["n", "setup.keys.new"], ["Enter", "setup.keys.send"], ["← → ↑ ↓", "setup.keys.arrows"],
      ["Space", "setup.keys.play"], ["← →", "setup.keys.frame"]]
      .map(([stroke, what]) => [h("dt", {}, h("kbd", {}, stroke)), h("dd", {}, t(what))]))));
}
