// The editor of a draft: its words, its theme, and a form for each thing that stands in it.

import { ApiError, call } from "./api.js";
import { copy, say } from "./forms.js";

const byId = (id) => document.getElementById(id);
const panel = byId("editor");
const error = byId("editor-error");
const note = byId("editor-note");

/** Which properties a form shows, by type: name, label, kind of control. */
const FIELDS = {
  text: [["text", "Words", "long"], ["variant", "Size", ["body", "hero", "eyebrow"]]],
  sprite: [["sprite", "Thing", "sprites"], ["label", "Label", "short"]],
  "click-to-read": [["label", "Label", "short"], ["content", "Text (Markdown)", "long"]],
  "click-to-link": [["label", "Label", "short"], ["url", "Address", "short"]],
};
const NAMES = { text: "Text", sprite: "Thing", "click-to-read": "Note to read", "click-to-link": "Link" };
const PLACE = [["x", "From the left"], ["y", "From the top"]];

let canvas = null;
let components = [];
let saved = () => {};
let serial = 0;

function control(kind, value) {
  if (kind === "long") {
    const area = document.createElement("textarea");
    area.rows = 3;
    area.value = value;
    return area;
  }
  if (kind === "short") {
    const input = document.createElement("input");
    input.type = "text";
    input.value = value;
    return input;
  }
  const select = document.createElement("select");
  if (kind === "sprites") select.append(byId("sprite-options").content.cloneNode(true));
  else select.append(...kind.map((name) => new Option(name, name)));
  select.value = value;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  return select;
}

function field(label, input) {
  serial += 1;
  input.id = `component-field-${serial}`;
  const made = document.createElement("div");
  made.className = "field";
  const name = document.createElement("label");
  name.htmlFor = input.id;
  name.textContent = label;
  made.append(name, input);
  return made;
}

function propField(component, [name, label, kind]) {
  component.props ??= {};
  const input = control(kind, String(component.props[name] ?? ""));
  input.addEventListener("input", () => {
    component.props[name] = input.value;
  });
  return field(label, input);
}

function placeField(component, [name, label]) {
  const input = document.createElement("input");
  input.type = "number";
  input.step = "1";
  input.min = "0";
  input.value = String(Math.round(component[name] ?? 0));
  input.addEventListener("input", () => {
    component[name] = Number(input.value) || 0;
  });
  const made = field(label, input);
  made.classList.add("field-number");
  return made;
}

function componentItem(component) {
  const item = copy("component-template");
  const name = NAMES[component.type] ?? component.type;
  item.querySelector(".component-name").textContent = name;
  const remove = item.querySelector("[data-remove]");
  remove.setAttribute("aria-label", `Remove: ${name}`);
  remove.addEventListener("click", () => {
    components = components.filter((one) => one !== component);
    item.remove();
  });
  item.querySelector(".component-fields").append(
    ...(FIELDS[component.type] ?? []).map((one) => propField(component, one)),
    ...PLACE.map((one) => placeField(component, one)),
  );
  return item;
}

function add(type) {
  const offset = 160 + 48 * (components.length % 8);
  const props = type === "sprite" ? { sprite: "object" } : {};
  const component = { type, x: offset * 2, y: offset, props };
  components.push(component);
  const item = componentItem(component);
  byId("components").append(item);
  item.querySelector("input, textarea, select").focus();
}

/** Says a refusal in the words of the form: "Link: Address must be ...", at the field it is about. */
function showRefusal(problem) {
  const found = /^room_state\.components\[(\d+)\]\.(?:props\.)?(\w+) (.*)$/s.exec(problem.message);
  const component = found && components[Number(found[1])];
  const field = component && [...(FIELDS[component.type] ?? []), ...PLACE].find(([name]) => name === found[2]);
  if (!field) {
    say(error, problem.message);
    return;
  }
  say(error, `${NAMES[component.type]}: ${field[1]} ${found[3]}`);
  const item = byId("components").children[Number(found[1])];
  [...item.querySelectorAll(".field")].find((one) => one.firstChild.textContent === field[1])?.lastChild.focus();
}

async function save(event) {
  event.preventDefault();
  say(error, "");
  say(note, "");
  const changes = {
    title: byId("editor-canvas-title").value,
    description: byId("editor-description").value,
    theme: byId("editor-theme").value,
    room_state: { ...canvas.room_state, components },
  };
  try {
    canvas = await call("PUT", `/studio/canvas/${canvas.id}`, changes);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    showRefusal(problem);
    return;
  }
  say(note, "Saved.");
  saved();
}

/** Opens the editor on a draft; `afterwards` runs whenever it was saved. */
export function openEditor(draft, afterwards) {
  canvas = draft;
  saved = afterwards;
  components = structuredClone(draft.room_state?.components ?? []);
  say(error, "");
  say(note, "");
  byId("editor-canvas-title").value = draft.title ?? "";
  byId("editor-description").value = draft.description ?? "";
  byId("editor-theme").value = draft.theme ?? "warm";
  byId("components").replaceChildren(...components.map(componentItem));
  panel.hidden = false;
  panel.scrollIntoView({ block: "start" });
  byId("editor-title").focus({ preventScroll: true });
}

byId("editor-form").addEventListener("submit", save);
byId("editor-cancel").addEventListener("click", () => {
  panel.hidden = true;
});
for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", () => add(button.dataset.add));
}
