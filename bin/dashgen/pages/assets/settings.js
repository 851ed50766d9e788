// What this browser remembers, and how to make it forget.

import { ApiError, call } from "./api.js";
import { KEYS, recall, remember } from "./store.js";

const status = document.getElementById("pairing-status");
const pair = document.getElementById("pair-link");
const unpair = document.getElementById("unpair");
const forget = document.getElementById("forget-operator");

async function isPaired() {
  try {
    await call("GET", "/studio/canvas/mine");
    return true;
  } catch (problem) {
    if (problem instanceof ApiError && problem.status === 401) return false;
    throw problem;
  }
}

async function show() {
  const token = recall(KEYS.pairingToken);
  document.getElementById("token-box").hidden = token === null;
  document.getElementById("token-value").textContent = token ?? "";
  forget.hidden = recall(KEYS.dashboardToken) === null;
  try {
    const paired = await isPaired();
    pair.hidden = paired;
    unpair.hidden = !paired;
    status.textContent = paired ? "This browser is paired with your account." : "This browser is not paired.";
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
  }
}

unpair.addEventListener("click", async () => {
  try {
    await call("POST", "/studio/unpair", {});
    remember(KEYS.pairingToken, null);
    await show();
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    status.textContent = problem.message;
  }
});

forget.addEventListener("click", () => {
  remember(KEYS.dashboardToken, null);
  show();
});

show();
