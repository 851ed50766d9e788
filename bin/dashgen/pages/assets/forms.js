// Small helpers that the forms of several pages share.

export const byId = (id) => document.getElementById(id);

/** Shows a line, or hides it when the text is empty. */
export function say(line, text) {
  line.textContent = text;
  line.hidden = text === "";
}

/** Copies the single element inside a template of the page. */
export function copy(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/** Makes a small button. `of` says to a screen reader what it is about. */
export function button(label, action, { kind = "", of = "", name = "" } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.addEventListener("click", action);
  return dress(made, label, kind, of, name);
}

/** Makes a link that looks like a small button. */
export function linkButton(label, url, { of = "", name = "" } = {}) {
  const made = document.createElement("a");
  made.href = url;
  return dress(made, label, "", of, name);
}

function dress(made, label, kind, of, name) {
  made.className = `button button-small${kind && ` button-${kind}`}`;
  made.textContent = label;
  if (of) made.setAttribute("aria-label", `${label}: ${of}`);
  if (name) made.dataset.action = name;
  return made;
}
