// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// One panel of a session.

const axisWidth = 62;
const paths = { straight: uPlot.paths.linear(), held: uPlot.paths.stepped({ align: 1 }) };
const stepsMost = 4000; // more steps than that no screen shows

const dashes = { dashed: [7, 4], dotted: [2, 3] };
const timeSteps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200,
];

function axes(kind, withTimes) {
  const common = {
    stroke: () => colour("muted"),
    grid: { stroke: () => colour("grid"), width: 1 },
    ticks: { stroke: () => colour("grid"), width: 1, size: 5 },
    font: "11px system-ui, sans-serif",
  };
  const unit = units[kind];
  return [
    {
      ...common,
      incrs: timeSteps,
      space: 70,
      size: withTimes ? 30 : 8,
      values: (_, splits, __, ___, step) => splits.map((t) => (withTimes ? clock(t, step) : "")),
    },
    {
      ...common,
      size: axisWidth,
      space: 28,
      values: (_, splits) => {
        const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) / unit.per : 1;
        const decimals = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
        return splits.map((v) => (v / unit.per).toFixed(decimals));
      },
    },
  ];
}

function lineOf(s) {
  const line = {
    label: s.name,
    show: !s.hidden,
    stroke: () => colour(s.colour),
    width: s.width || 1.4,
    alpha: s.alpha || 1,
    dash: dashes[s.look],
    points: { show: false },
    paths: (u, index, first, last) =>
      (s.held && last - first < stepsMost ? paths.held : paths.straight)(u, index, first, last),
  };
  if (s.look === "area") Object.assign(line, { fill: () => colour(s.colour), stroke: () => colour(s.colour + "-edge"), width: 1 });
  if (s.fill) line.fill = () => colour("spread");
  if (s.probes) Object.assign(line, { paths: () => null });
  return line;
}

// bands fills between a series and the one of the named below it.
function bands(series) {
  const out = [];
  series.forEach((s, i) => {
    const below = series.findIndex((other) => other.name === s.above);
    if (s.above && below >= 0) out.push({ series: [i + 1, below + 1], fill: () => colour("spread") });
  });
  return out;
}

// stretch fills a stretch of time over the height of a panel.
function stretch(u, from, to, fill, least) {
  const { left, top, width, height } = u.bbox;
  const x = u.valToPos(from, "x", true);
  const end = Math.max(u.valToPos(to, "x", true), x + least);
  if (end < left || x > left + width) return;
  const start = Math.max(x, left);
  // uPlot takes the context for as it left it.
  u.ctx.save();
  u.ctx.fillStyle = fill;
  u.ctx.fillRect(start, top, Math.min(end, left + width) - start, height);
  u.ctx.restore();
}

// drawGround draws what lies below the lines: times when the picture stood, and the note
// that was chosen.
function drawGround(u, view) {
  for (const kind of ["freeze", "stall"]) {
    for (const [from, to] of view.data.marks[kind] || []) stretch(u, from, to, colour("stand"), 1);
  }
  if (view.noted) stretch(u, view.noted[0], view.noted[1], colour("noted"), 3);
  for (const kind of ["reconnect", "route", "clock_reset"]) {
    for (const [at] of view.data.marks[kind] || []) stretch(u, at, at, colour("mark"), 1);
  }
}

// drawProbes draws a ring at what a probe asked for, joined to a dot at what it showed.
function drawProbes(u, series) {
  const ctx = u.ctx;
  const ratio = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  series.forEach((s, i) => {
    if (!s.probes || !u.series[i + 1].show) return;
    ctx.strokeStyle = ctx.fillStyle = colour(s.colour);
    ctx.lineWidth = 1.5 * ratio;
    for (const [at, ended, asked, result] of s.probes) {
      if (at < u.scales.x.min || at > u.scales.x.max) continue;
      const x = u.valToPos(at, "x", true);
      const y = u.valToPos(asked, "y", true);
      ctx.beginPath();
      ctx.arc(x, y, 3.5 * ratio, 0, 2 * Math.PI);
      ctx.stroke();
      if (!(result > 0)) continue;
      const endX = u.valToPos(Math.max(at, ended), "x", true);
      const endY = u.valToPos(result, "y", true);
      ctx.beginPath();
      ctx.moveTo(x, y + Math.sign(endY - y) * 3.5 * ratio);
      ctx.lineTo(endX, endY);
      ctx.stroke();
      ctx.beginPath();
      ctx.arc(endX, endY, 2.5 * ratio, 0, 2 * Math.PI);
      ctx.fill();
    }
  });
  ctx.restore();
}

// chartOptions are those that all panels share.
function chartOptions(view, width, height) {
  return {
    width,
    height,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      sync: { key: view.key, setSeries: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
      points: { size: 6, width: 1.5 },
      bind: { dblclick: () => null },
    },
    select: { show: true },
    hooks: {
      setSelect: [(u) => view.select(u)],
      setCursor: [(u) => view.cursorMoved(u)],
      drawClear: [(u) => drawGround(u, view)],
    },
  };
}

function makeChart(view, panel, holder, width, withTimes) {
  const options = chartOptions(view, width, panel.height);
  options.scales = { x: { time: false }, y: { range: panel.range } };
  options.axes = axes(panel.kind, withTimes);
  options.series = [{}, ...panel.series.map(lineOf)];
  options.bands = bands(panel.series);
  if (panel.probes) options.hooks.draw = [(u) => drawProbes(u, panel.series)];
  const none = [];
  none.length = view.data.points;
  const columns = panel.series.map((s) => (s.probes ? none.fill(null) : s.values));
  return new uPlot(options, [view.data.times, ...columns], holder);
}
