// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// Values as text.

function digits(v, significant) {
  if (v === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(v)));
  return v.toFixed(Math.min(3, Math.max(0, significant - 1 - size)));
}

const format = {
  rate(v) {
    if (Math.abs(v) >= 1e6) return digits(v / 1e6, 3) + " Mbps";
    return Math.round(v / 1e3) + " kbps";
  },
  delay(v) {
    if (Math.abs(v) >= 10) return digits(v, 3) + " s";
    return digits(v * 1e3, 3) + " ms";
  },
  share(v) {
    return digits(v * 100, 3) + " %";
  },
};

// clock writes a time; step is how far the neighbouring ones are away.
function clock(t, step) {
  const decimals = step >= 1 ? 0 : step >= 0.1 ? 1 : 2;
  const scale = 10 ** decimals;
  const units = Math.round(t * scale);
  const whole = Math.floor(units / scale);
  const s = whole % 60;
  const m = Math.floor(whole / 60) % 60;
  const h = Math.floor(whole / 3600);
  const two = (n) => String(n).padStart(2, "0");
  let text = h > 0 ? h + ":" + two(m) + ":" + two(s) : m + ":" + two(s);
  if (decimals > 0) text += "." + String(units % scale).padStart(decimals, "0");
  return text;
}
