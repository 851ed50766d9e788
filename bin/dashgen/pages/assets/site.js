// On every page: the cookie notice and the button for light and dark.

import { KEYS, recall, remember } from "./store.js";

function showCookieBanner() {
  const banner = document.getElementById("cookie-banner");
  if (recall(KEYS.consent) === "1") return;
  banner.hidden = false;
  document.getElementById("cookie-banner-dismiss").addEventListener("click", () => {
    remember(KEYS.consent, "1");
    banner.hidden = true;
    document.getElementById("main").focus({ preventScroll: true });
  });
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function offerThemes() {
  const button = document.getElementById("theme-toggle");
  const name = () => button.setAttribute("aria-label", isDark() ? "Use the light look" : "Use the dark look");
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember(KEYS.theme, next);
    name();
  });
  name();
  button.hidden = false;
}

showCookieBanner();
offerThemes();
