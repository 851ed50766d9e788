// The form for what is selected, and the list of what stands on the canvas.

import { byId, copy } from "./forms.js";
import { GRID } from "./editor-model.js";

/** Which properties a form shows, by type: name, label, kind of control. */
const FIELDS = {
  text: [["text", "Words", "long"], ["variant", "Size", [["body", "Body"], ["hero", "Headline"], ["eyebrow", "Small capitals"]]]],
  sprite: [["sprite", "Thing", "sprites"], ["label", "Label", "short"]],
  "click-to-read": [["label", "Label", "short"], ["content", "Text, in Markdown", "long"]],
  "click-to-link": [["label", "Label", "short"], ["url", "Address", "short"]],
};
/** What every form shows besides, in the units of the stage. */
const PLACE = [["x", "From the left"], ["y", "From the top"], ["w", "Width"]];

/** The label of a field in the form of a type, for messages about it; the bare name where it has none. */
export function labelOf(type, name) {
  return [...(FIELDS[type] ?? []), ...PLACE].find(([one]) => one === name)?.[1] ?? name;
}

function control(kind, value) {
  if (kind === "long") {
    const area = document.createElement("textarea");
    area.rows = 3;
    area.value = value;
    return area;
  }
  if (kind === "short" || kind === "number") {
    const input = document.createElement("input");
    input.type = kind === "number" ? "number" : "text";
    input.value = value;
    return input;
  }
  const select = document.createElement("select");
  if (kind === "sprites") select.append(byId("sprite-options").content.cloneNode(true));
  else select.append(...kind.map(([name, label]) => new Option(label, name)));
  select.value = value;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  return select;
}

function field(name, label, input) {
  input.id = `inspector-${name}`;
  input.dataset.field = name;
  const made = document.createElement("div");
  made.className = "field";
  const text = document.createElement("label");
  text.htmlFor = input.id;
  text.textContent = label;
  made.append(text, input);
  return made;
}

export class Inspector {
  #shownId = null;

  /** @param {{setProp: Function, setPlace: Function, select: Function, remove: Function}} asked what to do when the maker asks for it */
  constructor(asked) {
    this.asked = asked;
    this.form = byId("inspector");
    this.fields = byId("inspector-fields");
    byId("inspector-remove").addEventListener("click", () => asked.remove(this.#shownId));
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Shows the form of a component, or of none. A field that is being typed into stays as it is. */
  show(component, name) {
    this.form.hidden = !component;
    byId("inspector-none").hidden = Boolean(component);
    if (!component) {
      this.#shownId = null;
      return;
    }
    byId("inspector-name").textContent = name;
    if (component.id !== this.#shownId) this.#build(component);
    for (const input of this.fields.querySelectorAll("[data-field]")) {
      if (input !== document.activeElement) this.#fill(input, component);
    }
  }

  focusFirst() {
    this.fields.querySelector("input, textarea, select")?.focus();
  }

  /** Fills the list of everything on the canvas. */
  list(components, selectedId, nameOf) {
    const rows = components.map((component) => {
      const row = copy("component-template");
      const choose = row.querySelector("button");
      choose.dataset.componentId = component.id;
      choose.textContent = nameOf(component);
      choose.setAttribute("aria-pressed", String(component.id === selectedId));
      choose.addEventListener("click", () => this.asked.select(component.id, { isFromList: true }));
      return row;
    });
    const held = document.activeElement?.closest("#components") ? document.activeElement.dataset.componentId : null;
    byId("components").replaceChildren(...rows);
    byId("components-none").hidden = rows.length > 0;
    if (held) byId("components").querySelector(`[data-component-id="${CSS.escape(held)}"]`)?.focus();
  }

  #build(component) {
    this.#shownId = component.id;
    const props = (FIELDS[component.type] ?? []).map(([name, label, kind]) => {
      const input = control(kind, "");
      input.addEventListener("input", () => this.asked.setProp(component.id, name, input.value));
      return field(name, label, input);
    });
    const places = PLACE.map(([name, label]) => {
      const input = control("number", "0");
      input.min = "0";
      input.step = String(GRID);
      if (name === "w") input.placeholder = "its own";
      input.addEventListener("input", () => this.asked.setPlace(component.id, name, Number(input.value) || 0));
      const made = field(name, label, input);
      made.classList.add("field-place");
      return made;
    });
    this.fields.replaceChildren(...props, ...places);
  }

  #fill(input, component) {
    const name = input.dataset.field;
    const value = PLACE.some(([place]) => place === name) ? Math.round(component[name] ?? 0) : component.props?.[name];
    input.value = name === "w" && !value ? "" : String(value ?? "");
    if (input.selectedIndex === -1) input.selectedIndex = 0;
  }
}
