// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Which signal is drawn in which panel, and how.

const trackColours = 8;
const trackColour = (index) => "track-" + (index % trackColours);

// units of the axes: what a value is divided by, and the name.
const units = {
  rate: { per: 1e6, name: "Mbps" },
  delay: { per: 1e-3, name: "ms" },
  share: { per: 1e-2, name: "%" },
};

const fromZero = (least) => (_, __, most) => [0, Math.max(least, (most || 0) * 1.08)];
const aroundZero = (least) => (_, low, high) => [Math.min(-least, low || 0) * 1.08, Math.max(least, high || 0) * 1.08];

// smooth averages over half a second: single pictures make peaks that say little.
function smooth(values, step) {
  const around = Math.floor(0.25 / step);
  if (!values || around < 1) return values;
  return values.map((v, i) => {
    if (v == null) return v;
    let sum = 0;
    let n = 0;
    for (let j = Math.max(0, i - around); j <= Math.min(values.length - 1, i + around); j++) {
      if (values[j] == null) continue;
      sum += values[j];
      n++;
    }
    return sum / n;
  });
}

function ratesPanel(data) {
  const path = data.path;
  const several = data.tracks.length > 1;
  const series = [];
  const add = (values, s) => values && series.push({ values, group: "path", ...s });
  add(path.capacity, { name: "capacity", colour: "capacity", look: "area", held: true });
  add(smooth(path.sent, data.step), { name: "sent", colour: "sent", width: 1.2 });
  add(smooth(path.media, data.step), { name: "media", colour: "media", width: 1.2, hidden: true });
  add(smooth(path.received, data.step), { name: "received", colour: "received", width: 1.2, hidden: several });
  data.tracks.forEach((track, index) => {
    const one = { group: track.label, track: index, colour: trackColour(index), held: true };
    const s = track.signals;
    add(s.estimate, { ...one, name: "estimate", width: 2 });
    add(s.delay_based, { ...one, name: "by delay", look: "dotted", width: 1.4, hidden: several });
    add(s.ceiling, { ...one, name: "ceiling", look: "thick", width: 6, alpha: 0.3 });
    add(s.target, { ...one, name: "target", look: "dashed", width: 1.6, hidden: same(s.target, s.estimate) });
    add(smooth(s.received, data.step), { ...one, name: "received", held: false, width: 1, alpha: 0.7 });
    if (track.probes.length > 0) {
      add([], { ...one, name: "probes", look: "ring", probes: track.probes, hidden: several });
    }
  });
  return { title: "Rates", kind: "rate", height: 330, series, range: fromZero(1e5), probes: true, grouped: true };
}

// same tells whether two signals are one for the eye.
function same(a, b) {
  return Boolean(a && b) && a.every((v, i) => v === b[i] || Math.abs(v - b[i]) < 0.01 * Math.abs(v));
}

function delayPanel(data) {
  const path = data.path;
  const series = [];
  if (path.delay_max) series.push({ name: "largest", values: path.delay_max, colour: "sent", width: 0.8, group: "path", above: "mean" });
  if (path.delay) series.push({ name: "mean", values: path.delay, colour: "delay", width: 1.4, group: "path" });
  data.tracks.forEach((track, index) => {
    if (!track.signals.queue) return;
    series.push({ name: "queue by " + track.label, values: track.signals.queue, group: track.label, track: index, colour: trackColour(index), held: true, look: "dashed" });
  });
  return { title: "One-way delay", kind: "delay", height: 170, series, range: fromZero(0.02) };
}

function trendPanel(data) {
  const series = [];
  data.tracks.forEach((track, index) => {
    const one = { group: track.label, track: index, colour: trackColour(index), held: true };
    const { trend, threshold } = track.signals;
    if (trend) series.push({ ...one, name: "trend", values: trend, width: 1.2 });
    if (!threshold) return;
    series.push({ ...one, name: "threshold", values: threshold, look: "dashed", width: 1.2 });
    const below = threshold.map((v) => (v == null ? v : -v));
    series.push({ ...one, name: "", values: below, look: "dashed", width: 1.2, follows: true });
  });
  return { title: "Trend", kind: "delay", height: 150, series, range: aroundZero(0.001), grouped: true };
}

function singlePanel(title, kind, height, values, name, colourName, least, fill) {
  const series = values ? [{ name, values, colour: colourName, width: 1.3, fill }] : [];
  const nothing = series.length > 0 && !values.some((v) => v > 0);
  return { title, kind, height, series, range: fromZero(least), nothing };
}

// panelsOf returns the panels for which the session has signals.
function panelsOf(data) {
  const path = data.path;
  return [
    ratesPanel(data),
    delayPanel(data),
    trendPanel(data),
    singlePanel("Loss", "share", 110, path.loss, "loss", "loss", 0.02, true),
    singlePanel("Round trip", "delay", 110, path.rtt, "round trip", "delay", 0.02, false),
    singlePanel("Feedback silence", "delay", 110, path.silence, "silence", "delay", 0.1, true),
  ].filter((p) => p.series.length > 0);
}
