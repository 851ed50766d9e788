// A maker's canvases, and the way into the editor of each: /studio.html#cnv_... opens one.

import { ApiError, call } from "./api.js";
import { catchUp, closeEditor, isBusy, onNews, openEditor, openId, pairLink, saveNow } from "./editor.js";
import { button, byId, copy, isPlainClick, linkButton, linkTo, once } from "./forms.js";
import { canvasUrl, showScene, themeClass, titleOf } from "./looks.js";
import { askWhere, countOf, occupants } from "./studio-publish.js";
import { KEYS, forgetPairing, recall, remember } from "./store.js";
import { dayOf, endsSoon, isTokenLoose, noteTokenKept, offerCopy } from "./token.js";
import { dropArrived, forgetUnsaved, sendUnsaved } from "./unsaved.js";

const heading = [...byId("studio-title").childNodes];
let mine = null;
/** Count what was asked and which of the answers is shown: one that was overtaken on its way is dropped. */
let asked = 0;
let shown = 0;
/** Who could see each canvas when it was last published: whoever takes one back to change it does not mean to show it to more. */
const lastVisibility = new Map(rememberedVisibility());

/** Shows a line, with links behind it. */
function report(text, ...links) {
  const line = byId("studio-message");
  line.replaceChildren(text, ...links.flatMap((link) => [" ", link]));
  line.hidden = text === "";
}

/** What an earlier visit knew of that. */
function rememberedVisibility() {
  try {
    return Object.entries(JSON.parse(recall(KEYS.visibility)) ?? {});
  } catch {
    return [];
  }
}

/** Keeps it for the next visit; public is what is proposed anyway. */
function noteVisibility() {
  for (const one of mine.canvases) if (one.slot_index !== null) lastVisibility.set(one.id, one.visibility);
  const kept = mine.canvases.map((one) => [one.id, lastVisibility.get(one.id)]).filter(([, who]) => who === "unlisted" || who === "private");
  remember(KEYS.visibility, kept.length > 0 ? JSON.stringify(Object.fromEntries(kept)) : null);
}

/** Says what stands in the way, and the way on. Who is in the middle of editing stays there. */
function explain(problem) {
  if (problem.status !== 401) report(problem.message);
  else if (openId() === null) showUnpaired("expired");
  else report("This browser is no longer paired.", pairLink());
}

/** Does something with a canvas, then shows all canvases as they are now. Resolves with whether it worked. */
async function act(work, done = "") {
  try {
    await work();
    report(done);
    await load();
    return true;
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    explain(problem);
    // Who was refused for what was done elsewhere should see it.
    if (problem.status === 412) await load();
    return false;
  }
}

function canvasRow(canvas, status, actions) {
  const row = copy("canvas-template");
  row.dataset.canvasId = canvas.id;
  row.querySelector(".canvas-swatch").classList.add(themeClass(canvas.theme));
  showScene(row.querySelector(".scene"), canvas.id);
  const name = row.querySelector(".canvas-name a");
  name.textContent = titleOf(canvas);
  name.href = `#${canvas.id}`;
  row.querySelector(".canvas-status").textContent = status;
  row.querySelector(".canvas-actions").append(...actions);
  return row;
}

function emptyRow(slot) {
  const row = copy("empty-slot-template");
  row.querySelector(".canvas-status").textContent = `Slot ${slot + 1}: publish a draft to fill it`;
  return row;
}

function publishedRow(slot, canvas) {
  const path = `/studio/canvas/${canvas.id}`;
  const of = titleOf(canvas);
  return canvasRow(canvas, `Slot ${slot + 1} · ${canvas.visibility}${canvas.is_showcase ? " · showcase" : ""}`, [
    linkButton("Visit", canvasUrl(canvas), { of, name: "visit" }),
    linkButton("Open", `#${canvas.id}`, { of, name: "look" }),
    button("Unpublish", () => act(() => call("POST", `${path}/unpublish`, {}), `“${of}” is a draft again.`), { of, name: "unpublish" }),
    button(
      canvas.is_showcase ? "No showcase" : "Showcase",
      () => act(() => call("PUT", `${path}/showcase`, { is_showcase: !canvas.is_showcase })),
      { of, name: "showcase" },
    ),
  ]);
}

function draftRow(canvas) {
  const of = titleOf(canvas);
  const count = canvas.room_state.components.length;
  return canvasRow(canvas, `Draft · ${count === 1 ? "1 thing" : `${count} things`}`, [
    linkButton("Edit", `#${canvas.id}`, { of, name: "edit" }),
    button("Publish", () => publish(canvas), { of, name: "publish" }),
    button("Delete", () => askDelete(canvas), { kind: "danger", of, name: "delete" }),
  ]);
}

function askDelete(canvas) {
  const dialog = byId("delete-dialog");
  byId("delete-name").textContent = titleOf(canvas);
  dialog.returnValue = "keep";
  dialog.onclose = () => {
    if (dialog.returnValue !== "delete") return;
    act(() => call("DELETE", `/studio/canvas/${canvas.id}`, undefined, { etag: canvas.etag }), `“${titleOf(canvas)}” is deleted.`);
  };
  dialog.showModal();
}

function publish(canvas) {
  askWhere(canvas, mine, lastVisibility.get(canvas.id) ?? "public", async (slot, visibility) => {
    history.pushState(null, "", location.pathname);
    showList();
    await load();
    const seen = visibility === "public" ? [linkTo("See it in the grid", "/index.html?filter=newest")] : [];
    report(`“${titleOf(canvas)}” is published in slot ${slot + 1}.`, linkTo("Visit it", canvasUrl(canvas)), ...seen);
    showTop();
  });
}

function slotRows() {
  const published = occupants(mine);
  const count = Math.max(mine.free_limit, ...[...published.keys()].map((slot) => slot + 1));
  return Array.from({ length: count }, (_, slot) => {
    const canvas = published.get(slot);
    return canvas ? publishedRow(slot, canvas) : emptyRow(slot);
  });
}

/** Draws the lists. The focus stays with its canvas, and goes to the heading where that is gone. */
function drawList() {
  const held = document.activeElement;
  fillLists();
  if (held.isConnected) return;
  const row = document.querySelector(`[data-canvas-id="${held.closest("[data-canvas-id]").dataset.canvasId}"]`);
  const next = row?.querySelector(`[data-action=${held.dataset.action}]`) ?? row?.querySelector("[data-action]");
  (next ?? byId("studio-title")).focus({ preventScroll: !next });
}

function fillLists() {
  const drafts = mine.canvases.filter((canvas) => canvas.slot_index === null);
  byId("slot-count").textContent = `${countOf(mine)} published`;
  byId("showcase-line").hidden = mine.current_published === 0;
  byId("upgrade-line").hidden = mine.tier === "pro";
  byId("slots").replaceChildren(...slotRows());
  byId("drafts").replaceChildren(...drafts.map(draftRow));
  byId("no-drafts").hidden = drafts.length > 0;
}

/** Reads the maker's canvases from the server. Nothing is drawn anew where nothing changed: a press may be under way. */
async function load() {
  asked += 1;
  const number = asked;
  const found = await call("GET", "/studio/canvas/mine");
  if (number < shown) return;
  shown = number;
  const isNew = JSON.stringify(found) !== JSON.stringify(mine);
  mine = found;
  noteVisibility();
  if (isNew && openId() === null) drawList();
}

/** Shows things as they are by now: who comes back may have changed them in another tab, or in another browser. */
async function refresh() {
  if (mine === null || document.visibilityState === "hidden" || isBusy()) return;
  const id = openId();
  try {
    await load();
  } catch (problem) {
    // Without a connection what is here is as good as any.
    if (!(problem instanceof ApiError)) throw problem;
    if (problem.status === 401) explain(problem);
    return;
  }
  if (id === null || id !== openId() || isBusy()) return;
  const canvas = mine.canvases.find((one) => one.id === id);
  if (canvas) catchUp(canvas);
  else leaveGone();
}

/** Goes back to the list from a canvas that is no more. */
function leaveGone() {
  history.replaceState(null, "", location.pathname);
  showList();
  report("There is no such canvas any more.");
}

function showUnpaired(section = "unpaired") {
  forgetPairing();
  report("");
  byId("token-notice").hidden = byId("token-ending").hidden = true;
  byId(section).hidden = false;
  byId("canvases").hidden = byId("studio-actions").hidden = true;
}

function setTitle(canvas) {
  const text = titleOf(canvas);
  byId("studio-title").textContent = text;
  document.title = `${text} · Studio · Ensemble`;
}

function showList() {
  const wasEditing = openId() !== null;
  closeEditor();
  document.body.classList.remove("is-editing");
  byId("studio-title").replaceChildren(...heading);
  document.title = "Studio · Ensemble";
  byId("canvases").hidden = byId("studio-actions").hidden = false;
  byId("editor-head").hidden = byId("editor-actions").hidden = true;
  drawList();
  if (wasEditing) showTop();
}

/** Begins at the heading, as a new page does. */
function showTop() {
  byId("studio-title").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function showEditor(canvas) {
  report("");
  document.body.classList.add("is-editing");
  byId("canvases").hidden = byId("studio-actions").hidden = true;
  byId("editor-head").hidden = byId("editor-actions").hidden = false;
  openEditor(canvas, (title) => setTitle({ ...canvas, title }), showCopy);
  showTop();
}

/** Goes on in a canvas that holds what could not be saved in another. */
async function showCopy({ id }) {
  await load();
  history.pushState(null, "", `#${id}`);
  showEditor(mine.canvases.find((one) => one.id === id));
  report("Both are kept. This one is yours, a draft of its own;", linkTo("the other is among your canvases.", "#"));
}

/** Asks about what was left unsaved in an earlier visit, and can be stored no more where it belongs. */
function offerUnsaved(left) {
  const canvas = mine.canvases.find((one) => one.id === left.id);
  const of = canvas ? titleOf({ ...canvas, title: left.body.title }) : left.body.title;
  const keep = async () => {
    const made = await call("POST", "/studio/canvas", { ...left.body, source: "manual" });
    forgetUnsaved(left);
    await load();
    report(`“${of}” is a draft of its own now.`, linkTo("Open it", `#${made.id}`));
  };
  const drop = () => {
    forgetUnsaved(left);
    report("");
  };
  report(
    `What you last changed in “${of}” may be lost: ${canvas ? "it was changed elsewhere meanwhile" : "it is no more"}.`,
    button("Keep it as a draft", guarded(keep), { name: "keep" }),
    button("Drop it", drop, { name: "drop" }),
  );
}

/** Follows the address: a canvas's id opens it, anything else is the list. What is open is saved first. */
async function route() {
  const wanted = location.hash.slice(1);
  if (mine === null || openId() === wanted) return;
  if (openId() !== null) {
    // Nothing is lost silently: who cannot leave yet stays where the trouble is shown, and may press again.
    history.replaceState(null, "", `#${openId()}`);
    if (!(await saveNow("You can leave"))) {
      byId("editor-leave").hidden = false;
      return;
    }
    await load();
    history.replaceState(null, "", `#${wanted}`);
  }
  const canvas = mine.canvases.find((one) => one.id === wanted);
  if (canvas) {
    showEditor(canvas);
    return;
  }
  showList();
  if (wanted.startsWith("cnv_")) report("You have no such canvas.");
}

async function leaveUnsaved() {
  await load();
  history.pushState(null, "", location.pathname);
  showList();
}

async function newCanvas() {
  let made = null;
  const worked = await act(async () => {
    made = await call("POST", "/studio/canvas", { title: "", source: "manual", room_state: { components: [] } });
  });
  if (worked) location.hash = made.id;
}

async function unpublishToEdit() {
  const id = openId();
  const worked = await act(() => call("POST", `/studio/canvas/${id}/unpublish`, {}));
  if (worked) showEditor(mine.canvases.find((one) => one.id === id));
}

async function publishOpen() {
  if (!(await saveNow("You can publish"))) return;
  await load();
  const canvas = mine.canvases.find((one) => one.id === openId());
  if (canvas) publish(canvas);
  else leaveGone();
}

/** Goes where a link out of the editor leads when all is saved: the page there shows what the server has. */
async function look(event) {
  if (!isPlainClick(event)) return;
  event.preventDefault();
  if (await saveNow("You can look at it")) location.assign(byId("editor-look").href);
}

function closeTokenNotice() {
  noteTokenKept();
  byId("token-notice").hidden = true;
  byId("studio-title").focus();
}

/** Says what stands in the way instead of failing without a word. */
function guarded(work) {
  return async (event) => {
    try {
      await work(event);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      explain(problem);
    }
  };
}

/** Like that, for a button, and once at a time. */
function onPress(id, work) {
  byId(id).addEventListener("click", () => once(byId(id), guarded(work)));
}

async function start() {
  if (recall(KEYS.pairingToken) === null) {
    showUnpaired();
    return;
  }
  byId("studio-loading").hidden = false;
  let left;
  try {
    left = await sendUnsaved();
    await load();
    left = dropArrived(left, mine.canvases);
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.status === 401) throw problem;
    report(problem.message, button("Try again", () => location.reload()));
    return;
  }
  byId("studio-loading").hidden = true;
  const isEnding = endsSoon(mine.token_ends_at);
  byId("token-notice").hidden = isEnding || !isTokenLoose();
  byId("token-ending").hidden = !isEnding;
  byId("token-ends").textContent = dayOf(mine.token_ends_at);
  await route();
  if (left.length > 0) offerUnsaved(left[0]);
}

offerCopy(byId("token-copy"), byId("token-value"), byId("token-status"), () => {
  byId("token-value").hidden = false;
});
byId("token-close").addEventListener("click", closeTokenNotice);
onPress("new-canvas", newCanvas);
onPress("unpublish-to-edit", unpublishToEdit);
onPress("editor-publish", publishOpen);
onPress("editor-leave", leaveUnsaved);
byId("editor-look").addEventListener("click", guarded(look));
window.addEventListener("hashchange", guarded(route));
window.addEventListener("focus", refresh);
document.addEventListener("visibilitychange", refresh);
onNews(refresh);
guarded(start)().finally(() => {
  byId("studio-loading").hidden = true;
});
