// The sweep below the strips: every gap at every single threshold, and the gaps of the present one.

const CHART = 260;

function sweepRow(state) {
  const { data } = state;
  state.chart = svg("svg", { class: "te-plot te-chart", height: CHART + 26, role: "img", "aria-label": data.alt });
  draggable(state, state.chart, null);
  state.focus = data.gaps.some((gap) => gap.name === state.focus) ? state.focus : data.gaps[0].name;
  state.gapRows = data.gaps.map((gap) => ({
    gap, value: el("td", { class: "te-number" }), who: el("td"), band: el("td"),
    button: el("button", {
      type: "button", class: "te-focus", text: gap.label, title: tt`${gap.definition} Show its band in the chart.`,
      onclick: () => { state.focus = gap.name; drawChart(state); update(state); },
    }),
  }));
  const body = el("tbody", {}, ...state.gapRows.map((r) =>
    el("tr", {}, el("th", { scope: "row" }, lineKey(r.gap), r.button), r.value, ...(data.tolerance === null ? [] : [r.band]), r.who)));
  state.chartNote = el("p", { class: "te-note" });
  return el("section", { class: "te-row te-sweep" },
    el("h4", { class: "te-name" }, el("span", { text: tt("Every gap at every single threshold") })),
    el("div", { class: "te-left" }, state.chart, state.chartNote),
    el("div", { class: "te-right" },
      el("table", { class: "te-gaps" },
        el("caption", { class: "te-aloud", text: tt("Gaps between groups now") }),
        el("thead", {}, el("tr", {}, ...[tt("Gap now"), tt("Size (95 % interval)"), ...(data.tolerance === null ? [] : [tt`Within ${whole(100 * data.tolerance)} points`]), tt("Between")].map((text) =>
          el("th", { scope: "col", text })))),
        body)));
}

function drawChart(state) {
  const { data, width, chart } = state;
  const band = data.bands[state.focus];
  const drawn = [...data.gaps.flatMap((g) => g.values), ...(band ? band.upper : [])].filter((v) => v !== null);
  const top = Math.min(1, Math.max(data.tolerance ?? 0, 0.02, ...drawn) * 1.06);
  const y = (value) => CHART - 2 - (Math.min(value, top) / top) * (CHART - 14);
  state.y = y;
  const marks = ticks(0, 100 * top, 5);
  const grid = marks.flatMap((v) => [
    svg("line", { class: "te-gridline", x1: 0, x2: width, y1: y(v / 100), y2: y(v / 100) }),
    svg("text", { class: "te-tick", x: 2, y: y(v / 100) - 3, text: v === marks[marks.length - 1] ? tt`${written(String(v))} points` : written(String(v)) }),
  ]);
  const [zone, zoneName] = toleranceZone(state, width, top);
  const lines = data.gaps.map((gap) => svg("path", {
    d: linePath(state, data.positions, gap.values), fill: "none", stroke: gap.color,
    "stroke-width": gap.name === state.focus ? 3 : 1.5,
    "stroke-dasharray": DASHES[gap.dash], "stroke-linejoin": "round",
  }));
  const color = data.gaps.find((gap) => gap.name === state.focus).color;
  state.dots = data.gaps.map((gap) => svg("circle", { class: "te-dot", r: gap.name === state.focus ? 6 : 4, fill: gap.color }));
  state.chartLine = svg("line", { class: "te-line", y1: 0, y2: CHART });
  state.groupMarks = data.groups.length > MOST_STRIPS ? [] : data.groups.map((group) => {
    const mark = glyph(group.symbol, group.color);
    mark.setAttribute("y", CHART - 16);
    return { mark, line: svg("line", { class: "te-own-line", y1: 0, y2: CHART, stroke: group.color }) };
  });
  chart.setAttribute("width", width);
  chart.replaceChildren(...zone, ...grid, ...bandPaths(state, band, color), ...lines, ...zoneName, state.chartLine,
    ...state.dots, ...state.groupMarks.flatMap((m) => [m.line, m.mark]), ...tickLabels(state, CHART + 16));
  for (const row of state.gapRows) row.button.setAttribute("aria-pressed", String(row.gap.name === state.focus));
}

// The tolerance the visitor has set, if any.
function toleranceZone(state, width, top) {
  const { tolerance } = state.data;
  if (tolerance === null) return [[], []];
  const limit = state.y(Math.min(tolerance, top));
  return [
    [svg("rect", { class: "te-band", x: 0, y: limit, width, height: Math.max(0, CHART - 2 - limit) })],
    [svg("text", { class: "te-tick", x: width - 2, y: limit - 3, "text-anchor": "end", text: tt`tolerance you set: ${whole(100 * tolerance)} points` })],
  ];
}

function linePath(state, positions, values) {
  const stepped = positions.length <= 60;
  let path = "";
  let pen = "M";
  values.forEach((v, i) => {
    if (v === null) { pen = "M"; return; }
    // A value holds from just above the position before: drawn as steps where that is visible.
    if (stepped && i > 0) {
      path += `${pen}${state.x(positions[i - 1]).toFixed(1)} ${state.y(v).toFixed(1)}`;
      pen = "L";
    }
    path += `${pen}${state.x(positions[i]).toFixed(1)} ${state.y(v).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

// The 95 % band of the gap in focus, in pieces where it is undefined between.
function bandPaths(state, band, color) {
  if (!band) return [];
  const pieces = [[]];
  band.lower.forEach((low, i) => {
    if (low === null || band.upper[i] === null) { if (pieces.at(-1).length) pieces.push([]); return; }
    pieces.at(-1).push(i);
  });
  const stepped = state.data.positions.length <= 60;
  const at = (i, v) => `${state.x(band.thresholds[i]).toFixed(1)} ${state.y(v).toFixed(1)}`;
  const point = (i, v) => (stepped && i > 0 ? `${at(i - 1, v)}L${at(i, v)}` : at(i, v));
  const back = (i, v) => (stepped && i > 0 ? `${at(i, v)}L${at(i - 1, v)}` : at(i, v));
  return pieces.filter((p) => p.length > 1).map((p) => svg("path", {
    class: "te-ci", fill: color,
    d: `M${p.map((i) => point(i, band.upper[i])).join("L")}L${[...p].reverse().map((i) => back(i, band.lower[i])).join("L")}Z`,
  }));
}

function updateGaps(state, counts) {
  const { data } = state;
  const names = data.groups.map((group) => group.name);
  const each = state.mode === "each";
  const x = state.x(state.cuts[0]);
  let worst = null;
  state.gapRows.forEach((row, k) => {
    const found = gapOf(row.gap, names, counts);
    const dot = state.dots[k];
    dot.style.display = found.value === null || each ? "none" : "";
    if (found.value === null) {
      say(row.value, "undefined");
      say(row.band, "");
      say(row.who, reasons(state, row.gap, found.leftOut));
      return;
    }
    const range = rangeNow(state, row.gap, counts);
    if (!worst || found.value > worst.value) worst = { value: found.value, range, label: inside(row.gap.label) };
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", state.y(found.value));
    say(row.value, points(found.value) + (range ? ` (${rangeWords(range)})` : ""));
    if (data.tolerance !== null) say(row.band, heldAgainst(found.value, range, data.tolerance));
    const { high, low, value } = found.widest;
    const both = value > 0 ? tt`${high.group} highest (of ${whole(high.of)}), ${low.group} lowest (of ${whole(low.of)})` : tt("no difference");
    const which = row.gap.rates.length > 1 ? ` (${data.rate_labels[found.widest.rate]})` : "";
    const left = found.leftOut.length ? tt`; left out: ${reasons(state, row.gap, found.leftOut)}` : "";
    say(row.who, both + which + left);
  });
  state.chartLine.style.display = each ? "none" : "";
  state.chartLine.setAttribute("x1", x);
  state.chartLine.setAttribute("x2", x);
  state.groupMarks.forEach((m, g) => {
    const at = state.x(state.cuts[g]);
    m.mark.style.display = m.line.style.display = each ? "" : "none";
    m.mark.setAttribute("x", at - 7);
    m.line.setAttribute("x1", at);
    m.line.setAttribute("x2", at);
  });
  const focus = data.gaps.find((gap) => gap.name === state.focus);
  say(state.chartNote, each
    ? tt("The curves are for one threshold for everyone. The marks show each group's own threshold; the sizes in the table are of these, with closed-form intervals (Newcombe).")
    : data.bands[state.focus] ? tt`Shaded: 95 % band of ${inside(focus.label)}, for each threshold on its own.` : "");
  return worst;
}

// The 95 % interval of a gap now: the band's at the nearest threshold it was computed for; for
// thresholds per group, and where the band is undefined, in closed form. Null when there is none.
function rangeNow(state, gap, counts) {
  const { data } = state;
  const band = state.mode === "one" ? data.bands[gap.name] : null;
  if (band) {
    const i = nearest(band.thresholds, state.cuts[0]);
    if (band.lower[i] !== null && band.upper[i] !== null) return [band.lower[i], band.upper[i]];
  }
  return data.weighted ? null : gapInterval(gap, counts);
}

const rangeWords = (range) => `${fixed(100 * range[0], 0)}–${fixed(100 * range[1], 0)}`;

// Whether a gap is within a tolerance, as far as its interval allows an answer.
function heldAgainst(value, range, tolerance) {
  if (!range) return value <= tolerance + 1e-9 ? tt("inside here; no interval") : tt("outside here; no interval");
  if (range[1] <= tolerance + 1e-9) return tt("inside");
  return range[0] > tolerance + 1e-9 ? tt("outside") : tt("we cannot tell");
}

function reasons(state, gap, leftOut) {
  const { conditions } = state.data;
  const why = [...new Set(gap.rates.map((name) => conditions[name]))].join(" or ");
  return leftOut.map((name) => `no one in ${name} ${why}`).join("; ");
}
