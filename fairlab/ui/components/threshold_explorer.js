// Everything about one threshold, redrawn in the browser: the page's script does not run while
// the slider moves. Counts and gaps arrive exact for every position; here they are only looked up.
// The helpers of svg_kit.js stand in front of this file.

const MARGIN = 11; // half the slider's thumb, so that thumb and line stand at the same place
const STRIP = 96;
const CHART = 260;
const COMMIT_MS = 250;
const instances = new WeakMap();

const RATES = {
  selection_rate: (c) => [c.tp + c.fp, c.tp + c.fp + c.fn + c.tn],
  tpr: (c) => [c.tp, c.tp + c.fn],
  fpr: (c) => [c.fp, c.fp + c.tn],
  ppv: (c) => [c.tp, c.tp + c.fp],
  npv: (c) => [c.tn, c.tn + c.fn],
  accuracy: (c) => [c.tp + c.tn, c.tp + c.fp + c.fn + c.tn],
};

function rate(name, c) {
  const [numerator, denominator] = RATES[name](c);
  return denominator > 0 ? numerator / denominator : null;
}

const at = (group, i) => ({ tp: group.tp[i], fp: group.fp[i], fn: group.fn[i], tn: group.tn[i] });

// The two groups that set a gap, and the groups that cannot enter it.
function between(gap, groups, i) {
  let widest = null;
  const leftOut = new Set();
  for (const name of gap.rates) {
    const known = [];
    for (const group of groups) {
      const value = rate(name, at(group, i));
      if (value === null) leftOut.add(group.name);
      else known.push([value, group.name, RATES[name](at(group, i))[1]]);
    }
    if (known.length < 2) continue;
    known.sort((a, b) => a[0] - b[0]);
    const [low, high] = [known[0], known[known.length - 1]];
    if (!widest || high[0] - low[0] > widest.size) {
      widest = { size: high[0] - low[0], high: `${high[1]} highest (of ${whole(high[2])})`, low: `${low[1]} lowest (of ${whole(low[2])})`, rate: name };
    }
  }
  return { widest, leftOut: [...leftOut] };
}

// Building: once per table of people; afterwards only numbers and positions change.

function build(state) {
  const { data, mount } = state;
  const root = el("div", { class: "te", role: "group", "aria-label": "Threshold explorer" });
  const id = "te-threshold";
  state.output = el("output", { class: "te-value", for: id });
  state.input = el("input", {
    id, type: "range", min: data.low, max: data.high, step: data.step,
    oninput: (event) => moveTo(state, Number(event.target.value)),
    onchange: () => commit(state),
    onkeydown: (event) => byKey(state, event),
  });
  state.summary = el("p", { class: "te-summary" });
  state.axis = svg("svg", { class: "te-axis", height: 38, "aria-hidden": "true" });
  const marks = data.marks.map((mark) =>
    el("button", {
      type: "button", text: `${mark.label}: ${shown(data, mark.value)}`,
      onclick: () => { moveTo(state, mark.value); commit(state); },
    }));
  root.append(
    el("div", { class: "te-marks", role: "group", "aria-label": "Go to a threshold" },
      el("span", { text: "Go to" }), ...marks),
    el("div", { class: "te-sticky" },
      el("div", { class: "te-head" },
        el("label", { for: id, text: "Decision threshold" }), state.output, state.summary),
      el("div", { class: "te-row te-control" },
        el("div", { class: "te-left" }, state.input, state.axis))),
  );
  state.strips = data.groups.map((group) => strip(state, group));
  root.append(...state.strips.map((s) => s.row));
  root.append(el("p", { class: "te-note", text:
    `Bars count people by score. Upward: ${data.outcome_words[0]}. Downward: ` +
    `${data.outcome_words[1]}. Heights are square roots, so that small bars stay visible; each group has its own scale.` }));
  root.append(sweepRow(state));
  state.aloud = el("div", { class: "te-aloud", "aria-live": "polite" });
  root.append(state.aloud);
  mount.replaceChildren(root);
  state.observer?.disconnect();
  state.observer = new ResizeObserver(() => {
    const width = state.input.clientWidth;
    if (width && width !== state.width) { state.width = width; draw(state); }
  });
  state.observer.observe(state.input);
  state.width = state.input.clientWidth || 600;
}

function strip(state, group) {
  const { data } = state;
  const plot = svg("svg", { class: "te-plot te-strip", height: STRIP, "aria-hidden": "true" });
  draggable(state, plot);
  const cells = {};
  const cell = (name) => (cells[name] = el("td"));
  const [favourable, unfavourable] = data.outcome_words;
  const table = el("table", { class: "te-cells" },
    el("caption", { class: "te-aloud", text: `Decisions and outcomes in ${group.name}` }),
    el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", text: "Not selected" }),
      el("th", { scope: "col", text: "Selected" }))),
    el("tbody", {},
      el("tr", {}, el("th", { scope: "row", text: `▲ ${favourable}` }), cell("fn"), cell("tp")),
      el("tr", {}, el("th", { scope: "row", text: `▼ ${unfavourable}` }), cell("tn"), cell("fp"))));
  const rates = {};
  const list = el("dl", { class: "te-rates" });
  for (const item of data.rates) {
    rates[item.name] = el("dd");
    list.append(el("div", { title: item.definition }, el("dt", { text: item.label }), rates[item.name]));
  }
  const size = sum(at(group, 0));
  const row = el("section", { class: "te-row te-group" },
    el("h4", { class: "te-name" }, glyph(group.symbol, group.color),
      el("span", { text: group.name }),
      el("span", { class: "te-n", text: `${whole(size)} people` })),
    el("div", { class: "te-left" }, plot),
    el("div", { class: "te-right" }, table, list));
  return { row, plot, cells, rates, group };
}

function sweepRow(state) {
  const { data } = state;
  state.chart = svg("svg", { class: "te-plot te-chart", height: CHART + 26, role: "img", "aria-label": data.alt });
  draggable(state, state.chart);
  state.gapRows = data.gaps.map((gap) => ({
    gap, value: el("td", { class: "te-number" }), who: el("td"), band: el("td"),
  }));
  const body = el("tbody", {}, ...state.gapRows.map((r) =>
    el("tr", {}, el("th", { scope: "row", title: r.gap.definition }, lineKey(r.gap), el("span", { text: r.gap.label })),
      r.value, r.band, r.who)));
  return el("section", { class: "te-row te-sweep" },
    el("h4", { class: "te-name" }, el("span", { text: "Every gap at every threshold" })),
    el("div", { class: "te-left" }, state.chart),
    el("div", { class: "te-right" },
      el("table", { class: "te-gaps" },
        el("caption", { class: "te-aloud", text: "Gaps at this threshold" }),
        el("thead", {}, el("tr", {}, ...["Gap", "Size", "Band", "Between"].map((text) =>
          el("th", { scope: "col", text })))),
        body)));
}

const sum = (c) => c.tp + c.fp + c.fn + c.tn;

// As few decimals as tell the positions apart, at least two for scores that have decimals.
function shown(data, value) {
  const short = String(Number(value.toFixed(Math.max(data.digits, 4))));
  const decimals = short.includes(".") ? short.split(".")[1].length : 0;
  return decimals < 2 && data.digits >= 2 ? value.toFixed(2) : short;
}

function onGrid(data, value) {
  const steps = (value - data.low) / data.step;
  return Math.abs(steps - Math.round(steps)) < 1e-6;
}

// Keys visit every position, those of the buttons included.
function byKey(state, event) {
  const last = state.data.positions.length - 1;
  const page = Math.max(1, Math.round(last / 10));
  const moves = {
    ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: page, PageDown: -page,
    Home: -last, End: last,
  };
  if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const index = Math.min(last, Math.max(0, state.index + moves[event.key]));
  moveTo(state, state.data.positions[index]);
}

function draggable(state, node) {
  const follow = (event) => {
    const box = node.getBoundingClientRect();
    const share = (event.clientX - box.left - MARGIN) / (box.width - 2 * MARGIN);
    const value = state.data.low + Math.min(1, Math.max(0, share)) * (state.data.high - state.data.low);
    moveTo(state, state.data.low + Math.round((value - state.data.low) / state.data.step) * state.data.step);
  };
  node.onpointerdown = (event) => { node.setPointerCapture(event.pointerId); follow(event); };
  node.onpointermove = (event) => { if (node.hasPointerCapture(event.pointerId)) follow(event); };
  node.onpointerup = () => commit(state);
}

// Drawing what depends on the width: bars, lines, axes.

function draw(state) {
  const { data, width } = state;
  const inner = width - 2 * MARGIN;
  state.x = (value) => MARGIN + ((value - data.low) / (data.high - data.low)) * inner;
  for (const s of state.strips) drawStrip(state, s);
  drawChart(state);
  drawAxis(state);
  update(state);
}

function drawStrip(state, s) {
  const { group } = s;
  const { width, data } = state;
  const bins = group.favourable.length;
  const up = Math.sqrt(Math.max(...group.favourable));
  const down = Math.sqrt(Math.max(...group.unfavourable));
  const unit = (STRIP - 12) / Math.max(up + down, 1e-9);
  const base = up + down > 0 ? 6 + unit * up : STRIP / 2;
  const bar = (values, sign) => values.map((v, b) => {
    if (!v) return "";
    const left = state.x(data.low + ((data.high - data.low) * b) / bins);
    const right = state.x(data.low + ((data.high - data.low) * (b + 1)) / bins);
    const gap = right - left > 4 ? 1 : 0;
    return `M${left.toFixed(1)} ${base}V${(base - sign * Math.max(1, Math.sqrt(v) * unit)).toFixed(1)}H${(right - gap).toFixed(1)}V${base}Z`;
  }).join("");
  s.veil = svg("rect", { class: "te-veil", x: 0, y: 0, height: STRIP });
  s.line = svg("line", { class: "te-line", y1: 0, y2: STRIP });
  s.plot.setAttribute("width", width);
  s.plot.replaceChildren(
    svg("path", { d: bar(group.favourable, 1), fill: group.color }),
    svg("path", { d: bar(group.unfavourable, -1), fill: group.color, "fill-opacity": 0.35, stroke: group.color, "stroke-width": 0.7 }),
    svg("line", { class: "te-base", x1: 0, x2: width, y1: base, y2: base }),
    s.veil,
    svg("text", { class: "te-label", x: 2, y: 12, text: "▲" }),
    svg("text", { class: "te-label", x: 2, y: STRIP - 3, text: "▼" }),
    s.line);
}

function drawAxis(state) {
  const { width, axis } = state;
  axis.setAttribute("width", width);
  state.sides = [
    svg("text", { class: "te-side", y: 34, "text-anchor": "end", text: "← not selected" }),
    svg("text", { class: "te-side", y: 34, text: "selected →" }),
  ];
  state.axisLine = svg("line", { class: "te-line", y1: 18, y2: 38 });
  axis.replaceChildren(...tickLabels(state, 12), state.axisLine, ...state.sides);
}

function tickLabels(state, y) {
  const { data, width } = state;
  return ticks(data.low, data.high, Math.max(3, Math.floor(width / 90))).map((v) => {
    const x = state.x(v);
    const anchor = x < 20 ? "start" : x > width - 20 ? "end" : "middle";
    return svg("text", { class: "te-tick", x: anchor === "start" ? 0 : anchor === "end" ? width : x, y, "text-anchor": anchor, text: String(v) });
  });
}

function drawChart(state) {
  const { data, width, chart } = state;
  const largest = Math.max(data.tolerance, 0.02, ...data.gaps.flatMap((g) => g.values.filter((v) => v !== null)));
  const top = Math.min(1, largest * 1.06);
  const y = (value) => CHART - 2 - (value / top) * (CHART - 14);
  state.y = y;
  const grid = ticks(0, 100 * top, 5).flatMap((v) => [
    svg("line", { class: "te-gridline", x1: 0, x2: width, y1: y(v / 100), y2: y(v / 100) }),
    svg("text", { class: "te-tick", x: 2, y: y(v / 100) - 3, text: v === 0 ? "0 points" : String(v) }),
  ]);
  const bandTop = y(Math.min(data.tolerance, top));
  const band = [
    svg("rect", { class: "te-band", x: 0, y: bandTop, width, height: Math.max(0, CHART - 2 - bandTop) }),
    svg("text", { class: "te-tick", x: width - 2, y: bandTop - 3, "text-anchor": "end", text: `tolerance ${whole(100 * data.tolerance)} points` }),
  ];
  const stepped = data.positions.length <= 60;
  const lines = data.gaps.map((gap) => {
    let path = "";
    let pen = "M";
    gap.values.forEach((v, i) => {
      if (v === null) { pen = "M"; return; }
      // A value holds from just above the position before: drawn as steps where that is visible.
      if (stepped && i > 0) {
        path += `${pen}${state.x(data.positions[i - 1]).toFixed(1)} ${y(v).toFixed(1)}`;
        pen = "L";
      }
      path += `${pen}${state.x(data.positions[i]).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = "L";
    });
    return svg("path", { d: path, fill: "none", stroke: gap.color, "stroke-width": 2, "stroke-dasharray": DASHES[gap.dash], "stroke-linejoin": "round" });
  });
  state.dots = data.gaps.map((gap) => svg("circle", { class: "te-dot", r: 5, fill: gap.color }));
  state.chartLine = svg("line", { class: "te-line", y1: 0, y2: CHART });
  chart.setAttribute("width", width);
  chart.replaceChildren(...band.slice(0, 1), ...grid, ...lines, ...band.slice(1), state.chartLine, ...state.dots,
    ...tickLabels(state, CHART + 16));
}

// Moving: look numbers up and write them; nothing is rebuilt.

function nearest(positions, value) {
  let low = 0;
  let high = positions.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle] < value - 1e-12) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && value - positions[low - 1] < positions[low] - value) low -= 1;
  return low;
}

function moveTo(state, value) {
  state.index = nearest(state.data.positions, value);
  if (!state.frame) {
    state.frame = requestAnimationFrame(() => { state.frame = 0; update(state); });
  }
  clearTimeout(state.timer);
  state.timer = setTimeout(() => commit(state), COMMIT_MS);
}

function commit(state) {
  clearTimeout(state.timer);
  const value = state.data.positions[state.index];
  say(state.aloud, state.spoken ?? "");
  if (value === state.committed) return;
  state.committed = value;
  state.setStateValue("threshold", value);
}

function update(state) {
  const { data, index: i } = state;
  const value = data.positions[i];
  const x = state.x(value);
  say(state.output, shown(data, value));
  state.input.step = onGrid(data, value) ? data.step : "any";
  if (Number(state.input.value) !== value) state.input.value = value;
  for (const s of state.strips) updateStrip(s, i, x);
  const worst = updateGaps(state, i, x);
  updateSides(state, x);
  const totals = data.groups.map((g) => at(g, i)).reduce((a, b) => (
    { tp: a.tp + b.tp, fp: a.fp + b.fp, fn: a.fn + b.fn, tn: a.tn + b.tn }));
  const selected = totals.tp + totals.fp;
  const text = `${whole(selected)} of ${whole(sum(totals))} people are selected; accuracy ${percent(rate("accuracy", totals))}.`;
  say(state.summary, text);
  state.spoken = `Threshold ${shown(data, value)}: ${text}` +
    (worst ? ` Largest gap ${points(worst.value)}, ${worst.label}.` : "");
  state.input.setAttribute("aria-valuetext", state.spoken);
}

function updateStrip(s, i, x) {
  const counts = at(s.group, i);
  for (const name of ["tp", "fp", "fn", "tn"]) say(s.cells[name], whole(counts[name]));
  for (const [name, node] of Object.entries(s.rates)) {
    const value = rate(name, counts);
    say(node, value === null ? s.undefined(name) : percent(value));
    node.title = RATES[name](counts).map(whole).join(" of ");
    node.classList.toggle("te-undefined", value === null);
  }
  s.veil.setAttribute("width", Math.max(0, x));
  s.line.setAttribute("x1", x);
  s.line.setAttribute("x2", x);
}

function updateGaps(state, i, x) {
  const { data } = state;
  let worst = null;
  state.gapRows.forEach((row, k) => {
    const value = row.gap.values[i];
    const { widest, leftOut } = between(row.gap, data.groups, i);
    const dot = state.dots[k];
    dot.style.display = value === null ? "none" : "";
    if (value === null) {
      say(row.value, "undefined");
      say(row.band, "");
      say(row.who, reasons(state, row.gap, leftOut));
      return;
    }
    if (!worst || value > worst.value) worst = { value, label: row.gap.label.toLowerCase() };
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", state.y(value));
    say(row.value, points(value));
    say(row.band, value <= data.tolerance + 1e-9 ? "inside" : "outside");
    const names = widest && widest.size > 0 ? `${widest.high}, ${widest.low}` : "no difference";
    const which = row.gap.rates.length > 1 && widest ? ` (${data.rate_labels[widest.rate]})` : "";
    say(row.who, names + which + (leftOut.length ? `; left out: ${reasons(state, row.gap, leftOut)}` : ""));
  });
  state.chartLine.setAttribute("x1", x);
  state.chartLine.setAttribute("x2", x);
  return worst;
}

function reasons(state, gap, leftOut) {
  const { conditions } = state.data;
  const why = [...new Set(gap.rates.map((name) => conditions[name]))].join(" or ");
  return leftOut.map((name) => `no one in ${name} ${why}`).join("; ");
}

function updateSides(state, x) {
  const [left, right] = state.sides;
  state.axisLine.setAttribute("x1", x);
  state.axisLine.setAttribute("x2", x);
  left.setAttribute("x", x - 6);
  right.setAttribute("x", x + 6);
  left.style.display = x < 105 ? "none" : "";
  right.style.display = state.width - x < 80 ? "none" : "";
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let state = instances.get(parentElement);
  if (!state) {
    state = { mount: parentElement.querySelector(".te-mount") };
    instances.set(parentElement, state);
  }
  state.setStateValue = setStateValue;
  const { digest, ...rest } = data;
  const content = JSON.stringify([digest, rest.tolerance, rest.marks, rest.outcome_words, rest.gaps.map((g) => g.name), rest.positions.length]);
  if (content !== state.content) {
    const kept = state.digest === digest ? state.data.positions[state.index] : data.start;
    state.content = content;
    state.digest = digest;
    state.data = data;
    state.index = nearest(data.positions, kept);
    state.committed = data.positions[state.index];
    build(state);
    for (const s of state.strips) s.undefined = (name) => `undefined: no one in ${s.group.name} ${data.conditions[name]}`;
    draw(state);
  }
  return () => {
    clearTimeout(state.timer);
    cancelAnimationFrame(state.frame);
    state.observer?.disconnect();
    instances.delete(parentElement);
  };
}
