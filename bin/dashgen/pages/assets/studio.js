// The list of a maker's canvases: slots, drafts, and what can be done with each.

import { ApiError, call } from "./api.js";
import { button, copy, linkButton, themeClass } from "./forms.js";
import { openEditor } from "./studio-editor.js";
import { askWhere } from "./studio-publish.js";

const byId = (id) => document.getElementById(id);

function report(text) {
  const line = byId("studio-message");
  line.textContent = text;
  line.hidden = text === "";
}

/** Runs one action on a canvas, says how it went, and shows the canvases as they are now. */
async function act(work, done) {
  try {
    await work();
    report(done);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    report(problem.message);
  }
  await show();
}

function nameOf(canvas) {
  return canvas.title?.trim() ? canvas.title : "An untitled canvas";
}

function canvasRow(canvas, status, actions) {
  const row = copy("canvas-template");
  row.querySelector(".canvas-swatch").classList.add(themeClass(canvas?.theme));
  row.querySelector(".canvas-name").textContent = canvas ? nameOf(canvas) : "Empty slot";
  row.querySelector(".canvas-status").textContent = status;
  row.querySelector(".canvas-actions").append(...actions);
  row.classList.toggle("canvas-row-empty", !canvas);
  return row;
}

function publishedRow(slot, canvas) {
  const path = `/studio/canvas/${canvas.id}`;
  const name = nameOf(canvas);
  return canvasRow(canvas, `Slot ${slot + 1} · ${canvas.visibility}${canvas.is_showcase ? " · showcase" : ""}`, [
    linkButton("Visit", `/canvas/${canvas.id}.html`),
    button("Unpublish", () => act(() => call("POST", `${path}/unpublish`, {}), `“${name}” is a draft again.`), { describedBy: name }),
    button(
      canvas.is_showcase ? "No showcase" : "Showcase",
      () => act(() => call("PUT", `${path}/showcase`, { is_showcase: !canvas.is_showcase }), "Showcase changed."),
      { describedBy: name },
    ),
  ]);
}

function draftRow(canvas, mine) {
  const name = nameOf(canvas);
  return canvasRow(canvas, "Draft, for you alone", [
    button("Edit", () => openEditor(canvas, show), { describedBy: name }),
    button("Publish", () => askWhere(canvas, mine, (where) => act(async () => {}, `“${name}” is published in slot ${where + 1}.`)), { describedBy: name }),
    button("Delete", () => askDelete(canvas), { danger: true, describedBy: name }),
  ]);
}

function askDelete(canvas) {
  const dialog = byId("delete-dialog");
  byId("delete-name").textContent = nameOf(canvas);
  dialog.returnValue = "keep";
  dialog.onclose = () => {
    if (dialog.returnValue !== "delete") return;
    act(() => call("DELETE", `/studio/canvas/${canvas.id}`), `“${nameOf(canvas)}” is deleted.`);
  };
  dialog.showModal();
}

function slotRows(mine) {
  const published = new Map();
  for (const canvas of mine.canvases) if (canvas.slot_index !== null) published.set(canvas.slot_index, canvas);
  const count = Math.max(mine.free_limit, ...[...published.keys()].map((slot) => slot + 1));
  return Array.from({ length: count }, (_, slot) => {
    const canvas = published.get(slot);
    return canvas ? publishedRow(slot, canvas) : canvasRow(null, `Slot ${slot + 1}: publish a draft to fill it`, []);
  });
}

async function newCanvas() {
  await act(async () => {
    const canvas = await call("POST", "/studio/canvas", { title: "", source: "manual", room_state: { components: [] } });
    openEditor(canvas, show);
  }, "");
}

async function show() {
  let mine;
  try {
    mine = await call("GET", "/studio/canvas/mine");
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    byId("unpaired").hidden = problem.status !== 401;
    byId("canvases").hidden = byId("studio-actions").hidden = true;
    if (problem.status !== 401) report(problem.message);
    return;
  }
  byId("unpaired").hidden = true;
  byId("canvases").hidden = byId("studio-actions").hidden = false;
  byId("slot-count").textContent = mine.tier === "pro" ? `${mine.current_published} published` : `${mine.current_published}/${mine.free_limit} published`;
  byId("upgrade-line").hidden = mine.tier === "pro";
  const drafts = mine.canvases.filter((canvas) => canvas.slot_index === null);
  byId("slots").replaceChildren(...slotRows(mine));
  byId("drafts").replaceChildren(...drafts.map((canvas) => draftRow(canvas, mine)));
  byId("no-drafts").hidden = drafts.length > 0;
}

byId("new-canvas").addEventListener("click", newCanvas);
show();
