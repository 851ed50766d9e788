// A maker's canvases, and the way into the editor of each: /studio.html#cnv_... opens one.

import { ApiError, call } from "./api.js";
import { closeEditor, openEditor, openId, saveNow } from "./editor.js";
import { button, byId, copy, linkButton } from "./forms.js";
import { canvasUrl, showScene, themeClass, titleOf } from "./looks.js";
import { askWhere, countOf, occupants } from "./studio-publish.js";
import { KEYS, recall, remember } from "./store.js";

const heading = [...byId("studio-title").childNodes];
let mine = null;
/** Who could see each canvas when it was last published: whoever takes one back to change it does not mean to show it to more. */
const lastVisibility = new Map();

/** Shows a line, with links behind it. */
function report(text, ...links) {
  const line = byId("studio-message");
  line.replaceChildren(text, ...links.flatMap((link) => [" ", link]));
  line.hidden = text === "";
}

function link(text, url) {
  const made = document.createElement("a");
  made.textContent = text;
  made.href = url;
  return made;
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
    report(problem.message);
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
    act(() => call("DELETE", `/studio/canvas/${canvas.id}`), `“${titleOf(canvas)}” is deleted.`);
  };
  dialog.showModal();
}

function publish(canvas) {
  askWhere(canvas, mine, lastVisibility.get(canvas.id) ?? "public", async (slot, visibility) => {
    history.pushState(null, "", location.pathname);
    showList();
    await load();
    const seen = visibility === "public" ? [link("See it in the grid", "/index.html?filter=newest")] : [];
    report(`“${titleOf(canvas)}” is published in slot ${slot + 1}.`, link("Visit it", canvasUrl(canvas)), ...seen);
    byId("studio-title").focus({ preventScroll: true });
    window.scrollTo(0, 0);
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

function drawList() {
  const drafts = mine.canvases.filter((canvas) => canvas.slot_index === null);
  byId("slot-count").textContent = `${countOf(mine)} published`;
  byId("upgrade-line").hidden = mine.tier === "pro";
  byId("slots").replaceChildren(...slotRows());
  byId("drafts").replaceChildren(...drafts.map(draftRow));
  byId("no-drafts").hidden = drafts.length > 0;
}

/** Reads the maker's canvases from the server. */
async function load() {
  mine = await call("GET", "/studio/canvas/mine");
  for (const one of mine.canvases) if (one.slot_index !== null) lastVisibility.set(one.id, one.visibility);
  if (openId() === null) drawList();
}

function showUnpaired() {
  remember(KEYS.pairingToken, null);
  byId("unpaired").hidden = false;
  byId("canvases").hidden = byId("studio-actions").hidden = true;
}

function setTitle(canvas) {
  const text = titleOf(canvas);
  byId("studio-title").textContent = text;
  document.title = `${text} · Studio · Ensemble`;
}

function showList() {
  closeEditor();
  document.body.classList.remove("is-editing");
  byId("studio-title").replaceChildren(...heading);
  document.title = "Studio · Ensemble";
  byId("canvases").hidden = byId("studio-actions").hidden = false;
  byId("editor-head").hidden = byId("editor-actions").hidden = true;
  drawList();
}

function showEditor(canvas) {
  report("");
  document.body.classList.add("is-editing");
  byId("canvases").hidden = byId("studio-actions").hidden = true;
  byId("editor-head").hidden = byId("editor-actions").hidden = false;
  openEditor(canvas, (title) => setTitle({ ...canvas, title }));
  byId("studio-title").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

/** Follows the address: a canvas's id opens it, anything else is the list. What is open is saved first. */
async function route() {
  const wanted = location.hash.slice(1);
  if (mine === null || openId() === wanted) return;
  if (openId() !== null) {
    if (!(await saveNow())) {
      // Nothing is lost silently: the reader stays where the trouble is shown, and may say so.
      history.replaceState(null, "", `#${openId()}`);
      byId("editor-leave").hidden = false;
      return;
    }
    await load();
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
  if (!(await saveNow())) return;
  await load();
  publish(mine.canvases.find((one) => one.id === openId()));
}

/** Says what stands in the way instead of failing without a word. */
function guarded(work) {
  return async () => {
    try {
      await work();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      if (problem.status === 401) showUnpaired();
      else report(problem.message);
    }
  };
}

async function start() {
  if (recall(KEYS.pairingToken) === null) {
    showUnpaired();
    return;
  }
  byId("studio-loading").hidden = false;
  await load();
  byId("studio-loading").hidden = true;
  await route();
}

byId("new-canvas").addEventListener("click", guarded(newCanvas));
byId("unpublish-to-edit").addEventListener("click", guarded(unpublishToEdit));
byId("editor-publish").addEventListener("click", guarded(publishOpen));
byId("editor-leave").addEventListener("click", guarded(leaveUnsaved));
window.addEventListener("hashchange", guarded(route));
guarded(start)().finally(() => {
  byId("studio-loading").hidden = true;
});
