// Elements without a framework: h("button", {class: "main", onclick: go}, icon("play"), "Play").

export function h(tag, attributes = {}, ...children) {
  return fill(set(document.createElement(tag), attributes), ...children);
}

export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) element.removeAttribute(name);
    else if (name.startsWith("on")) element[name] = value;
    else if (name === "value" || name === "checked" || name === "muted") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  return element;
}

export function fill(element, ...children) {
  element.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Decoration only: what an icon means is always said in words beside it, or in the button's label.
export function icon(name) {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  picture.setAttribute("class", "icon");
  picture.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `icons.svg#${name}`);
  picture.append(use);
  return picture;
}

export function button(label, act, {symbol, kind = "", ...rest} = {}) {
  return h("button", {type: "button", class: `button ${kind}`, onclick: act, ...rest}, symbol && icon(symbol), h("span", {}, label));
}

export function link(label, href, {symbol, kind = "", ...rest} = {}) {
  return h("a", {href, class: `button ${kind}`, ...rest}, symbol && icon(symbol), h("span", {}, label));
}

// For ears: a sentence that screen readers say, and nobody sees.
export function say(sentence) {
  const said = document.getElementById("said");
  if (said.textContent !== sentence) said.textContent = sentence;
}

export function toast(sentence, kind = "") {
  const slip = h("p", {class: `toast ${kind}`}, icon(kind === "bad" ? "warn" : "tick"), h("span", {}, sentence));
  document.getElementById("toasts").append(slip);
  setTimeout(() => slip.remove(), kind === "bad" ? 9000 : 4500);
}

// A question with yes and no; resolves to true or false. The browser's own dialog keeps the focus inside.
export function ask(question, yes, no) {
  return new Promise((answer) => {
    const choose = (value) => () => dialog.close(value);
    const dialog = h("dialog", {class: "ask", "aria-label": question},
      h("p", {}, question),
      h("div", {class: "row end"}, button(no, choose("")), button(yes, choose("yes"), {kind: "danger"})));
    dialog.onclose = () => { dialog.remove(); answer(dialog.returnValue === "yes"); };
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function later(milliseconds, act) {
  let timer = 0;
  return (...values) => { clearTimeout(timer); timer = setTimeout(() => act(...values), milliseconds); };
}
