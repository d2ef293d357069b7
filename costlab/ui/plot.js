// The chart component: one lasting node a chart, updated in place by Plotly.react. Loaded once by the stub in plot.py.

const here = new URL(import.meta.url);
const beside = (name) => new URL(name + here.search, here).href;

let library; // promise of Plotly: fetched once a page, again after a failure

function plotly() {
  library ??= new Promise((found, failed) => {
    const script = document.createElement("script");
    script.src = beside("plotly.js");
    script.onload = () => (window.Plotly ? found(window.Plotly) : failed(new Error("no Plotly")));
    script.onerror = () => failed(new Error("not loaded"));
    document.head.append(script);
  }).catch((reason) => {
    library = undefined;
    throw reason;
  });
  return library;
}

// Charts that are new are painted one a frame: the first is seen while the next is still being drawn.
let painter = Promise.resolve();
const turnToPaint = () => (painter = painter.then(() => new Promise((paint) => requestAnimationFrame(() => setTimeout(paint)))));

const CONFIG = {
  displaylogo: false,
  doubleClick: "reset",
  modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]],
};

// The theme's colours, as Streamlit hands them to components.
function colours(node) {
  const css = getComputedStyle(node);
  const read = (name, otherwise) => css.getPropertyValue(`--st-${name}`).trim() || otherwise;
  return {
    text: read("text-color", "#1b2430"),
    background: read("background-color", "#ffffff"),
    raised: read("secondary-background-color", "#f3f5f9"),
    line: read("border-color", "#d5dbe5"),
    accent: read("primary-color", "#1f4e8c"),
    font: read("font", "sans-serif"),
    size: Math.round((13 / 15) * parseFloat(getComputedStyle(document.documentElement).fontSize)) || 13, // large type
  };
}

// The figure's layout on top of the theme: a figure says only what it means, never how the page looks.
function themed(layout, colour) {
  const axis = { gridcolor: colour.line, zerolinecolor: colour.line, linecolor: colour.line, tickcolor: colour.line, automargin: true, separatethousands: true, exponentformat: "none" };
  const themed = {
    ...layout,
    autosize: true,
    separators: ".\u2009", // as the sentences write numbers
    paper_bgcolor: colour.background,
    plot_bgcolor: colour.background,
    font: { family: colour.font, size: colour.size, color: colour.text, ...layout.font },
    hoverlabel: {
      bgcolor: colour.raised,
      bordercolor: colour.line,
      align: "left",
      ...layout.hoverlabel,
      font: { family: colour.font, size: colour.size, color: colour.text, ...layout.hoverlabel?.font },
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: "#8a93a3", activecolor: colour.accent, ...layout.modebar },
    margin: { l: 12, r: 12, t: layout.title?.text ? 64 : 34, b: 12, ...layout.margin }, // automargin adds what labels need
  };
  const axes = new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))]);
  for (const name of axes) themed[name] = { ...axis, ...layout[name] };
  themed.shapes = layout.shapes?.map((shape) => ({ ...shape, line: { color: colour.text, ...shape.line } }));
  return themed;
}

class Chart {
  constructor(parent) {
    this.frame = document.createElement("div");
    this.frame.className = "costlab-plot";
    this.node = document.createElement("div"); // what tests, screen readers and Plotly know as the chart
    this.node.className = "costlab-plot-node";
    this.node.tabIndex = 0;
    this.node.setAttribute("role", "application"); // not "img": it has buttons inside, and arrow keys of its own
    this.node.setAttribute("aria-roledescription", "chart");
    this.note = document.createElement("div");
    this.note.className = "costlab-plot-note";
    this.spoken = document.createElement("div");
    this.spoken.className = "costlab-plot-spoken";
    this.spoken.setAttribute("aria-live", "polite");
    this.guide = document.createElement("div"); // where a price is about to be set
    this.guide.className = "costlab-plot-guide";
    this.guide.hidden = true;
    this.grip = document.createElement("div"); // over the marked line, to drag it by
    this.grip.className = "costlab-plot-grip";
    this.grip.hidden = true;
    this.frame.append(this.node, this.grip, this.guide, this.note, this.spoken);
    parent.append(this.frame);
    this.serial = 0;
    this.updates = 0;
    this.turn = Promise.resolve();
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.node.addEventListener("blur", () => this.leave());
    this.node.addEventListener("pointerdown", (event) => this.press(event), true);
    this.grip.addEventListener("pointerdown", (event) => this.drag(event));
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.frame);
    this.state("loading", "Loading the chart…");
  }

  state(name, note) {
    this.node.dataset.state = name;
    this.note.replaceChildren(note);
    this.note.hidden = !note;
  }

  show(data) {
    this.data = data;
    this.node.dataset.testid = `plot-${data.key}`;
    this.node.setAttribute("aria-label", data.alt);
    this.frame.style.height = this.node.style.height = `${data.height}px`; // not from the style sheet, which may come later
    this.turn = this.turn.then(() => this.paint()).catch((reason) => this.fail(reason));
  }

  async paint() {
    const Plotly = await plotly();
    if (!this.updates && !document.hidden) await turnToPaint(); // hidden pages have no frames
    const { data } = this;
    const colour = colours(this.node);
    const painted = JSON.stringify([data.figure, data.height, colour]);
    if (painted === this.painted || !this.frame.isConnected) return;
    const figure = JSON.parse(data.figure);
    const layout = { ...themed(figure.layout, colour), height: data.height };
    this.picks = figure.layout.meta?.pick === "x";
    // a double click is two picks, and must not undo the zoom as well
    const config = { ...CONFIG, doubleClick: this.picks ? false : CONFIG.doubleClick, toImageButtonOptions: { filename: data.key, scale: 2 } };
    await Plotly.react(this.node, figure.data, layout, config);
    if (!this.updates) {
      this.node.on("plotly_click", (event) => this.grid() || this.picks || this.click(event.points[0]));
      this.node.on("plotly_afterplot", () => this.placeGrip());
    }
    this.guide.hidden = !this.dragging;
    this.placeGrip();
    this.painted = painted;
    this.size = colour.size;
    this.updates += 1;
    this.node.dataset.updates = this.updates;
    this.state("ready", "");
  }

  fail(reason) {
    console.error("costlab: the chart was not drawn", reason);
    const again = document.createElement("button");
    again.type = "button";
    again.textContent = "Try again";
    again.onclick = () => {
      this.state("loading", "Loading the chart…");
      this.show(this.data);
    };
    const what = window.Plotly
      ? "This chart could not be drawn."
      : "The chart library did not arrive, so this chart cannot be drawn. Is the server still running?";
    const words = document.createElement("p");
    words.textContent = what;
    this.state("error", "");
    this.note.replaceChildren(words, again);
    this.note.hidden = false;
  }

  resize() {
    if (!this.updates || !this.node.offsetWidth) return;
    window.Plotly.Plots.resize(this.node);
    if (colours(this.node).size !== this.size) this.show(this.data); // large type was switched on or off
  }

  click(point) {
    if (!point) return;
    this.serial = Math.max(this.serial + 1, Date.now()); // grows across reloads too
    this.send({ x: point.x, y: point.y, curve: point.curveNumber, serial: this.serial });
  }

  grid() {
    return this.node._fullData.find((trace) => trace.type === "heatmap" && trace.visible === true);
  }

  // Plotly looks for the point under the pointer at most every 50 ms, so a quick click would name the cell before:
  // cells of heat maps are found here.
  press(down) {
    if (down.button || !down.target.closest(".nsewdrag") || !(this.grid() || this.picks)) return;
    const done = new AbortController();
    const release = (up) => {
      done.abort();
      if (Math.hypot(up.clientX - down.clientX, up.clientY - down.clientY) >= 4) return; // that was a zoom
      if (this.picks) this.pick(up);
      else this.click(this.cellAt(up));
    };
    const once = { signal: done.signal, capture: true };
    window.addEventListener("pointerup", release, once);
    window.addEventListener("pointercancel", () => done.abort(), once);
  }

  // A figure whose `layout.meta` is {pick: "x"}: a click anywhere in the drawing area is a place on the x axis, and so
  // is the end of dragging the marked line (the first shape that is upright). Dragging elsewhere zooms, as everywhere.

  mark() {
    return this.node._fullLayout.shapes?.find((shape) => shape.type === "line" && shape.x0 === shape.x1)?.x0;
  }

  // Where the pointer is on the x axis, within its range: in pixels of the chart, and what the axis calls it.
  placeOf({ clientX }) {
    const axis = this.node._fullLayout.xaxis;
    const along = Math.min(Math.max(clientX - this.node.getBoundingClientRect().left - axis._offset, 0), axis._length);
    return { pixel: axis._offset + along, x: axis.p2d(along) };
  }

  placeGrip() {
    const { xaxis, _size: size } = this.node._fullLayout;
    const mark = this.picks ? this.mark() : undefined;
    const along = mark === undefined ? NaN : xaxis.d2p(mark);
    this.grip.hidden = !(along >= 0 && along <= xaxis._length);
    if (!this.grip.hidden) Object.assign(this.grip.style, { left: `${xaxis._offset + along}px`, top: `${size.t}px`, height: `${size.h}px` });
  }

  showGuide({ pixel, x }) {
    const { xaxis, _size: size } = this.node._fullLayout;
    this.guide.textContent = xaxis.tickformat?.includes("%") ? `${(100 * x).toFixed(1)} %` : `${Number(x.toPrecision(2))}`;
    this.guide.classList.toggle("leftwards", pixel > xaxis._offset + xaxis._length * 0.8);
    Object.assign(this.guide.style, { left: `${pixel}px`, top: `${size.t}px`, height: `${size.h}px` });
    this.guide.hidden = false;
  }

  pick(pointer) {
    const place = this.placeOf(pointer);
    this.showGuide(place); // until the next paint, so that nothing jumps back
    setTimeout(() => (this.guide.hidden = !this.dragging), 2000); // what was picked may change nothing
    this.click({ x: place.x, y: null, curveNumber: -1 });
  }

  drag(down) {
    if (down.button) return;
    down.preventDefault();
    this.dragging = true;
    this.leave();
    const done = new AbortController();
    const once = { signal: done.signal };
    const end = () => {
      done.abort();
      this.dragging = false;
      this.guide.hidden = true;
    };
    this.grip.setPointerCapture(down.pointerId);
    this.grip.addEventListener("pointermove", (event) => this.showGuide(this.placeOf(event)), once);
    this.grip.addEventListener("pointercancel", end, once);
    window.addEventListener("keydown", (event) => event.key === "Escape" && end(), once);
    this.grip.addEventListener("pointerup", (up) => {
      end();
      if (Math.abs(up.clientX - down.clientX) >= 2) this.pick(up);
    }, once);
  }

  cellAt({ clientX, clientY }) {
    const area = this.node.querySelector(".nsewdrag")?.getBoundingClientRect();
    const trace = this.grid();
    if (!area || !trace) return undefined;
    const { xaxis, yaxis } = this.node._fullLayout;
    const nearest = (axis, values, pixel) => {
      const at = axis.p2c(pixel);
      const off = values.map((value) => Math.abs(axis.d2c(value) - at));
      return values[off.indexOf(Math.min(...off))];
    };
    const all = (values, size) => (values ? [...values] : [...Array(size).keys()]);
    return {
      x: nearest(xaxis, all(trace.x, trace.z[0].length), clientX - area.left),
      y: nearest(yaxis, all(trace.y, trace.z.length), clientY - area.top),
      curveNumber: trace.index,
    };
  }

  // Arrow keys walk the points (a heatmap's cells, else the first line's points), Enter clicks, +, - and 0 zoom.
  key(event) {
    if (!this.updates || event.ctrlKey || event.metaKey || event.altKey) return;
    const button = { "+": "Zoom in", "=": "Zoom in", "-": "Zoom out", 0: "Reset axes" }[event.key];
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
    if (button) this.node.querySelector(`.modebar-btn[data-title="${button}"]`)?.dispatchEvent(new Event("click", { bubbles: true }));
    else if (event.key === "Enter" && this.at) this.click(this.here());
    else if (event.key === "Escape") this.leave();
    else if (move) this.walk(move);
    else return;
    event.preventDefault();
  }

  walk([up, right]) {
    const { _fullData: traces, _fullLayout: layout } = this.node;
    const grid = this.grid();
    const trace = grid ?? traces.find((each) => each.visible === true && each.hoverinfo !== "skip");
    if (!trace) return;
    const [rows, columns] = grid ? [trace.z.length, trace.z[0].length] : [1, trace.x.length];
    const step = layout.yaxis.range[0] > layout.yaxis.range[1] ? -up : up; // the first row may be drawn at the top
    const [row, column] = this.at ?? this.marked(trace) ?? [step < 0 ? rows : step ? -1 : 0, right < 0 ? columns : right ? -1 : 0];
    this.at = [Math.min(Math.max(row + step, 0), rows - 1), Math.min(Math.max(column + right, 0), columns - 1)];
    const [y, x] = this.at;
    const place = grid
      ? { xval: layout.xaxis.d2c(trace.x ? trace.x[x] : x), yval: layout.yaxis.d2c(trace.y ? trace.y[y] : y) }
      : { pointNumber: x };
    window.Plotly.Fx.hover(this.node, [{ curveNumber: trace.index, ...place }]);
    setTimeout(() => this.speak(), 80); // Plotly hovers at most every 50 ms
  }

  // The point or cell where the walk is; Plotly's own answer comes 80 ms late, and Enter may come sooner.
  here() {
    const [y, x] = this.at;
    const grid = this.grid();
    if (grid) return { x: grid.x ? grid.x[x] : x, y: grid.y ? grid.y[y] : y, curveNumber: grid.index };
    const trace = this.node._fullData.find((each) => each.visible === true && each.hoverinfo !== "skip");
    return { x: trace.x[x], y: trace.y[x], curveNumber: trace.index };
  }

  // Where a walk begins in a chart that is picked from: at the point nearest to the mark.
  marked(trace) {
    const mark = this.picks ? this.mark() : undefined;
    if (mark === undefined) return undefined;
    const axis = this.node._fullLayout.xaxis;
    const off = [...trace.x].map((x) => Math.abs(axis.d2p(x) - axis.d2p(mark)));
    return [0, off.indexOf(Math.min(...off))];
  }

  speak() {
    const lines = [...this.node.querySelectorAll(".hoverlayer .hovertext text, .hoverlayer .legend text")].flatMap((text) => {
      const parts = [...text.querySelectorAll("tspan.line")];
      return (parts.length ? parts : [text]).map((part) => part.textContent);
    });
    if (this.at) this.spoken.textContent = lines.filter(Boolean).join(", ");
  }

  leave() {
    if (!this.at) return;
    this.at = undefined;
    this.spoken.textContent = "";
    window.Plotly.Fx.unhover(this.node);
  }

  close() {
    if (this.frame.isConnected) return;
    this.sizes.disconnect();
    if (this.updates) window.Plotly.purge(this.node);
  }
}

const charts = new WeakMap(); // by the element that Streamlit gives us, which lasts as long as the component is shown

export function draw({ data, parentElement, setTriggerValue }) {
  const chart = charts.get(parentElement) ?? new Chart(parentElement);
  charts.set(parentElement, chart);
  chart.send = (click) => setTriggerValue("click", click);
  chart.show(data);
  return () => setTimeout(() => chart.close(), 1000); // Streamlit also calls this for an update it skipped
}
