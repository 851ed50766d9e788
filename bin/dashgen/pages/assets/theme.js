// Runs before the first paint, so that a chosen look does not flash into place.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage can be switched off; the look of the system is right then.
}
