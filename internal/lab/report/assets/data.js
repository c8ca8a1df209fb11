// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// What the page carries of a session: see writeData in data.go.

// patience is for how long, in seconds, a line goes on over points that have no value:
// feedback does not fall into every one of them.
const patience = 1;

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Float32Array(await new Response(stream).arrayBuffer());
}

// plottable turns numbers into what uPlot draws: null breaks a line, undefined does not.
function plottable(values, step) {
  const out = Array.from(values);
  const most = Math.max(1, Math.round(patience / step));
  for (let i = 0; i < out.length; ) {
    if (!Number.isNaN(out[i])) {
      i++;
      continue;
    }
    let end = i;
    while (end < out.length && Number.isNaN(out[end])) end++;
    const gap = i === 0 || end === out.length || end - i > most ? null : undefined;
    out.fill(gap, i, end);
    i = end;
  }
  return out;
}

// load reads the data of a session's section, with each signal under its name.
async function load(section) {
  const data = JSON.parse(section.querySelector(".data").textContent);
  const all = await inflate(section.querySelector(".signals").textContent);
  let next = 0;
  const take = (names) => {
    const signals = {};
    for (const name of names) {
      signals[name] = plottable(all.subarray(next, next + data.points), data.step);
      next += data.points;
    }
    return signals;
  };
  data.path = take(data.path);
  for (const track of data.tracks) track.signals = take(track.signals);
  data.times = Array.from({ length: data.points }, (_, i) => Math.round((data.start + i * data.step) * 1000) / 1000);
  return data;
}
