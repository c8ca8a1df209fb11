// SPDX-FileCopyrightText: 2026 The rtmcc authors
// SPDX-License-Identifier: MIT

// The stretch of time that all panels of a session show, and how it is moved.

const leastSpan = 1; // seconds

class View {
  constructor(data, key) {
    this.data = data;
    this.key = key;
    this.begin = data.start;
    this.length = Math.max(data.duration, data.step);
    this.end = this.begin + this.length;
    this.range = [this.begin, this.end];
    this.charts = [];
    this.hiddenTracks = new Set();
    this.noted = null;
    this.point = null;
    this.pending = false;
    this.onRange = () => {};
    this.onCursor = () => {};
    this.watcher = new IntersectionObserver((entries) => this.sight(entries), { rootMargin: "100px" });
  }

  add(u, moved) {
    this.charts.push({ u, moved, seen: true, stale: true, missed: false });
    u.setScale("x", { min: this.range[0], max: this.range[1] });
    this.watcher.observe(u.root);
  }

  // sight notes which charts can be seen; the others are not drawn until they are.
  sight(entries) {
    for (const entry of entries) {
      const chart = this.charts.find((c) => c.u.root === entry.target);
      chart.seen = entry.isIntersecting;
    }
    this.draw();
  }

  // draw brings all charts up to date, those in sight in the next frame.
  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      const [min, max] = this.range;
      for (const chart of this.charts) {
        if (!chart.seen || !chart.stale) continue;
        const { u } = chart;
        if (u.scales.x.min === min && u.scales.x.max === max) u.redraw();
        else u.batch(() => u.setScale("x", { min, max }));
        chart.stale = false;
        if (chart.missed) this.place(chart);
      }
    });
  }

  // place puts a chart's cursor, which moved while the chart showed another stretch, where
  // that of the others is.
  place(chart) {
    chart.missed = false;
    const { u } = chart;
    const t = this.point == null ? NaN : this.data.times[this.point];
    const [from, to] = this.range;
    if (t >= from && t <= to) u.setCursor({ left: ((t - from) / (to - from)) * u.over.clientWidth, top: u.over.clientHeight / 2 });
    else u.setCursor({ left: -10, top: -10 });
  }

  setRange(from, to) {
    const span = Math.min(this.length, Math.max(leastSpan, 10 * this.data.step, to - from));
    const middle = (from + to) / 2;
    const start = Math.min(Math.max(this.begin, to - from < span ? middle - span / 2 : from), this.end - span);
    this.range = [start, start + span];
    this.redraw();
    this.onRange();
  }

  reset() {
    this.setRange(this.begin, this.end);
  }

  isWhole() {
    return this.range[1] - this.range[0] > this.length - this.data.step / 100;
  }

  // zoom changes the span by a factor and leaves the given time where it is.
  zoom(factor, at) {
    const [from, to] = this.range;
    const fixed = at === undefined ? this.centre() : at;
    const span = Math.min(this.length, Math.max(leastSpan, 10 * this.data.step, (to - from) * factor));
    const share = (fixed - from) / (to - from);
    this.setRange(fixed - share * span, fixed + (1 - share) * span);
  }

  // centre is the cursor's time where that is in sight, else the middle.
  centre() {
    const [from, to] = this.range;
    const t = this.point == null ? NaN : this.data.times[this.point];
    return t >= from && t <= to ? t : (from + to) / 2;
  }

  pan(share) {
    const [from, to] = this.range;
    const by = share * (to - from);
    const start = Math.min(Math.max(this.begin, from + by), this.end - (to - from));
    this.setRange(start, start + to - from);
  }

  // select zooms to what was dragged over in one of the charts.
  select(u) {
    const { left, width } = u.select;
    if (width < 4) return;
    const from = u.posToVal(left, "x");
    const to = u.posToVal(left + width, "x");
    for (const chart of this.charts) chart.u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.setRange(from, to);
  }

  cursorMoved(u) {
    const chart = this.charts.find((c) => c.u === u);
    if (!chart) return;
    // A chart that shows another stretch as yet takes the cursor for another time.
    if (chart.stale) {
      chart.missed = true;
      chart.moved(this.point);
      return;
    }
    const point = u.cursor.left >= 0 ? u.cursor.idx : null;
    chart.moved(point);
    if (point !== this.point) {
      this.point = point;
      this.onCursor();
    }
  }

  moveCursor(steps) {
    const { times, start: begin, step } = this.data;
    const [from, to] = this.range;
    const many = Math.max(1, Math.round((to - from) / step / 200));
    const start = this.point == null ? Math.round(((from + to) / 2 - begin) / step) : this.point;
    const point = Math.min(times.length - 1, Math.max(0, start + steps * many));
    const t = times[point];
    if (t < from) this.setRange(t, t + to - from);
    if (t > to) this.setRange(t - (to - from), t);
    const share = (t - this.range[0]) / (this.range[1] - this.range[0]);
    for (const { u } of this.charts) u.setCursor({ left: share * u.over.clientWidth, top: u.over.clientHeight / 2 });
  }

  redraw() {
    for (const chart of this.charts) chart.stale = true;
    this.draw();
  }

  resize(width) {
    for (const { u } of this.charts) if (u.width !== width) u.setSize({ width, height: u.height });
  }

  // listen moves the view by wheel, keys and touch within an element.
  listen(plots) {
    const over = (target) => this.charts.find((c) => c.u.over.contains(target));
    const timeAt = (u, x) => u.posToVal(x - u.over.getBoundingClientRect().left, "x");
    plots.addEventListener("mousedown", (e) => {
      if (!over(e.target)) return;
      plots.classList.add("pointed");
      plots.focus({ preventScroll: true });
    });
    plots.addEventListener("dblclick", (e) => over(e.target) && this.reset());
    plots.addEventListener("wheel", (e) => {
      const chart = over(e.target);
      const meant = e.ctrlKey || e.shiftKey || e.metaKey || plots.contains(document.activeElement);
      const turn = e.deltaY || e.deltaX;
      // Where all is in sight already, the wheel is left to the page.
      if (!chart || !meant || (turn > 0 && this.isWhole())) return;
      e.preventDefault();
      this.zoom(Math.exp(Math.max(-1, Math.min(1, turn / 300))), timeAt(chart.u, e.clientX));
    }, { passive: false });
    plots.addEventListener("keydown", (e) => {
      plots.classList.remove("pointed");
      this.onKey(e);
    });
    this.listenTouch(plots, over, timeAt);
  }

  onKey(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const actions = {
      ArrowLeft: () => (e.shiftKey ? this.pan(-0.2) : this.moveCursor(-1)),
      ArrowRight: () => (e.shiftKey ? this.pan(0.2) : this.moveCursor(1)),
      "+": () => this.zoom(0.5),
      "=": () => this.zoom(0.5),
      "-": () => this.zoom(2),
      0: () => this.reset(),
      Escape: () => this.reset(),
    };
    if (!actions[e.key]) return;
    e.preventDefault();
    actions[e.key]();
  }

  // listenTouch pans with one finger and zooms with two; up and down is the page's.
  listenTouch(plots, over, timeAt) {
    const fingers = new Map();
    const leave = (e) => fingers.delete(e.pointerId);
    plots.addEventListener("pointerdown", (e) => {
      if (e.pointerType === "touch" && over(e.target)) fingers.set(e.pointerId, e.clientX);
    });
    plots.addEventListener("pointermove", (e) => {
      const chart = over(e.target);
      if (!fingers.has(e.pointerId) || !chart) return;
      const width = chart.u.over.clientWidth;
      const before = [...fingers.values()];
      const moved = e.clientX - fingers.get(e.pointerId);
      fingers.set(e.pointerId, e.clientX);
      const after = [...fingers.values()];
      if (after.length === 1 && !this.isWhole()) this.pan(-moved / width);
      if (after.length === 2) {
        const apart = (xs) => Math.max(20, Math.abs(xs[0] - xs[1]));
        this.zoom(apart(before) / apart(after), timeAt(chart.u, (after[0] + after[1]) / 2));
      }
    });
    for (const name of ["pointerup", "pointercancel"]) plots.addEventListener(name, leave);
  }
}
