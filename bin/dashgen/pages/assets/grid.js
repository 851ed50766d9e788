// More cards without leaving the page, and the way to a random canvas.

import { ApiError, send } from "./api.js";
import { themeClass } from "./forms.js";

const grid = document.getElementById("grid");
const more = document.getElementById("load-more");
const status = document.getElementById("grid-status");
const PAGE_SIZE = 20;
const STUMBLE_SIZE = 50;
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function list(order, limit, cursor) {
  const query = new URLSearchParams({ filter: order, limit: String(limit), cursor });
  return send("GET", `/ensemble/canvases?${query}`);
}

function canvasUrl(card) {
  return `/canvas/${encodeURIComponent(card.id)}.html`;
}

/** Fills a copy of the page's own card; texts go in as text. */
function makeCard(card) {
  const made = document.getElementById("card-template").content.cloneNode(true);
  const find = (name) => made.querySelector(name);
  const handle = card.owner_handle ?? "";
  find(".card").className = `card ${themeClass(card.theme)}`;
  find(".card-link").href = canvasUrl(card);
  find(".card-title").textContent = card.title?.trim() ? card.title : `${handle || "Somebody"}'s canvas`;
  find(".card-handle span").textContent = handle;
  const time = find("time");
  time.dateTime = new Date(card.published_at * 1000).toISOString();
  time.textContent = DATE.format(card.published_at * 1000);
  find(".card-description").textContent = card.description ?? "";
  return made;
}

function showEmpty() {
  document.getElementById("grid-empty").hidden = grid.childElementCount > 0;
}

function showProblem(text) {
  document.getElementById("grid-error-text").textContent = text;
  document.getElementById("grid-error").hidden = text === "";
}

async function loadMore() {
  showProblem("");
  grid.setAttribute("aria-busy", "true");
  try {
    const page = await list(grid.dataset.order, PAGE_SIZE, grid.dataset.cursor);
    const first = grid.childElementCount;
    grid.append(...page.canvases.map(makeCard));
    grid.dataset.cursor = page.next_cursor;
    more.hidden = page.next_cursor === "";
    status.textContent = `${page.canvases.length} more canvases`;
    grid.children[first]?.querySelector("a").focus({ preventScroll: true });
    showEmpty();
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    showProblem(problem.message);
  } finally {
    grid.removeAttribute("aria-busy");
  }
}

async function stumble(event) {
  const button = event.currentTarget;
  button.disabled = true;
  try {
    const { canvases } = await list("random", STUMBLE_SIZE, "");
    if (canvases.length === 0) {
      status.textContent = "There is no canvas to stumble into yet.";
      return;
    }
    location.assign(canvasUrl(canvases[Math.floor(Math.random() * canvases.length)]));
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    showProblem(problem.message);
  } finally {
    button.disabled = false;
  }
}

// The grid is absent while it is closed.
if (grid) {
  more.addEventListener("click", (event) => {
    event.preventDefault();
    loadMore();
  });
  document.getElementById("grid-retry").addEventListener("click", loadMore);
  const button = document.getElementById("stumble");
  button.addEventListener("click", stumble);
  button.hidden = false;
}
