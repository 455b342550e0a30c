// The base-rate dial: the same people weighted so that base rates move together, and what stays
// forced. Every position was computed exactly beforehand; here it is only looked up.
// The helpers of svg_kit.js stand in front of this file.

const LEFT = 34; // room for the numbers of the axis
const RIGHT = 10;
const HEIGHT = 250;
const COMMIT_MS = 300;
const instances = new WeakMap();

function build(state) {
  const { data } = state;
  const id = "bd-dial";
  state.output = el("output", { class: "te-value", for: id });
  state.input = el("input", {
    id, type: "range", min: 0, max: data.dials.length - 1, step: 1,
    oninput: (event) => moveTo(state, Number(event.target.value)),
    onchange: () => commit(state),
  });
  state.sentence = el("p", { class: "bd-sentence" });
  state.aloud = el("div", { class: "te-aloud", "aria-live": "polite" });
  const button = (label, position) => el("button", {
    type: "button", text: label, onclick: () => { moveTo(state, position); commit(state); },
  });
  state.panels = [
    panel(state, tt("Base rates, %"), data.base, (x) => percent(x), false),
    panel(state, tt("Gaps, points"), data.gaps, (x) => points(x), true),
  ];
  const root = el("div", { class: "te", role: "group", "aria-label": tt("Base-rate dial") },
    el("div", { class: "te-top" },
      el("div", { class: "te-head" },
        el("label", { for: id, text: tt("Move base rates together") }), state.output),
      el("div", { class: "te-marks" }, button(tt("As they are"), 0), button(tt("Equal"), data.dials.length - 1))),
    state.input,
    el("div", { class: "bd-ends" }, el("span", { text: tt("as they are") }), el("span", { text: tt("equal") })),
    state.sentence,
    el("div", { class: "bd-panels" }, ...state.panels.map((p) => p.node)),
    state.aloud);
  state.mount.replaceChildren(root);
  state.observer?.disconnect();
  state.observer = new ResizeObserver(() => draw(state));
  state.observer.observe(state.panels[0].chart.parentElement);
}

function panel(state, title, series, words, fromZero) {
  const chart = svg("svg", { class: "te-plot", height: HEIGHT + 24, role: "img", "aria-label": `${title}: ${state.data.alt}` });
  chart.onpointerdown = (event) => { chart.setPointerCapture(event.pointerId); follow(state, chart, event); };
  chart.onpointermove = (event) => { if (chart.hasPointerCapture(event.pointerId)) follow(state, chart, event); };
  chart.onpointerup = () => commit(state);
  const values = series.map(() => el("td", { class: "te-number" }));
  const rows = series.map((s, k) => el("tr", {},
    el("th", { scope: "row" }, s.symbol ? glyph(s.symbol, s.color) : lineKey(s), el("span", { text: s.label })), values[k]));
  const node = el("section", { class: "bd-panel" },
    el("h4", { class: "te-name" }, el("span", { text: title })), el("div", { class: "te-left" }, chart),
    el("table", { class: "te-gaps" }, el("tbody", {}, ...rows)));
  return { node, chart, series, values, words, fromZero };
}

function follow(state, chart, event) {
  const box = chart.getBoundingClientRect();
  const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
  moveTo(state, Math.round(Math.min(1, Math.max(0, share)) * (state.data.dials.length - 1)));
}

function draw(state) {
  for (const p of state.panels) drawPanel(state, p);
  update(state);
}

function drawPanel(state, p) {
  const { dials } = state.data;
  const width = p.chart.parentElement.clientWidth || 400;
  const known = p.series.flatMap((s) => s.values.filter((v) => v !== null));
  let low = p.fromZero ? 0 : Math.min(...known, 1);
  let high = Math.max(...known, p.fromZero ? 0.02 : 0);
  const pad = 0.08 * Math.max(high - low, 0.01);
  if (!p.fromZero) low = Math.max(0, low - pad);
  high = Math.min(Math.max(1, ...known), high + pad);
  p.x = (i) => LEFT + (i / (dials.length - 1)) * (width - LEFT - RIGHT);
  p.y = (v) => HEIGHT - 2 - ((v - low) / (high - low)) * (HEIGHT - 14);
  const grid = ticks(100 * low, 100 * high, 5).flatMap((v) => [
    svg("line", { class: "te-gridline", x1: LEFT, x2: width, y1: p.y(v / 100), y2: p.y(v / 100) }),
    svg("text", { class: "te-tick", x: LEFT - 8, y: p.y(v / 100) + 4, "text-anchor": "end", text: written(String(v)) }),
  ]);
  const lines = p.series.map((s) => {
    let path = "";
    let pen = "M";
    s.values.forEach((v, i) => {
      if (v === null) { pen = "M"; return; }
      path += `${pen}${p.x(i).toFixed(1)} ${p.y(v).toFixed(1)}`;
      pen = "L";
    });
    return svg("path", { d: path, fill: "none", stroke: s.color, "stroke-width": s.width, "stroke-dasharray": DASHES[s.dash] });
  });
  p.line = svg("line", { class: "te-line", y1: 0, y2: HEIGHT });
  p.dots = p.series.map((s) => svg("circle", { class: "te-dot", r: s.width > 2 ? 6 : 4, fill: s.color }));
  const ends = [
    svg("text", { class: "te-tick", x: LEFT, y: HEIGHT + 16, text: tt("as they are") }),
    svg("text", { class: "te-tick", x: width, y: HEIGHT + 16, "text-anchor": "end", text: tt("equal") }),
  ];
  p.chart.setAttribute("width", width);
  p.chart.replaceChildren(...grid, ...lines, p.line, ...p.dots, ...ends);
}

function moveTo(state, index) {
  state.index = index;
  if (!state.frame) state.frame = requestAnimationFrame(() => { state.frame = 0; update(state); });
  clearTimeout(state.timer);
  state.timer = setTimeout(() => commit(state), COMMIT_MS);
}

// Nothing on the server depends on the dial: letting go only speaks the sentence.
function commit(state) {
  clearTimeout(state.timer);
  say(state.aloud, state.data.sentences[state.index]);
}

function update(state) {
  const { data, index: i } = state;
  const dial = `${Math.round(100 * data.dials[i])} %`;
  say(state.output, dial);
  if (Number(state.input.value) !== i) state.input.value = i;
  say(state.sentence, data.sentences[i]);
  state.input.setAttribute("aria-valuetext", `${dial}: ${data.sentences[i]}`);
  for (const p of state.panels) {
    p.line.setAttribute("x1", p.x(i));
    p.line.setAttribute("x2", p.x(i));
    p.series.forEach((s, k) => {
      const value = s.values[i];
      say(p.values[k], value === null ? tt("undefined") : p.words(value));
      p.dots[k].style.display = value === null ? "none" : "";
      if (value === null) return;
      p.dots[k].setAttribute("cx", p.x(i));
      p.dots[k].setAttribute("cy", p.y(value));
    });
  }
}

export default function (component) {
  const { data, parentElement } = component;
  speak(data);
  let state = instances.get(parentElement);
  if (!state) {
    state = { mount: parentElement.querySelector(".te-mount"), index: 0 };
    instances.set(parentElement, state);
  }
  const content = JSON.stringify([data.sentences, data.base, data.gaps]);
  if (content !== state.content) {
    state.content = content;
    state.data = data;
    build(state);
    draw(state);
  }
  return () => {
    clearTimeout(state.timer);
    cancelAnimationFrame(state.frame);
    state.observer?.disconnect();
    instances.delete(parentElement);
  };
}
