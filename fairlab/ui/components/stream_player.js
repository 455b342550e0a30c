// A stream of people played in the browser: gaps so far for each rule, alerts, and who came.
// Every number was computed beforehand; here it is only looked up and drawn.
// The helpers of svg_kit.js stand in front of this file.

const LEFT = 40; // room for the numbers of the axis
const HEIGHT = 300;
const SMALL = 120;
const SPOKEN_EVERY_MS = 5000;
const SETTLED_MS = 400;
// Seconds for the whole stream.
const SPEEDS = [[() => tt("Slow"), 60], [() => tt("Normal"), 20], [() => tt("Fast"), 6]];
const instances = new WeakMap();

const undefinedOr = (value, words) => (value === null ? tt("undefined") : words(value));
const count = (x) => x.toLocaleString(tongue.locale);
const last = (state) => state.data.seen.length - 1;

function build(state) {
  const { data } = state;
  state.play = el("button", { type: "button", class: "sp-play", text: tt("Play"), onclick: () => toggle(state) });
  state.back = el("button", { type: "button", text: tt("Step back"), onclick: () => step(state, -1) });
  state.forth = el("button", { type: "button", text: tt("Step"), onclick: () => step(state, 1) });
  state.speed = el("select", { "aria-label": tt("Speed") },
    ...SPEEDS.map(([label, seconds]) => el("option", { value: seconds, text: `${label()}: ${seconds} s` })));
  state.speed.value = String(SPEEDS[1][1]);
  state.speed.onchange = () => restartClock(state);
  state.where = el("output", { class: "sp-where", for: "sp-at" });
  state.input = el("input", {
    id: "sp-at", type: "range", min: 0, max: last(state), step: 1,
    oninput: (event) => { pause(state); moveTo(state, Number(event.target.value)); },
  });
  state.aloud = el("div", { class: "te-aloud", "aria-live": "polite" });
  state.chart = svg("svg", { class: "sp-svg", role: "img", "aria-label": data.alt });
  const views = [["gap", tt("Everybody so far")], ["recent", tt`Last ${count(data.window)} people`]];
  state.views = views.map(([view, text]) => el("button", { type: "button", text, "data-view": view, onclick: () => show(state, view) }));
  scrubbable(state, state.chart);
  const root = el("div", { class: "te sp", role: "group", "aria-label": tt("Stream player") },
    el("div", { class: "sp-bar" }, state.play, state.back, state.forth,
      el("span", { class: "sp-speed" }, el("span", { text: tt("Speed"), "aria-hidden": "true" }), state.speed), state.where),
    el("div", { class: "sp-scrub" }, el("label", { for: "sp-at", text: tt("Position in the stream") }), state.input),
    el("div", { class: "sp-head" },
      el("p", { class: "sp-title", text: tt`Gap of ${data.title}, points` }),
      el("div", { class: "sp-bar", role: "group", "aria-label": tt("Among whom") }, ...state.views)),
    el("div", {}, state.chart),
    readout(state),
    drift(state),
    state.aloud);
  state.mount.replaceChildren(root);
  state.root = root;
  state.observer?.disconnect();
  state.observer = new ResizeObserver(() => {
    const width = state.chart.parentElement.clientWidth;
    if (width && width !== state.width) draw(state);
  });
  state.observer.observe(state.chart.parentElement);
}

function show(state, view) {
  state.view = view;
  for (const button of state.views) button.setAttribute("aria-pressed", String(button.dataset.view === view));
  if (state.width) draw(state);
}

function readout(state) {
  state.rows = state.data.policies.map((p) => ({
    p, gap: el("td", { class: "sp-num" }), recent: el("td", { class: "sp-num sp-opt" }), alerts: el("td", { class: "sp-num" }),
  }));
  const head = (text, style) => el("th", { scope: "col", class: style, text });
  return el("div", { class: "sp-readout" }, el("table", {},
    el("caption", { class: "te-aloud", text: tt("Every rule at this point of the stream") }),
    el("thead", {}, el("tr", {}, head(tt("Rule")), head(tt("Gap so far"), "sp-num"),
      head(tt`Last ${count(state.data.window)} people`, "sp-num sp-opt"), head(tt("Alerts so far"), "sp-num"),
      head(tt("Typical change to a score"), "sp-num sp-opt"), head(tt("When deciding"), "sp-opt"))),
    el("tbody", {}, ...state.rows.map(({ p, gap, recent, alerts }) => el("tr", {},
      el("th", { scope: "row" }, el("span", { class: "sp-name" }, lineKey(p), el("span", { text: p.label })),
        el("div", { class: "sp-words", text: p.words })),
      gap, recent, alerts, el("td", { class: "sp-num sp-opt", text: points(p.change) }), el("td", { class: "sp-opt", text: p.uses }))))));
}

function drift(state) {
  const { drift: d } = state.data;
  const title = (what) => tt`${what} in the last ${count(d.people)} people, %`;
  const panel = (what, key) => {
    const chart = svg("svg", { class: "sp-svg", role: "img", "aria-label": tt`${title(what)}; the numbers are in the table.` });
    scrubbable(state, chart);
    return { chart, key, node: el("section", {}, el("p", { class: "sp-small", text: title(what) }), el("div", {}, chart)) };
  };
  state.panels = d.people ? [panel(tt("Share of each group"), "share"), panel(tt("Base rate of each group"), "base")] : [];
  state.groups = d.groups.map((g) => ({ g, now: el("span") }));
  const list = state.groups.map(({ g, now }) => el("li", {}, lineKey(g), el("span", { text: g.name }), now));
  if (d.left_out) list.push(el("li", { text: tt`and ${d.left_out} smaller groups, in the file` }));
  const small = el("p", { class: "sp-small", text: tt("The window never fills: the stream is shorter than it.") });
  return el("div", {},
    ...(d.people ? [el("div", { class: "sp-drift" }, ...state.panels.map((p) => p.node))] : [small]),
    el("ul", { class: "sp-groups" }, ...list));
}

// Drawing what depends on the width.

function draw(state) {
  const { data } = state;
  state.width = state.chart.parentElement.clientWidth || 700;
  state.wide = state.width >= 640;
  state.right = state.wide ? 124 : 8;
  state.x = (seen) => LEFT + (seen / data.n) * (state.width - LEFT - state.right);
  drawChart(state);
  for (const p of state.panels) drawPanel(state, p);
  update(state);
}

function linePath(seen, values, x, y, upTo = Infinity) {
  let path = "";
  let pen = "M";
  values.forEach((v, i) => {
    if (v === null) { pen = "M"; return; }
    path += `${pen}${x(seen[i]).toFixed(1)} ${y(Math.min(v, upTo)).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

// A line twice: faint for what is to come, strong up to where the stream stands.
function twice(id, make) {
  return [svg("g", { class: "sp-future" }, ...make()), svg("g", { "clip-path": `url(#${id})` }, ...make())];
}

function clip(state, id, height) {
  const rect = svg("rect", { x: 0, y: 0, height });
  return { rect, node: svg("clipPath", { id }, rect) };
}

function gridAndTicks(state, top, height, y) {
  const end = state.width - state.right;
  const grid = ticks(0, 100 * top, height > 200 ? 6 : 3).flatMap((v) => [
    svg("line", { class: "te-gridline", x1: LEFT, x2: end, y1: y(v / 100), y2: y(v / 100) }),
    svg("text", { x: LEFT - 8, y: y(v / 100) + 4, "text-anchor": "end", text: written(String(v)) }),
  ]);
  const people = ticks(0, state.data.n, Math.max(3, Math.floor((end - LEFT) / 110)));
  const axis = people.filter((v) => Number.isInteger(v)).map((v) => {
    const x = state.x(v);
    const words = v === 0 ? "0 people" : count(v);
    return svg("text", { x: v === 0 ? LEFT : Math.min(x, end), y: height + 16, "text-anchor": v === 0 ? "start" : x > end - 24 ? "end" : "middle", text: words });
  });
  return [...grid, ...axis];
}

function drawChart(state) {
  const { data, chart, width, view } = state;
  const end = width - state.right;
  const top = data.tops[view];
  state.top = top;
  const y = (v) => HEIGHT - 2 - (v / top) * (HEIGHT - 16);
  state.y = y;
  const lanes = data.policies.filter((p) => p.alerts.length);
  // Below the axis and the lanes' title; on a narrow screen each lane's name stands above it.
  const lane = state.wide ? { first: HEIGHT + 52, step: 18 } : { first: HEIGHT + 66, step: 30 };
  const total = HEIGHT + 50 + lane.step * lanes.length;
  const past = clip(state, "sp-past", total);
  state.pasts = [past];
  const cut = svg("clipPath", { id: "sp-plot" }, svg("rect", { x: LEFT, y: 0, width: end - LEFT + 4, height: HEIGHT }));
  const lines = () => data.policies.map((p) => svg("path", {
    d: linePath(data.seen, p[view], state.x, y, 1.5 * top), fill: "none", stroke: p.color, "stroke-width": p.width,
    "stroke-dasharray": DASHES[p.dash], "stroke-linejoin": "round", "clip-path": "url(#sp-plot)",
  }));
  const bars = () => lanes.flatMap((p, k) => p.alerts.map((a) => svg("rect", {
    x: state.x(a.from), width: Math.max(3, state.x(a.to) - state.x(a.from)), y: lane.first + lane.step * k, height: 6, rx: 2, fill: p.color,
  })));
  const band = svg("rect", { class: "te-band", x: LEFT, width: end - LEFT, y: y(Math.min(data.promised, top)), height: y(0) - y(Math.min(data.promised, top)) });
  const limits = data.promised <= top
    ? [svg("line", { class: "sp-promise", x1: LEFT, x2: end, y1: y(data.promised), y2: y(data.promised) })] : [];
  if (view === "recent" && data.tolerance <= top) {
    limits.push(svg("line", { class: "sp-tolerance", x1: LEFT, x2: end, y1: y(data.tolerance), y2: y(data.tolerance) }));
  }
  state.marker = svg("line", { class: "te-line", y1: 0, y2: HEIGHT });
  state.dots = data.policies.map((p) => svg("circle", { class: "te-dot", r: p.width > 3 ? 6 : 4.5, fill: p.color }));
  chart.setAttribute("width", width);
  chart.setAttribute("height", total);
  chart.replaceChildren(past.node, cut, band, ...gridAndTicks(state, top, HEIGHT, y), ...limits,
    ...twice("sp-past", lines), ...twice("sp-past", bars), ...laneLabels(state, lanes, lane), state.marker, ...state.dots,
    ...limitLabels(state), ...early(state), ...endLabels(state));
}

function laneLabels({ data, width, wide, right }, lanes, lane) {
  const rule = width < 480 ? "" : tt`: last ${count(data.window)} people above ${whole(100 * data.tolerance)} points`;
  const title = svg("text", { x: LEFT, y: HEIGHT + 40, "font-weight": 600, text: lanes.length ? tt`Alerts${rule}` : tt`No alerts${rule}` });
  return [title, ...lanes.map((p, k) => svg("text", {
    x: wide ? width - right + 10 : LEFT, y: lane.first + lane.step * k + (wide ? 7 : -5),
    text: `${p.label}: ${p.alerts.length}`,
  }))];
}

function limitLabels({ data, y, top, view }) {
  const words = (v) => tt`${whole(100 * v)} points`;
  const labels = [];
  const put = (v, text, down) => { if (v <= top) labels.push(svg("text", { class: "sp-halo", x: LEFT + 6, y: y(v) + down, text })); };
  put(data.promised, tt`slack: ${words(data.promised)}`, y(0) - y(data.promised) > 20 ? 14 : -4);
  if (view === "recent" && Math.abs(y(data.tolerance) - y(data.promised)) > 14) put(data.tolerance, tt`alert above ${words(data.tolerance)}`, -4);
  return labels;
}

// What the first people do: no gap yet, or one beyond the chart.
function early(state) {
  const { data, x, y, top, view } = state;
  const peak = Math.max(...data.policies.flatMap((p) => p[view].filter((v) => v !== null)), 0);
  const firsts = data.policies.map((p) => p[view].findIndex((v) => v !== null)).filter((i) => i >= 0);
  const notes = [];
  if (peak > top * 1.005) {
    notes.push(svg("text", { class: "sp-halo", x: LEFT + 6, y: 13, text: tt`↑ up to ${points(peak)}, beyond the chart` }));
  }
  const start = firsts.length ? data.seen[Math.min(...firsts)] : data.n;
  if (x(start) - LEFT > 90) {
    const middle = { class: "sp-halo", x: (LEFT + x(start)) / 2, "text-anchor": "middle" };
    const why = view === "gap" ? tt("too few groups so far") : tt("window not full, or a group absent");
    const wide = x(start) - LEFT > 230 || view === "gap";
    notes.push(svg("text", { ...middle, y: y(top / 2), text: firsts.length ? tt("no gap yet:") : tt("no gap:") }));
    notes.push(svg("text", { ...middle, y: y(top / 2) + 16, text: wide ? why : tt("a group is absent") }));
  }
  return notes;
}

// Names at the ends of the lines, pushed apart where they would overlap.
function endLabels(state) {
  if (!state.wide) return [];
  const { data, y, top, view } = state;
  const end = (p) => p[view].findLast((v) => v !== null) ?? null;
  const labels = data.policies
    .filter((p) => end(p) !== null)
    .map((p) => ({ p, y: y(Math.min(end(p), top)) + 4 }))
    .sort((a, b) => a.y - b.y);
  for (let i = 1; i < labels.length; i += 1) labels[i].y = Math.max(labels[i].y, labels[i - 1].y + 15);
  const over = labels.length ? labels[labels.length - 1].y - (HEIGHT - 2) : 0;
  if (over > 0) {
    labels[labels.length - 1].y -= over;
    for (let i = labels.length - 2; i >= 0; i -= 1) labels[i].y = Math.min(labels[i].y, labels[i + 1].y - 15);
  }
  const x = state.width - state.right + 10;
  return labels.flatMap((l) => [
    svg("path", { d: `M${x} ${l.y - 4}h14`, stroke: l.p.color, "stroke-width": 3, "stroke-dasharray": DASHES[l.p.dash] }),
    svg("text", { x: x + 19, y: l.y, text: l.p.label }),
  ]);
}

function drawPanel(state, p) {
  const { drift: d } = state.data;
  const width = p.chart.parentElement.clientWidth || 400;
  const own = { ...state, width, right: 8 };
  own.x = (seen) => LEFT + (seen / state.data.n) * (width - LEFT - 8);
  const known = d.groups.flatMap((g) => g[p.key].filter((v) => v !== null));
  const top = Math.min(1, 1.1 * Math.max(0.05, ...known));
  const y = (v) => SMALL - 2 - (v / top) * (SMALL - 12);
  const id = `sp-past-${p.key}`;
  const past = clip(state, id, SMALL);
  p.past = past.rect;
  p.x = own.x;
  p.marker = svg("line", { class: "te-line", y1: 0, y2: SMALL });
  const lines = () => d.groups.map((g) => svg("path", {
    d: linePath(d.seen, g[p.key], own.x, y), fill: "none", stroke: g.color, "stroke-width": 2, "stroke-dasharray": DASHES[g.dash],
  }));
  p.chart.setAttribute("width", width);
  p.chart.setAttribute("height", SMALL + 22);
  p.chart.replaceChildren(past.node, ...gridAndTicks(own, top, SMALL, y), ...twice(id, lines), p.marker);
}

// Moving: look numbers up and write them; nothing is rebuilt.

function scrubbable(state, node) {
  const follow = (event) => {
    const box = node.getBoundingClientRect();
    const right = node === state.chart ? state.right : 8;
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - right);
    pause(state);
    moveTo(state, nearest(state.data.seen, Math.min(1, Math.max(0, share)) * state.data.n));
  };
  node.onpointerdown = (event) => { node.setPointerCapture(event.pointerId); follow(event); };
  node.onpointermove = (event) => { if (node.hasPointerCapture(event.pointerId)) follow(event); };
}

// Last position with at most so many people, the first one if there is none.
function nearest(seen, people) {
  let low = 0;
  let high = seen.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (seen[middle] <= people + 0.5) low = middle;
    else high = middle - 1;
  }
  return low;
}

function moveTo(state, index) {
  state.index = Math.min(last(state), Math.max(0, index));
  if (!state.frame) state.frame = requestAnimationFrame(() => { state.frame = 0; update(state); });
  if (state.playing) return;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => say(state.aloud, spoken(state)), SETTLED_MS);
}

function step(state, by) {
  pause(state);
  moveTo(state, state.index + by);
}

function toggle(state) {
  if (state.playing) { pause(state); return; }
  if (state.index >= last(state)) moveTo(state, 0);
  state.playing = true;
  say(state.play, tt("Pause"));
  restartClock(state);
  state.spokenAt = performance.now();
  state.tick = requestAnimationFrame((now) => advance(state, now));
}

function pause(state) {
  if (!state.playing) return;
  state.playing = false;
  cancelAnimationFrame(state.tick);
  say(state.play, tt("Play"));
  say(state.aloud, spoken(state));
}

function restartClock(state) {
  state.from = { time: performance.now(), people: state.data.seen[state.index] };
}

// People come at a steady rate; with reduced motion the picture changes once a second.
function advance(state, now) {
  if (!state.playing || !state.root.isConnected) return;
  const share = (now - state.from.time) / 1000 / Number(state.speed.value);
  const people = state.from.people + share * state.data.n;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!calm || now - (state.movedAt ?? 0) > 1000) {
    state.movedAt = now;
    const index = nearest(state.data.seen, people);
    if (index !== state.index) moveTo(state, index);
  }
  if (now - state.spokenAt >= SPOKEN_EVERY_MS) {
    state.spokenAt = now;
    say(state.aloud, spoken(state));
  }
  if (people >= state.data.n) {
    moveTo(state, last(state));
    pause(state);
    return;
  }
  state.tick = requestAnimationFrame((next) => advance(state, next));
}

function spoken(state) {
  const { data, index: i } = state;
  const gaps = data.policies.map((p) => `${p.label} ${undefinedOr(p[state.view][i], points)}`).join(", ");
  const whom = state.view === "gap" ? "" : tt`, last ${count(data.window)} people`;
  return tt`After ${count(data.seen[i])} of ${count(data.n)} people${whom}: ${gaps}.`;
}

function update(state) {
  const { data, index: i } = state;
  const seen = data.seen[i];
  const x = state.x(seen);
  say(state.where, tt`Person ${count(seen)} of ${count(data.n)} · batch ${count(data.batch[i])} of ${count(data.batches)}`);
  if (Number(state.input.value) !== i) state.input.value = i;
  state.input.setAttribute("aria-valuetext", spoken(state));
  state.back.disabled = i === 0;
  state.forth.disabled = i === last(state);
  for (const past of state.pasts) past.rect.setAttribute("width", x);
  for (const at of ["x1", "x2"]) state.marker.setAttribute(at, x);
  state.rows.forEach((row, k) => {
    const value = row.p[state.view][i];
    say(row.gap, undefinedOr(row.p.gap[i], points));
    say(row.recent, undefinedOr(row.p.recent[i], points));
    say(row.alerts, String(row.p.alerts.filter((a) => a.from <= seen).length));
    const dot = state.dots[k];
    dot.style.display = value === null || value > state.top ? "none" : "";
    if (value === null) return;
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", state.y(value));
  });
  updateDrift(state, seen);
}

function updateDrift(state, seen) {
  const { drift: d } = state.data;
  const j = nearest(d.seen, seen);
  for (const p of state.panels) {
    const x = p.x(seen);
    p.past.setAttribute("width", x);
    for (const at of ["x1", "x2"]) p.marker.setAttribute(at, x);
  }
  for (const { g, now } of state.groups) {
    const share = g.share[j];
    say(now, share === null ? tt`${count(g.n)} people in all`
      : tt`${percent(share)} of people, base rate ${undefinedOr(g.base[j], percent)}`);
  }
}

export default function (component) {
  const { data, parentElement } = component;
  speak(data);
  let state = instances.get(parentElement);
  if (!state) {
    state = { mount: parentElement.querySelector(".te-mount") };
    instances.set(parentElement, state);
  }
  if (data.digest !== state.digest || tongue.locale !== state.locale) {
    state.playing = false;
    state.locale = tongue.locale;
    cancelAnimationFrame(state.tick);
    state.digest = data.digest;
    state.data = data;
    state.index = data.seen.length - 1;
    build(state);
    show(state, state.view ?? "gap");
    draw(state);
  }
  return () => {
    state.playing = false;
    clearTimeout(state.timer);
    cancelAnimationFrame(state.frame);
    cancelAnimationFrame(state.tick);
    state.observer?.disconnect();
    instances.delete(parentElement);
  };
}
