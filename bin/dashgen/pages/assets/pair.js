// Checks a token before it is kept, then goes where the reader came from.

import { ApiError, send } from "./api.js";
import { say } from "./forms.js";
import { KEYS, remember } from "./store.js";

/** The page to go to: only a path of this very site, whatever the address bar says. */
function next(fallback) {
  const wanted = new URLSearchParams(location.search).get("next") ?? "";
  try {
    const url = new URL(wanted, location.origin);
    const isOurs = wanted.startsWith("/") && url.origin === location.origin;
    return isOurs ? url.pathname + url.search + url.hash : fallback;
  } catch {
    return fallback;
  }
}

function refusal(problem) {
  return problem.status === 401 || problem.status === 403 ? "That token is not valid. Is it complete?" : problem.message;
}

function handle(form, key, check, home) {
  const line = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(line, "");
    const token = form.elements.token.value.trim();
    try {
      await check(token);
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      say(line, refusal(problem));
      form.elements.token.focus();
      return;
    }
    remember(key, token);
    location.assign(next(home));
  });
}

handle(
  document.getElementById("pair-form"),
  KEYS.pairingToken,
  (token) => send("GET", "/studio/canvas/mine", undefined, token),
  "/studio.html",
);
handle(
  document.getElementById("operator-form"),
  KEYS.dashboardToken,
  (token) => send("POST", "/verify-token", { token }, token),
  "/dashboard.html",
);
