// The button that changes between the light and the dark look; theme.js keeps to the choice.
const button = document.getElementById("theme-toggle");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function label() {
  button.setAttribute("aria-label", isDark() ? "Use the light look" : "Use the dark look");
}

if (button) {
  button.hidden = false;
  label();
  system.addEventListener("change", label);
  button.addEventListener("click", () => {
    const look = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = look;
    try {
      localStorage.setItem("theme", look);
    } catch {
      // Storage can be switched off; the choice then lasts as long as the page.
    }
    label();
  });
}
