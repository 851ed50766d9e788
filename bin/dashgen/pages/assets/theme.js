// Runs before the first paint, so that a chosen look does not flash into place.
"use strict";
// A line can break in the middle of a page: what its scripts would have shown must not be missing without a word.
addEventListener("error", ({ target }) => {
  if (target instanceof HTMLScriptElement) document.documentElement.dataset.isPart = "";
}, true);
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage can be switched off; the look of the system is right then.
}
