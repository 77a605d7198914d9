// Light or dark: as the system wants it, until a person says otherwise.

const dark = matchMedia("(prefers-color-scheme: dark)");
const themeButton = document.getElementById("theme");
let theme = null;

function applyTheme() {
  const now = theme || (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = now;
  themeButton.textContent = now === "dark" ? "Light" : "Dark";
  themeButton.setAttribute("aria-label", now === "dark" ? "Light colours" : "Dark colours");
  readColours();
  redraw();
}

themeButton.addEventListener("click", () => {
  theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  applyTheme();
});
dark.addEventListener("change", applyTheme);
