// Thresholds, one for everyone or one per group, redrawn in the browser: the page's script does
// not run while a handle moves. Counts arrive exact for every position; here they are looked up.
// svg_kit.js, explorer_numbers.js, explorer_strips.js and explorer_gaps.js stand before this file.

const COMMIT_MS = 250;
const MOST_STRIPS = 6;
const instances = new WeakMap();

// Building: once per table of people; afterwards only numbers and positions change.

function build(state) {
  const { data, mount } = state;
  const root = el("div", { class: "te", role: "group", "aria-label": tt("Threshold explorer") });
  const id = "te-threshold";
  state.ladders = data.groups.map((group) => ladderOf(group, data.positions));
  state.used = data.in_use.map((cut, g) => countsAt(state.ladders[g], cut));
  state.output = el("output", { class: "te-value", for: id });
  state.input = el("input", {
    id, type: "range", min: data.low, max: data.high, step: data.step,
    oninput: (event) => moveAll(state, Number(event.target.value)),
    onchange: () => commit(state),
    onkeydown: (event) => byKey(state, event, null),
  });
  state.label = el("label", { for: id });
  state.axis = svg("svg", { class: "te-axis", height: 38, "aria-hidden": "true" });
  state.summary = el("p", { class: "te-summary" });
  state.strips = [];
  state.stripBox = el("div");
  root.append(
    controls(state),
    el("div", { class: "te-sticky" },
      headline(state),
      el("div", { class: "te-row te-control" },
        el("div", { class: "te-left" },
          el("div", { class: "te-head" }, state.label, state.output, state.summary), state.input, state.axis))),
    ...groupPicker(state),
    state.stripBox,
    el("p", { class: "te-note", text:
      tt`Bars count people by score. Upward: ${data.outcome_words[0]}. Downward: ` +
      tt`${data.outcome_words[1]}. Heights are square roots, so that small bars stay visible; each group has its own scale. ` +
      tt`The dotted line is the threshold in use. Behind each rate: ${data.weighted ? tt("no interval, because people are weighted.") : tt("its 95 % interval in percent (Wilson).")}` }),
    sweepRow(state));
  state.aloud = el("div", { class: "te-aloud", "aria-live": "polite" });
  root.append(state.aloud);
  mount.replaceChildren(root);
  showStrips(state);
  state.observer?.disconnect();
  state.observer = new ResizeObserver(() => {
    const width = state.chart.parentElement.clientWidth;
    if (width && width !== state.width) { state.width = width; draw(state); }
  });
  state.observer.observe(state.chart.parentElement);
  state.width = state.chart.parentElement.clientWidth || 600;
}

function controls(state) {
  const { data } = state;
  state.modes = [["one", tt("One threshold for everyone")], ["each", tt("One per group")]].map(([mode, label]) =>
    el("button", { type: "button", text: label, "data-mode": mode, onclick: () => setMode(state, mode) }));
  state.buttons = data.strategies.map((strategy) =>
    el("button", { type: "button", text: strategy.label, onclick: () => follow(state, strategy) }));
  state.said = el("p", { class: "te-said", "aria-live": "polite" });
  return el("div", { class: "te-controls" },
    el("div", { class: "te-marks te-modes", role: "group", "aria-label": tt("Who shares a threshold") }, ...state.modes),
    el("div", { class: "te-marks", role: "group", "aria-label": tt("Set the thresholds by") },
      el("span", { text: tt("Set by") }), ...state.buttons),
    state.said);
}

function headline(state) {
  const labels = { selected: tt("Selected"), cost: tt("Cost per 1,000 people"), gap: tt("Widest gap") };
  state.numbers = {};
  return el("dl", { class: "te-numbers" }, ...Object.entries(labels).map(([name, label]) => {
    const value = el("dd", { class: "te-big" });
    const more = el("dd", { class: "te-more" });
    state.numbers[name] = { value, more };
    return el("div", { "data-number": name }, el("dt", { text: label }), value, more);
  }));
}

// As few decimals as tell the positions apart, at least two for scores that have decimals.
function shown(data, value) {
  const own = data.sign * value || 0;
  const short = String(Number(own.toFixed(Math.max(data.digits, 4))));
  const decimals = short.includes(".") ? short.split(".")[1].length : 0;
  return written(decimals < 2 && data.digits >= 2 ? own.toFixed(2) : short);
}

// A risk selects at the threshold or below it.
const reads = (data, value) => shown(data, value) + (data.sign < 0 ? tt(" or less") : "");

function place(data, input, value) {
  const steps = (value - data.low) / data.step;
  input.step = Math.abs(steps - Math.round(steps)) < 1e-6 ? data.step : "any";
  if (Number(input.value) !== value) input.value = value;
}

// Keys visit every position, those of the buttons included. Without a group, everyone moves.
function byKey(state, event, g) {
  const cuts = g === null ? state.data.positions : state.ladders[g].cuts;
  const last = cuts.length - 1;
  const page = Math.max(1, Math.round(last / 10));
  const moves = {
    ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: page, PageDown: -page,
    Home: -last, End: last,
  };
  if (!(event.key in moves) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const at = nearest(cuts, state.cuts[g ?? 0]);
  const value = cuts[Math.min(last, Math.max(0, at + moves[event.key]))];
  if (g === null) moveAll(state, value);
  else moveGroup(state, g, value);
}

// The pointer on a plot moves that group's threshold, or everyone's where there is one for all.
function draggable(state, node, g) {
  const move = (event) => {
    const { data } = state;
    const box = node.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left - MARGIN) / (box.width - 2 * MARGIN)));
    const value = data.low + Math.round((share * (data.high - data.low)) / data.step) * data.step;
    if (state.mode === "one") moveAll(state, value);
    else if (g !== null) moveGroup(state, g, value);
  };
  node.onpointerdown = (event) => { node.setPointerCapture(event.pointerId); move(event); };
  node.onpointermove = (event) => { if (node.hasPointerCapture(event.pointerId)) move(event); };
  node.onpointerup = () => commit(state);
}

// Drawing what depends on the width: bars, lines, axes.

function draw(state) {
  const { data, width } = state;
  const inner = width - 2 * MARGIN;
  state.x = (value) => MARGIN + ((value - data.low) / (data.high - data.low)) * inner;
  for (const s of state.strips) if (s) drawStrip(state, s);
  drawChart(state);
  drawAxis(state);
  update(state);
}

function drawAxis(state) {
  const { width, axis } = state;
  axis.setAttribute("width", width);
  state.sides = [
    svg("text", { class: "te-side", y: 34, "text-anchor": "end", text: tt("← not selected") }),
    svg("text", { class: "te-side", y: 34, text: tt("selected →") }),
  ];
  state.axisLine = svg("line", { class: "te-line", y1: 18, y2: 38 });
  axis.replaceChildren(...tickLabels(state, 12), state.axisLine, ...state.sides);
}

function tickLabels(state, y) {
  const { data, width } = state;
  return ticks(data.low, data.high, Math.max(3, Math.floor(width / 90))).map((v) => {
    const x = state.x(v);
    const anchor = x < 20 ? "start" : x > width - 20 ? "end" : "middle";
    return svg("text", { class: "te-tick", x: anchor === "start" ? 0 : anchor === "end" ? width : x, y, "text-anchor": anchor, text: written(String(data.sign * v || 0)) });
  });
}

// Moving: look numbers up and write them; nothing is rebuilt.

function moveAll(state, value) {
  const cut = state.data.positions[nearest(state.data.positions, value)];
  moved(state, "one", state.data.groups.map(() => cut));
}

function moveGroup(state, g, value) {
  const { cuts } = state.ladders[g];
  moved(state, "each", state.cuts.map((cut, other) => (other === g ? cuts[nearest(cuts, value)] : cut)));
}

function moved(state, mode, cuts, strategy = "") {
  Object.assign(state, { mode, cuts, strategy });
  if (mode === "one") state.single = cuts[0];
  if (!state.frame) {
    state.frame = requestAnimationFrame(() => { state.frame = 0; update(state); });
  }
  clearTimeout(state.timer);
  state.timer = setTimeout(() => commit(state), COMMIT_MS);
}

function setMode(state, mode) {
  if (mode === state.mode) return;
  if (mode === "each") moved(state, "each", [...state.cuts]);
  else moveAll(state, state.single);
  commit(state);
}

// Thresholds that take long to work out are sent once the visitor asks for them.
function follow(state, strategy) {
  if (!strategy.cuts.length) {
    moved(state, state.mode, state.cuts, strategy.name);
    commit(state);
    return;
  }
  if (strategy.mode === "one") moved(state, "one", state.data.groups.map(() => strategy.cuts[0]), strategy.name);
  else moved(state, "each", [...strategy.cuts], strategy.name);
  commit(state);
}

function commit(state) {
  clearTimeout(state.timer);
  say(state.aloud, state.spoken ?? "");
  const choice = { mode: state.mode, cuts: state.mode === "one" ? [state.cuts[0]] : [...state.cuts], strategy: state.strategy };
  const text = JSON.stringify(choice);
  if (text === state.committed) return;
  state.committed = text;
  state.setStateValue("choice", choice);
}

function update(state) {
  const { data, cuts } = state;
  const each = state.mode === "each";
  const counts = cuts.map((cut, g) => countsAt(state.ladders[g], cut));
  for (const s of state.strips) if (s) updateStrip(state, s, counts);
  const worst = updateGaps(state, counts);
  state.label.textContent = each ? tt("Each group has its own threshold, below") : tt("Decision threshold");
  state.input.hidden = each;
  state.axis.style.display = each ? "none" : "";
  say(state.output, each ? "" : reads(data, cuts[0]));
  if (!each) { place(data, state.input, cuts[0]); updateSides(state, state.x(cuts[0])); }
  for (const button of state.modes) button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
  data.strategies.forEach((strategy, i) => state.buttons[i].setAttribute("aria-pressed", String(strategy.name === state.strategy)));
  const strategy = data.strategies.find((one) => one.name === state.strategy);
  say(state.said, strategy ? (strategy.cuts.length ? strategy.sentence : tt`${strategy.sentence} Working it out …`) : each ? tt("Custom thresholds, one per group: a decision needs the person's group.") : tt("A custom threshold for everyone: a decision does not need the person's group."));
  updateNumbers(state, counts, worst);
}

function updateNumbers(state, counts, worst) {
  const { data, numbers } = state;
  const [all, before] = [together(counts), together(state.used)];
  const [people, selected] = [sum(all), all.tp + all.fp];
  const change = selected - (before.tp + before.fp);
  const per = (c) => (1000 * costOf(c, data.costs)) / sum(c);
  const signed = (v) => (Math.abs(v) < 0.05 ? tt("as in use") : tt`${v > 0 ? "+" : "−"}${whole(Math.abs(v))} against in use`);
  say(numbers.selected.value, percent(people > 0 ? selected / people : 0));
  say(numbers.selected.more, tt`${whole(selected)} of ${whole(people)}; ${signed(change)}`);
  say(numbers.cost.value, whole(per(all)));
  say(numbers.cost.more, tt`${written(String(Number((per(all) / 1000).toPrecision(3))))} per person; ${signed(per(all) - per(before))}`);
  say(numbers.gap.value, worst ? points(worst.value) : tt("undefined"));
  const interval = worst?.range ? tt`95 % interval ${rangeWords(worst.range)}` : data.weighted ? tt("no interval: people are weighted") : tt("no interval");
  say(numbers.gap.more, worst ? `${worst.label}; ${interval}` : "");
  const accuracy = rate("accuracy", all);
  const text = tt`${whole(selected)} of ${whole(people)} people are selected; accuracy ${accuracy === null ? tt("undefined") : percent(accuracy)}.`;
  say(state.summary, text);
  state.spoken = `${state.mode === "each" ? tt("Thresholds per group") : tt`Threshold ${reads(data, state.cuts[0])}`}: ${text}` +
    tt` Cost ${whole(per(all))} per 1,000 people.` + (worst ? tt` Widest gap ${points(worst.value)}, ${worst.label}, ${interval}.` : "");
  state.input.setAttribute("aria-valuetext", state.spoken);
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

// Thresholds to show after new data: those on screen, a named strategy's new ones, or the start.
function adopt(state, data, kept) {
  const { mode, cuts, strategy, single } = kept ? state : data.start;
  const all = data.groups.map((_, g) => cuts[mode === "one" ? 0 : g] ?? cuts[0]);
  Object.assign(state, { mode, cuts: all, strategy, single: kept ? single : mode === "one" ? cuts[0] : data.in_use[0] });
  const named = data.strategies.find((one) => one.name === strategy);
  if (named?.cuts.length) {
    state.mode = named.mode;
    state.cuts = data.groups.map((_, g) => named.cuts[named.mode === "one" ? 0 : g]);
    if (named.mode === "one") state.single = named.cuts[0];
  }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  speak(data);
  let state = instances.get(parentElement);
  if (!state) {
    state = { mount: parentElement.querySelector(".te-mount") };
    instances.set(parentElement, state);
  }
  state.setStateValue = setStateValue;
  const { start, ...rest } = data;
  const content = JSON.stringify([rest.digest, rest.tolerance, rest.strategies, rest.costs, rest.in_use, rest.outcome_words, rest.gaps.map((g) => g.name), Object.keys(rest.bands), rest.positions.length]);
  if (content !== state.content) {
    const kept = state.digest === data.digest;
    if (!kept) state.open = new Set(data.first_shown);
    state.content = content;
    state.digest = data.digest;
    state.data = data;
    adopt(state, data, kept);
    state.x = null;
    build(state);
    draw(state);
    if (!kept) state.committed = JSON.stringify({ mode: state.mode, cuts: state.mode === "one" ? [state.cuts[0]] : state.cuts, strategy: state.strategy });
    else commit(state);
  }
  return () => {
    clearTimeout(state.timer);
    cancelAnimationFrame(state.frame);
    state.observer?.disconnect();
    instances.delete(parentElement);
  };
}
