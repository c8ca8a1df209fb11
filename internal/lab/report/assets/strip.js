// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// The strip of what happened when: detector states, swings, single events.

const laneHeight = 27;

const markNames = {
  frame_drop: "frames dropped",
  freeze: "picture stood",
  stall: "sending stalled",
  reconnect: "reconnected",
  key_frame_request: "key frame asked for",
  tier: "tier switched",
  pacer_drop: "pacer dropped",
  route: "path changed",
  clock_reset: "clock reset",
};

const spaced = (name) => name.replaceAll("_", " ");

// lanesOf returns rows of items {from, to, colour, text}, each with a name.
function lanesOf(data) {
  const lanes = [];
  data.tracks.forEach((track, index) => {
    const items = track.states.map(([from, to, state]) => ({ from, to, colour: state, text: spaced(state) }));
    if (items.length > 0) lanes.push({ name: track.label + ": state", track: index, items });
    const swings = track.swings.map(([from, to]) => ({ from, to, colour: "swing", text: "swings" }));
    if (swings.length > 0) lanes.push({ name: track.label + ": estimate swings", track: index, items: swings });
  });
  for (const [kind, name] of Object.entries(markNames)) {
    const items = (data.marks[kind] || []).map(([from, to, count]) => ({
      from, to, colour: "mark", text: count > 1 ? name + " × " + count : name,
    }));
    if (items.length > 0) lanes.push({ name, items });
  }
  if (data.notes.length > 0) {
    lanes.push({ name: "notes", items: data.notes.map(([from, to], i) => ({ from, to, colour: "swing", text: data.noteTexts[i] })) });
  }
  for (const lane of lanes) lane.items.sort((a, b) => a.from - b.from);
  return lanes;
}

// statesOf returns the states that occur, for the legend.
function statesOf(data) {
  const all = new Set();
  for (const track of data.tracks) for (const [, , state] of track.states) all.add(state);
  return [...all];
}

const lanesShown = (view, lanes) => lanes.filter((l) => l.track === undefined || !view.hiddenTracks.has(l.track));
const stripHeight = (view, lanes) => lanesShown(view, lanes).length * laneHeight + 42;

function drawLanes(u, view, lanes) {
  const { ctx, bbox } = u;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = 10.5 * ratio + "px system-ui, sans-serif";
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  lanesShown(view, lanes).forEach((lane, row) => {
    const top = bbox.top + row * laneHeight * ratio;
    ctx.fillStyle = colour("muted");
    ctx.fillText(lane.name, bbox.left + 4 * ratio, top + 2 * ratio);
    ctx.fillStyle = colour("grid");
    ctx.fillRect(bbox.left, top + 24 * ratio, bbox.width, ratio);
    const drawnTo = {}; // by colour; what would lie below is left out
    for (const item of lane.items) {
      if (item.to < u.scales.x.min || item.from > u.scales.x.max) continue;
      const x = u.valToPos(item.from, "x", true);
      const width = Math.max(u.valToPos(item.to, "x", true) - x, (lane.track === undefined ? 2 : 1) * ratio);
      if (x + width <= drawnTo[item.colour] + 0.5) continue;
      drawnTo[item.colour] = x + width;
      ctx.fillStyle = colour(item.colour);
      ctx.fillRect(x, top + 14 * ratio, width, 10 * ratio);
    }
  });
  ctx.restore();
}

// happening names what goes on at a time, give or take the width of a few pixels.
function happening(lanes, t, about) {
  const out = [];
  for (const lane of lanes) {
    const item = lane.items.find((i) => i.from <= t + about && i.to >= t - about);
    if (item) out.push(lane.track === undefined ? item.text : lane.name.split(": ")[0] + ": " + item.text);
  }
  return out.join(" · ");
}

function makeStrip(view, lanes, holder, width) {
  const options = chartOptions(view, width, stripHeight(view, lanes));
  const [x, y] = axes("rate", true);
  options.scales = { x: { time: false }, y: { range: [0, 1] } };
  options.axes = [x, { ...y, values: () => [], grid: { show: false }, ticks: { show: false } }];
  options.series = [{}, { show: true, paths: () => null, points: { show: false } }];
  options.cursor.points = { show: false };
  options.hooks.draw = [(u) => drawLanes(u, view, lanes)];
  return new uPlot(options, [view.data.times, view.data.times.map(() => null)], holder);
}
