// The editor of one canvas: joins the stage, the forms, the history and the saving.

import { ApiError, call } from "./api.js";
import { Autosave, isPassing } from "./autosave.js";
import { Inspector, labelOf } from "./editor-inspector.js";
import { Conflict, titleOfCopy } from "./editor-conflict.js";
import { History, find, newComponent, withComponent, withNew, withProp, without } from "./editor-model.js";
import { StageView } from "./editor-stage.js";
import { byId, linkTo, say } from "./forms.js";
import { canvasUrl } from "./looks.js";
import { forgetUnsaved, keepUnsaved } from "./unsaved.js";

const words = JSON.parse(byId("editor").dataset.words);
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
/** Browsers send no more than this after a page is gone. */
const MAX_PARTING_BYTES = 60_000;
const MOST_UNANSWERED = 20;

let canvas = null;
let history = null;
let selectedId = null;
let isFixed = false;
let onTitle = () => {};
let onCopy = async () => {};
/** What was sent and not answered, on the state that was read here. */
let unanswered = [];
/** What somebody wanted to do before everything was saved. */
let waits = "";
/** What was not saved when this page went away. */
let left = null;

const stage = new StageView(words, { select, move, remove });
const inspector = new Inspector({ setProp, setPlace, select, remove });
const autosave = new Autosave(send, showSaving);
const conflict = new Conflict({ both: keepBoth, mine: keepMine, other: keepOther });
/** Tells the other tabs of this browser that a canvas was saved. */
const news = new BroadcastChannel("ensemble.saved");

function announce(text) {
  byId("stage-status").textContent = text;
}

function body() {
  const { title, description, theme, components } = history.state;
  return { title, description, theme, room_state: { ...canvas.room_state, components } };
}

/** What is only half typed is not even sent. */
function refuseHalfTyped() {
  const known = new Set(canvas.room_state.components.map((one) => one.props?.url));
  const place = history.state.components.findIndex(({ props }) => !known.has(props?.url) && !isLink(props?.url));
  if (place >= 0) throw new ApiError(400, { message: `room_state.components[${place}].props.url is not complete yet; it begins with https:` });
}

/** Stores everything as it is now on the state that was read here; what was stored elsewhere meanwhile is kept. */
async function send(isLeaving) {
  refuseHalfTyped();
  if (conflict.isOpen) throw new ApiError(412, {});
  const record = canvas;
  const sent = body();
  try {
    await put(record, sent, isLeaving);
  } catch (problem) {
    // It may have been stored all the same.
    if (isLeaving || isPassing(problem.status)) unanswered = [...unanswered, sent].slice(-MOST_UNANSWERED);
    if (isLeaving || problem.status !== 412) throw problem;
    if (await wasStored(record)) return send(false);
    const other = await call("GET", pathOf(record));
    if (record === canvas) conflict.ask(other);
    throw problem;
  }
}

/** Stores a state of the canvas, and tells the other tabs. */
async function put(record, sent, isLeaving = false) {
  const saved = await call("PUT", pathOf(record), sent, { isLeaving, etag: record.etag });
  Object.assign(record, sent, { updated_at: saved.updated_at, etag: saved.etag });
  if (record === canvas) unanswered = [];
  news.postMessage(record.id);
}

/** Whether what is stored was sent from here, and its answer got lost: the server takes such a change a second time. */
async function wasStored(record) {
  for (const sent of unanswered) {
    try {
      await put(record, sent);
      return true;
    } catch (problem) {
      if (problem.status !== 412) throw problem;
    }
  }
  return false;
}

function pathOf(record) {
  return `/studio/canvas/${record.id}`;
}

function canSendWhenLeaving() {
  return new Blob([JSON.stringify(body())]).size < MAX_PARTING_BYTES;
}

/** Whether it looks like an address. What may become a link is for the server to judge. */
function isLink(text) {
  return typeof text !== "string" || /^(?:|[/#]\S*|\S+\.html\S*|https?:\/\/[^\s/]+\S*|mailto:\S+@\S+)$/i.test(text);
}

/** Leads to where a browser is paired, and leaves the editor and what is not saved as they are. */
export function pairLink() {
  const made = linkTo("Pair this browser", "/pair.html?next=/studio.html");
  made.target = "_blank";
  return made;
}

/** Says a refusal in the words of the form: "Link: Address must be ...". */
function explain(problem) {
  if (problem.status === 401) return "this browser is no longer paired. What you changed is saved as soon as it is again.";
  const found = /^room_state\.components\[(\d+)\]\.(?:props\.)?(\w+) (.*)$/s.exec(problem.message);
  const component = found && history.state.components[Number(found[1])];
  if (!component) return problem.message.replace(/^room_state\./, "");
  return `${stage.nameOf(component)}: ${labelOf(component.type, found[2])} ${found[3]}`;
}

const SAVING = {
  unsaved: () => "Unsaved changes",
  saving: () => "Saving…",
  saved: () => `Saved at ${TIME.format(new Date())}`,
  retrying: () => "Not saved, trying again",
  refused: (problem) => `Not saved: ${explain(problem)}`,
  apart: () => "Not saved",
  elsewhere: () => `Changed elsewhere, read at ${TIME.format(new Date())}`,
};

function showSaving(said, problem) {
  const state = problem?.status === 412 ? "apart" : said;
  const line = byId("save-state");
  line.dataset.state = state;
  line.textContent = SAVING[state](problem);
  if (state === "saved") waits = "";
  say(byId("editor-error"), state === "refused" ? line.textContent : waits);
  if (problem?.status === 401) byId("editor-error").append(" ", pairLink());
  if (state === "refused") line.textContent = "Not saved";
  if (state === "saved") byId("editor-leave").hidden = true;
}

/** What can be edited of a canvas, apart from the canvas itself. */
function contents({ title, description, theme, room_state: { components } }) {
  return { title: title ?? "", description: description ?? "", theme, components: structuredClone(components ?? []) };
}

/** Shows the state as it is now: on the stage, in the list and in the forms. */
function draw() {
  const { state } = history;
  if (!find(state, selectedId)) selectedId = null;
  const selected = find(state, selectedId);
  stage.draw(state, selectedId);
  inspector.list(state.components, selectedId, (one) => stage.nameOf(one));
  inspector.show(isFixed ? null : selected, selected ? stage.nameOf(selected) : "");
  byId("editor-undo").disabled = !history.canUndo;
  byId("editor-clear").hidden = isFixed || state.components.length === 0;
  for (const [id, name] of [["editor-canvas-title", "title"], ["editor-description", "description"]]) {
    if (byId(id) !== document.activeElement) byId(id).value = state[name];
  }
  for (const one of document.querySelectorAll("#editor-theme input")) one.checked = one.value === state.theme;
  onTitle(state.title);
}

function change(state, tag = "") {
  history.push(state, tag);
  draw();
  autosave.changed();
}

/** Both stay: what is here becomes a canvas of its own, and one goes on there. */
async function keepBoth(other) {
  const title = titleOfCopy(history.state.title, other.title);
  try {
    const made = await call("POST", "/studio/canvas", { ...body(), title, source: "manual" });
    autosave.stop();
    await onCopy(made);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    say(byId("editor-error"), `Not saved: ${explain(problem)}`);
  }
}

/** What is here is stored; one step back is the other. */
async function keepMine(other) {
  const mine = history.state;
  history.push(contents(other));
  history.push(mine);
  goOnFrom(other);
  if (await autosave.flush()) announce("Yours is saved. Undo brings the other back.");
}

/** The other stays; one step back is what was here. */
async function keepOther(other) {
  autosave.stop();
  history.push(contents(other));
  goOnFrom(other);
  showSaving("elsewhere", null);
  announce("The other is here now. Undo brings yours back.");
}

/** Whatever is changed from now on is changed on that state. */
function goOnFrom(record) {
  canvas = record;
  unanswered = [];
  conflict.end();
  draw();
  byId("editor-undo").focus();
}

function select(id, { isFromList = false } = {}) {
  selectedId = id;
  draw();
  if (isFromList && !isFixed) inspector.focusFirst();
}

function move(id, to) {
  const component = find(history.state, id);
  if (to.x !== component.x || to.y !== component.y) change(withComponent(history.state, id, to));
  select(id);
  announce(`${stage.nameOf(component)}: ${to.x} from the left, ${to.y} from the top`);
}

function remove(id) {
  const { components } = history.state;
  const place = components.findIndex((one) => one.id === id);
  if (place < 0) return;
  const name = stage.nameOf(components[place]);
  selectedId = (components[place + 1] ?? components[place - 1])?.id ?? null;
  change(without(history.state, id));
  focusOnStage();
  announce(`${name} removed. Undo brings it back.`);
}

/** Takes the focus to what is selected, or to where something can be added. */
function focusOnStage() {
  if (selectedId) stage.focus(selectedId);
  else document.querySelector("[data-add]").focus();
}

/** Takes everything off the canvas, without asking: one step back brings it back. */
function clear() {
  const count = history.state.components.length;
  change({ ...history.state, components: [] });
  byId("editor-undo").focus();
  announce(`${count === 1 ? "1 thing" : `${count} things`} removed. Undo brings everything back.`);
}

function setProp(id, name, value) {
  change(withProp(history.state, id, name, value), `${id} ${name}`);
}

function setPlace(id, name, value) {
  change(withComponent(history.state, id, { [name]: Math.max(0, value) }), `${id} ${name}`);
}

function add(type) {
  if (history.state.components.length >= words.most) {
    say(byId("editor-error"), `A canvas holds ${words.most} things. Remove one to add another.`);
    return;
  }
  const made = newComponent(type, { ...words.fresh[type] }, history.state, stage.size);
  selectedId = made.id;
  change(withNew(history.state, made));
  inspector.focusFirst();
  announce(`${stage.nameOf(made)} added.`);
}

function undo() {
  if (isFixed || !history.canUndo) return;
  history.undo();
  draw();
  // The button is switched off by then.
  if (!history.canUndo && document.activeElement === byId("editor-undo")) focusOnStage();
  autosave.changed();
  announce("The last step is undone.");
}

function isTyping(element) {
  return element.matches("textarea, input:not([type=radio])");
}

function shortcut(event) {
  if (!canvas || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") {
    event.preventDefault();
    autosave.flush();
  } else if (key === "z" && !isTyping(event.target)) {
    event.preventDefault();
    undo();
  }
}

/**
 * Opens a canvas; one that is published is shown and cannot be changed.
 *
 * @param {object} record the canvas
 * @param {(title: string) => void} showTitle is told the title whenever it may have changed
 * @param {(made: object) => Promise<void>} showCopy is told of a canvas that was made of what could not be saved here
 */
export function openEditor(record, showTitle, showCopy) {
  canvas = record;
  unanswered = [];
  conflict.end();
  onCopy = showCopy;
  isFixed = record.slot_index !== null;
  selectedId = null;
  onTitle = showTitle;
  history = new History(contents(record));
  byId("fixed-notice").hidden = !isFixed;
  byId("fixed-where").textContent = isFixed ? `slot ${record.slot_index + 1}` : "";
  byId("editor-fields").disabled = byId("editor-add").disabled = isFixed;
  byId("stage-help").hidden = isFixed;
  byId("inspector-none").hidden = isFixed;
  byId("inspector-panel").hidden = isFixed;
  for (const id of ["editor-undo", "editor-publish", "save-state"]) byId(id).hidden = isFixed;
  const look = byId("editor-look");
  look.href = canvasUrl(record);
  look.textContent = isFixed ? "Visit" : "Preview";
  byId("editor-leave").hidden = true;
  byId("save-state").textContent = "All changes saved";
  byId("save-state").dataset.state = "saved";
  waits = "";
  say(byId("editor-error"), "");
  byId("editor").hidden = false;
  stage.show(record, isFixed);
  draw();
}

/** Whether somebody is in the middle of something here, which nothing from elsewhere may disturb. */
export function isBusy() {
  return autosave.isDirty || stage.isHeld;
}

/** Shows what was changed elsewhere; one step back brings back what was here. */
export function catchUp(record) {
  if (record.slot_index !== canvas.slot_index) {
    openEditor(record, onTitle, onCopy);
  } else if (record.updated_at > canvas.updated_at) {
    canvas = record;
    unanswered = [];
    history.push(contents(record));
    const held = document.activeElement;
    // A field that has the focus would stay as it is.
    held.blur();
    draw();
    held.focus({ preventScroll: true });
    showSaving("elsewhere", null);
  }
}

/** Lets somebody know when another tab of this browser has saved a canvas. */
export function onNews(heard) {
  news.addEventListener("message", heard);
}

/** Which canvas is open, or null. */
export function openId() {
  return canvas?.id ?? null;
}

/**
 * Saves what is not saved yet. Resolves with whether all of it is.
 *
 * @param {string} wanted what somebody wants to do with what is saved; said for as long as it has to wait for a line
 */
export async function saveNow(wanted) {
  const isSaved = await autosave.flush();
  if (!isSaved && byId("save-state").dataset.state === "retrying") {
    waits = `${wanted} as soon as your changes are saved. They are kept here, and sent again until the server answers.`;
    say(byId("editor-error"), waits);
  }
  return isSaved;
}

/** Puts the canvas away. What is not saved by now is dropped. */
export function closeEditor() {
  autosave.stop();
  conflict.end();
  canvas = null;
  byId("editor").hidden = true;
}

for (const one of document.querySelectorAll("[data-add]")) one.addEventListener("click", () => add(one.dataset.add));
for (const [id, name] of [["editor-canvas-title", "title"], ["editor-description", "description"]]) {
  byId(id).addEventListener("input", (event) => change({ ...history.state, [name]: event.target.value }, name));
}
byId("editor-theme").addEventListener("change", (event) => change({ ...history.state, theme: event.target.value }));
byId("editor-form").addEventListener("submit", (event) => event.preventDefault());
byId("editor-undo").addEventListener("click", undo);
byId("editor-clear").addEventListener("click", clear);
document.addEventListener("keydown", shortcut);

// What is not saved goes along with the reader; where that cannot work, the browser asks first.
window.addEventListener("beforeunload", (event) => {
  if (canvas && autosave.isDirty && (autosave.isStuck || conflict.isOpen || !canSendWhenLeaving())) event.preventDefault();
});
// The answer to the parting save comes too late for this page: the next one sees to it that nothing is lost.
window.addEventListener("pagehide", () => {
  if (!canvas || !autosave.isDirty) return;
  const { id, etag, title, description, theme, room_state } = canvas;
  left = { id, etag, body: body(), was: { title, description, theme, room_state } };
  keepUnsaved(left);
  autosave.leave();
});
// Back from the browser's memory: nobody knows whether the parting save arrived.
window.addEventListener("pageshow", (event) => {
  if (!canvas || !event.persisted) return;
  forgetUnsaved(left);
  autosave.flush();
});
window.addEventListener("online", () => {
  if (canvas && autosave.isStuck) autosave.flush();
});
// What was typed here is there for whoever goes on in the next window.
window.addEventListener("blur", () => {
  if (canvas && !autosave.isStuck) autosave.flush();
});
document.addEventListener("visibilitychange", () => {
  // Who comes back may have mended elsewhere what kept it from being saved.
  if (canvas && autosave.isStuck === (document.visibilityState === "visible")) autosave.flush();
});
