// Checks a token before it is kept, then goes where the reader came from.

import { ApiError, send } from "./api.js";
import { byId, once, say } from "./forms.js";
import { KEYS, recall, remember } from "./store.js";
import { isTokenLoose, noteTokenKept } from "./token.js";

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

/** Lets a form take tokens of one kind; the server says which kind a token is. */
function accept(form, kind, key, home, otherKind) {
  const line = form.querySelector("[role=alert]");
  const check = async () => {
    say(line, "");
    const token = form.elements.token.value.trim();
    try {
      const found = await send("POST", "/verify-token", { token }, token);
      const isAnother = kind === "creator" && recall(key) !== token;
      if (found.kind !== kind) {
        say(line, otherKind);
      } else if (isAnother && isTokenLoose()) {
        say(line, "This browser is paired already, by a token that you may have nowhere else. Copy that one first, under Settings.");
      } else {
        remember(key, token);
        // Whoever can paste it keeps it somewhere.
        if (kind === "creator") noteTokenKept();
        location.assign(next(home));
        return;
      }
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      say(line, refusal(problem));
    }
    form.elements.token.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(event.submitter ?? form, check);
  });
}

accept(byId("pair-form"), "creator", KEYS.pairingToken, "/studio.html", "That is a dashboard token. It belongs into the form below.");
accept(byId("operator-form"), "operator", KEYS.dashboardToken, "/dashboard.html", "That is a pairing token. It belongs into the form above.");
byId("pair-forms").hidden = false;
