// What this browser remembers, and how to make it forget.

import { ApiError, call } from "./api.js";
import { byId, once } from "./forms.js";
import { KEYS, forgetPairing, recall, remember } from "./store.js";
import { dayOf, isTokenLoose, keepRenewed, offerCopy } from "./token.js";

const status = byId("pairing-status");
const dialog = byId("unpair-dialog");

/** The maker's plan, or null where this browser is not paired. Without a token nobody is asked. */
async function plan() {
  if (recall(KEYS.pairingToken) === null) return null;
  try {
    return await call("GET", "/studio/canvas/mine");
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.status !== 401) throw problem;
    forgetPairing();
    return null;
  }
}

function showPlan(mine) {
  for (const one of document.querySelectorAll("[data-plan]")) {
    one.querySelector(".plan-mine").hidden = one.dataset.plan !== mine?.tier;
  }
  const used = byId("plan-used");
  used.hidden = !mine;
  if (mine) used.textContent = mine.tier === "pro" ? `You have ${mine.current_published} published.` : `You use ${mine.current_published} of ${mine.free_limit} slots.`;
}

async function show() {
  try {
    const mine = await plan();
    byId("pair-link").hidden = mine !== null;
    byId("unpair").hidden = byId("token-renew").hidden = mine === null;
    status.textContent = mine ? `This browser is paired with your account until ${dayOf(mine.token_ends_at)}.` : "This browser is not paired.";
    showPlan(mine);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
  }
  const token = recall(KEYS.pairingToken);
  byId("token-box").hidden = byId("token-copy").hidden = token === null;
  byId("token-value").textContent = token ?? "";
  byId("forget-operator").hidden = recall(KEYS.dashboardToken) === null;
}

/** Has the token replaced by a new one; the old one ends as soon as the new one is used, which it is at once. */
async function renew() {
  try {
    keepRenewed((await call("POST", "/studio/renew", {})).pairing_token);
    await show();
    byId("token-status").textContent = "Renewed. Copy the new token: the old one has ended, in other browsers too.";
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
  }
}

/** Unpairs this browser; with `endsToken` no browser is paired by that token any more. */
async function unpair(endsToken) {
  if (!endsToken && isTokenLoose()) {
    status.textContent = "Copy your pairing token first: it is the only way back to your canvases.";
    byId("token-copy").focus();
    return;
  }
  try {
    await call("POST", "/studio/unpair", { ends_token: endsToken });
    forgetPairing();
    remember(KEYS.visibility, null);
    await show();
    byId("pair-link").focus();
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
  }
}

offerCopy(byId("token-copy"), byId("token-value"), byId("token-status"), () => {
  byId("token-box").open = true;
});
byId("token-renew").addEventListener("click", () => once(byId("token-renew"), renew));
byId("unpair").addEventListener("click", () => {
  dialog.returnValue = "keep";
  dialog.showModal();
});
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "keep") return;
  once(byId("unpair"), () => unpair(dialog.returnValue === "unpair"));
});
byId("forget-operator").addEventListener("click", async () => {
  remember(KEYS.dashboardToken, null);
  await show();
  byId(byId("unpair").hidden ? "pair-link" : "unpair").focus();
});

show();
