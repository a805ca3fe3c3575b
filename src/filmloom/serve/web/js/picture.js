// A picture to begin from, where the chosen model takes one; where it takes none, that is said.
import {upload} from "./api.js";
import {button, fill, h, icon, toast} from "./dom.js";
import {t} from "./words.js";

const KINDS = "image/png,image/jpeg,image/webp";

// `name`: of an upload that an earlier request began from.
export function reference(name = "") {
  const element = h("fieldset", {class: "reference"});
  const file = h("input", {type: "file", accept: KINDS, class: "unseen", id: "picture", onchange: () => file.files[0] && take(file.files[0])});
  const shown = h("div", {class: "row chosen"});
  let given = name ?? "", takes = "none";

  const drop = h("label", {class: "drop", for: "picture", ondragover: (event) => event.preventDefault(), ondrop: dropped},
    icon("picture"), h("span", {}, t("ask.picture.drop")));

  function dropped(event) {
    event.preventDefault();
    const [first] = event.dataTransfer.files;
    if (first) take(first);
  }

  async function take(picture) {
    try {
      ({name: given} = await upload(picture));
      const url = URL.createObjectURL(picture);
      fill(shown, h("img", {src: url, alt: t("ask.picture.given"), onload: () => URL.revokeObjectURL(url)}), leave());
    } catch (error) {
      toast(error.message, "bad");
    }
    file.value = "";
  }

  const leave = () => button(t("ask.picture.leave"), () => { given = ""; fill(shown); file.focus(); }, {symbol: "bin", kind: "quiet small"});

  function follow(model) {
    takes = model?.image ?? "none";
    const no = h("p", {class: "hint"}, t("ask.picture.no", {model: model?.id ?? "mini"}));
    fill(element, h("legend", {}, t("ask.picture")), takes === "none" ? no : [file, drop, shown,
      h("p", {class: "hint"}, t(takes === "required" ? "ask.picture.must" : "ask.picture.may"))]);
  }

  if (given) fill(shown, h("span", {class: "hint"}, t("ask.picture.given")), leave());
  return {element, follow, field: () => (takes !== "none" && given ? {image: given} : {})};
}
