// The grid without leaving its page: other orders, more cards, and the way to a random canvas.

import { ApiError, send } from "./api.js";
import { byId, catchFocus, copy, isPlainClick, once, say } from "./forms.js";
import { canvasUrl, showScene, themeClass } from "./looks.js";

const grid = byId("grid");
const more = byId("load-more");
const status = byId("grid-status");
const PAGE_SIZE = 20;
const STUMBLE_SIZE = 50;
const SKELETONS = 6;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

/** What "Try again" repeats. */
let retry = loadMore;
/** Counts orders, so that an answer which comes too late is dropped. */
let asked = 0;

function list(order, limit, cursor) {
  const query = new URLSearchParams({ filter: order, limit: String(limit) });
  if (cursor) query.set("cursor", cursor);
  return send("GET", `/ensemble/canvases?${query}`);
}

/** Fills a copy of the page's own card; texts go in as text. */
function makeCard(card) {
  const made = copy("card-template");
  const find = (name) => made.querySelector(name);
  made.className = `card ${themeClass(card.theme)}`;
  made.dataset.canvasId = card.id;
  showScene(find(".scene"), card.id);
  addThumbnail(find(".card-picture"), card.thumbnail_url);
  find(".card-link").href = canvasUrl(card);
  find(".card-title").textContent = card.title;
  find(".card-handle span").textContent = card.owner_handle ?? "";
  const time = find("time");
  time.dateTime = new Date(card.published_at * 1000).toISOString();
  time.textContent = DATE.format(card.published_at * 1000);
  find(".card-description").textContent = card.description ?? "";
  return made;
}

/** Shows a picture of this site; those of other hosts would tell them who looks. */
function addThumbnail(picture, url) {
  if (!/^\/(?![/\\])/.test(url ?? "")) return;
  const image = document.createElement("img");
  image.alt = "";
  image.loading = "lazy";
  image.src = url;
  picture.append(image);
}

function skeletons() {
  return Array.from({ length: SKELETONS }, () => copy("skeleton-template"));
}

function showEmpty() {
  byId("grid-empty").hidden = grid.childElementCount > 0;
}

function showProblem(text) {
  byId("grid-error-text").textContent = text;
  byId("grid-error").hidden = text === "";
}

/** Appends one page of cards, behind skeletons until it is there. Resolves with whether it came. */
async function append(order, cursor) {
  const mine = ++asked;
  const waiting = skeletons();
  showProblem("");
  byId("grid-empty").hidden = true;
  more.hidden = true;
  grid.append(...waiting);
  grid.setAttribute("aria-busy", "true");
  try {
    const page = await list(order, PAGE_SIZE, cursor);
    if (mine !== asked) return false;
    grid.append(...page.canvases.map(makeCard));
    grid.dataset.order = order;
    grid.dataset.cursor = page.next_cursor;
    status.textContent = page.canvases.length === 1 ? "1 canvas loaded" : `${page.canvases.length} canvases loaded`;
    return true;
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    if (mine === asked) showProblem(problem.message);
    return false;
  } finally {
    for (const one of waiting) one.remove();
    if (mine === asked) {
      grid.removeAttribute("aria-busy");
      more.hidden = !grid.dataset.cursor || !byId("grid-error").hidden;
      if (byId("grid-error").hidden) showEmpty();
    }
  }
}

async function loadMore() {
  retry = loadMore;
  const before = grid.childElementCount;
  if (await append(grid.dataset.order, grid.dataset.cursor)) {
    grid.children[before]?.querySelector("a").focus({ preventScroll: true });
  } else {
    catchFocus(byId("grid-retry"));
  }
}

async function reorder(pill) {
  retry = () => reorder(pill);
  const order = pill.dataset.order;
  for (const one of document.querySelectorAll("a[data-order]")) one.removeAttribute("aria-current");
  pill.setAttribute("aria-current", "page");
  grid.dataset.cursor = "";
  grid.replaceChildren();
  history.replaceState(null, "", pill.href);
  catchFocus((await append(order, "")) ? pill : byId("grid-retry"));
}

async function stumble() {
  const line = byId("stumble-error");
  say(line, "");
  try {
    const { canvases } = await list("random", STUMBLE_SIZE, "");
    if (canvases.length > 0) location.assign(canvasUrl(canvases[Math.floor(Math.random() * canvases.length)]));
    else say(line, "There is no canvas to stumble into yet.");
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    say(line, problem.message);
  }
}

// The grid is absent while it is closed.
if (grid) {
  more.addEventListener("click", (event) => {
    if (!isPlainClick(event)) return;
    event.preventDefault();
    loadMore();
  });
  for (const pill of document.querySelectorAll("a[data-order]")) {
    pill.addEventListener("click", (event) => {
      if (!isPlainClick(event)) return;
      event.preventDefault();
      reorder(pill);
    });
  }
  byId("grid-retry").addEventListener("click", () => retry());
  const button = byId("stumble");
  button.addEventListener("click", () => once(button, stumble));
  button.hidden = false;
}
