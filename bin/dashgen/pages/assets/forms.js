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

/**
 * Does what a button asks for, once however often it is pressed meanwhile. It is not switched off: who pressed it by
 * keyboard would find the focus gone.
 */
export async function once(button, work) {
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  try {
    await work();
  } finally {
    button.ariaDisabled = null;
  }
}

/** Takes the focus to an element where what had it is gone. */
export function catchFocus(element) {
  if (document.activeElement === document.body) element.focus({ preventScroll: true });
}

/** Whether a link would be followed right here. */
export function isPlainClick(event) {
  return event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

/** Makes a small button. `of` says to a screen reader what it is about. */
export function button(label, action, { kind = "", of = "", name = "" } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.addEventListener("click", () => once(made, action));
  return dress(made, label, kind, of, name);
}

/** Makes a link. */
export function linkTo(text, url) {
  const made = document.createElement("a");
  made.textContent = text;
  made.href = url;
  return made;
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
