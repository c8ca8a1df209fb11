// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// A session's section: bar, panels, strip and notes, joined to one view.

function makeBar(view, chips) {
  const range = element("span", { class: "range" });
  const now = element("output", { class: "now" });
  const tool = (text, label, act) => {
    const button = element("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", act);
    return button;
  };
  const pan = (text, label, share) => {
    const button = tool(text, label, () => view.pan(share));
    button.className = "pan";
    return button;
  };
  const tools = element("span", { class: "tools" },
    tool("−", "zoom out", () => view.zoom(2)),
    tool("+", "zoom in", () => view.zoom(0.5)),
    pan("◂", "earlier", -0.5),
    pan("▸", "later", 0.5),
    tool("all", "show all", () => view.reset()));
  const hint = element("span", { class: "hint" }, "drag over a plot to zoom");
  const bar = element("div", { class: "bar" }, tools, range, now, hint, chips);
  view.onRange = () => {
    const [from, to] = view.range;
    range.textContent = clock(from, 0.1) + " – " + clock(to, 0.1);
    bar.dataset.from = from;
    bar.dataset.to = to;
    hint.hidden = !view.isWhole();
  };
  view.onCursor = () => {
    now.textContent = view.point == null ? "" : "at " + clock(view.data.times[view.point], 0.1);
    hint.hidden = view.point != null || !view.isWhole();
  };
  view.onRange();
  return bar;
}

// makeChips are switches of whole controllers.
function makeChips(view, show) {
  const chips = element("span", { class: "chips" });
  if (view.data.tracks.length < 2) return chips;
  view.data.tracks.forEach((track, index) => {
    const chip = element("button", { type: "button", class: "chip", "aria-pressed": "true" }, track.label);
    chip.style.setProperty("--key", "var(--" + trackColour(index) + ")");
    chip.addEventListener("click", () => {
      const shown = view.hiddenTracks.delete(index);
      if (!shown) view.hiddenTracks.add(index);
      chip.setAttribute("aria-pressed", String(shown));
      show();
    });
    chips.append(chip);
  });
  return chips;
}

// labelTracks tells the recorder from those that were replayed, and equal names apart.
function labelTracks(tracks) {
  const seen = new Map();
  for (const track of tracks) {
    const name = track.recorded && tracks.length > 1 ? track.name + " (recorded)" : track.name;
    const times = (seen.get(name) || 0) + 1;
    seen.set(name, times);
    track.label = times > 1 ? name + " #" + times : name;
  }
}

function addPanel(view, panel, plots, width, withTimes) {
  const holder = element("div", { class: "panel", "data-panel": panel.title });
  const keysHolder = element("div");
  const title = element("h3", {}, panel.title, element("small", {}, units[panel.kind].name));
  holder.append(element("div", { class: "top" }, title, keysHolder));
  plots.append(holder);
  if (panel.nothing) {
    keysHolder.append(element("p", { class: "nothing" }, "none"));
    return () => {};
  }
  const u = makeChart(view, panel, holder, width, withTimes);
  const apply = (keys) => u.batch(() => {
    let shown = true;
    panel.series.forEach((s, index) => {
      const key = keys.find((k) => k.index === index);
      // One that follows is seen with the one before.
      if (key) shown = key.shown && !view.hiddenTracks.has(s.track);
      if (u.series[index + 1].show !== shown) u.setSeries(index + 1, { show: shown });
    });
  });
  const keys = makeKeys(panel, keysHolder, () => apply(keys));
  view.add(u, (point) => showValues(panel, keys, point));
  return () => apply(keys);
}

function addStrip(view, plots, width) {
  const lanes = lanesOf(view.data);
  if (lanes.length === 0) return () => {};
  const keys = element("div", { class: "keys" });
  for (const state of statesOf(view.data)) keys.append(swatch("band", state), element("span", { class: "what" }, spaced(state)));
  const text = element("p", { class: "happening" });
  keys.append(text);
  const holder = element("div", { class: "panel", "data-panel": "Events" },
    element("div", { class: "top" }, element("h3", {}, "Events"), keys));
  plots.append(holder);
  const u = makeStrip(view, lanes, holder, width);
  view.add(u, (point) => {
    const [from, to] = view.range;
    const about = Math.max(view.data.step, (3 * (to - from)) / u.over.clientWidth);
    text.textContent = point == null ? "" : happening(lanes, view.data.times[point], about);
  });
  return () => u.setSize({ width: u.width, height: stripHeight(view, lanes) });
}

// listenNotes leads from a note to its time.
function listenNotes(section, view, plots) {
  const buttons = section.querySelectorAll("button.note");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const [from, to] = view.data.notes[button.dataset.note];
      for (const other of buttons) other.removeAttribute("aria-current");
      button.setAttribute("aria-current", "true");
      view.noted = [from, to];
      const around = Math.max(5, to - from);
      view.setRange(from - around, to + around);
      view.redraw();
      plots.scrollIntoView({ block: "start", behavior: "instant" });
    });
  }
}

async function startSession(section, index) {
  const data = await load(section);
  labelTracks(data.tracks);
  data.noteTexts = [...section.querySelectorAll("button.note")].map((b) => b.lastChild.textContent.trim());
  const view = new View(data, "session-" + index);
  const plots = element("div", { class: "plots", tabindex: "0", role: "group", "aria-label": "plots over time; arrow keys move the cursor, plus and minus zoom, 0 shows all" });
  const holder = section.querySelector(".view");
  const shows = [];
  const chips = makeChips(view, () => {
    for (const show of shows) show();
    view.redraw();
  });
  holder.append(makeBar(view, chips), plots);
  const width = () => Math.max(280, Math.floor(plots.clientWidth));
  const panels = panelsOf(data);
  panels.forEach((panel, i) => {
    shows.push(addPanel(view, panel, plots, width(), i === 0 || i === panels.length - 1));
    if (i === 0) shows.push(addStrip(view, plots, width()));
  });
  view.listen(plots);
  listenNotes(section, view, plots);
  themed.add(() => view.redraw());
  new ResizeObserver(() => view.resize(width())).observe(plots);
  if (data.width > 1) {
    plots.append(element("p", { class: "remark" }, "A pair of points stands for " + digits(2 * data.step, 2) + " s, by the least and the largest value of each signal."));
  }
}
