// Small helpers that the forms of several pages share.

/** Shows a line below a form, or hides it when the text is empty. */
export function say(line, text) {
  line.textContent = text;
  line.hidden = text === "";
}

/** Copies the single element inside a template of the page. */
export function copy(templateId) {
  return document.getElementById(templateId).content.firstElementChild.cloneNode(true);
}

/** Makes a small button. */
export function button(label, action, { danger = false, describedBy = "" } = {}) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = danger ? "button button-small button-danger" : "button button-small";
  made.textContent = label;
  if (describedBy) made.setAttribute("aria-label", `${label}: ${describedBy}`);
  made.addEventListener("click", action);
  return made;
}

/** Makes a link that looks like a small button. */
export function linkButton(label, url) {
  const made = document.createElement("a");
  made.className = "button button-small";
  made.textContent = label;
  made.href = url;
  return made;
}

/** The class of a theme: our own names look like this, and anything else gets the default. */
export function themeClass(name) {
  return `theme-${/^[a-z]{3,12}$/.test(name ?? "") ? name : "warm"}`;
}
