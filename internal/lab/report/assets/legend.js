// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Names of series beside their values at the cursor; each hides and shows its series.

function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

function swatch(look, colourName) {
  const s = element("span", { class: "swatch " + (look || "line"), "aria-hidden": "true" });
  s.style.setProperty("--key", "var(--" + colourName + ")");
  return s;
}

// makeKeys fills the holder with the keys of a panel's series; show is called with a
// series' index and whether it is to be seen.
function makeKeys(panel, holder, show) {
  const grouped = panel.grouped && new Set(panel.series.map((s) => s.group)).size > 1;
  holder.classList.toggle("rows", Boolean(grouped));
  const keys = [];
  let row = null;
  let group;
  panel.series.forEach((s, index) => {
    if (s.follows) return;
    if (!row || (grouped && s.group !== group)) {
      row = element("div", { class: "keys" });
      if (grouped) row.append(element("span", { class: "group" }, s.group));
      holder.append(row);
      group = s.group;
    }
    const output = element("output", { "aria-live": "off" });
    const button = element("button", { type: "button", "aria-pressed": String(!s.hidden) }, swatch(s.look, s.colour), s.name, output);
    const key = { series: s, index, output, button, shown: !s.hidden };
    button.addEventListener("click", () => {
      key.shown = !key.shown;
      button.setAttribute("aria-pressed", String(key.shown));
      show(index, key.shown);
    });
    row.append(button);
    keys.push(key);
  });
  return keys;
}

// showValues writes the values at a point, and nothing where there is none.
function showValues(panel, keys, point) {
  for (const { series, output } of keys) {
    const value = point == null ? null : series.values[point];
    output.textContent = value == null ? "" : format[panel.kind](value);
  }
}
