// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Light or dark: as the system is set, until the reader chooses.

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const remembered = "rtmcc-report-theme";
const themed = new Set(); // called when colours change
const colours = new Map();

// colour returns the value of a custom property of the page's style.
function colour(name) {
  if (!colours.has(name)) {
    colours.set(name, getComputedStyle(root).getPropertyValue("--" + name).trim() || "#888");
  }
  return colours.get(name);
}

function chosenTheme() {
  try {
    return localStorage.getItem(remembered);
  } catch {
    return null; // a page in a frame, or from a file, may have no storage
  }
}

function applyTheme(theme) {
  root.dataset.theme = theme;
  colours.clear();
  const button = document.getElementById("theme");
  button.hidden = false;
  button.textContent = theme === "dark" ? "Light colours" : "Dark colours";
  for (const redraw of themed) redraw();
}

function startTheme() {
  const system = () => (systemDark.matches ? "dark" : "light");
  applyTheme(chosenTheme() || system());
  systemDark.addEventListener("change", () => chosenTheme() || applyTheme(system()));
  document.getElementById("theme").addEventListener("click", () => {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(remembered, theme);
    } catch {
      // It holds for this visit, then.
    }
    applyTheme(theme);
  });
}
