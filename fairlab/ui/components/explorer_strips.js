// One strip per group: who has which score, where this group's threshold stands, and what follows.

const MARGIN = 11; // half the slider's thumb, so that thumb and line stand at the same place
const STRIP = 104;
const WIDE = 0.3; // an interval wider than this is named with the number of people behind it

function strip(state, g) {
  const { data } = state;
  const group = data.groups[g];
  const id = `te-cut-${g}`;
  const plot = svg("svg", { class: "te-plot te-strip", height: STRIP, "aria-hidden": "true" });
  draggable(state, plot, g);
  const cells = {};
  const cell = (name) => (cells[name] = el("td"));
  const [favourable, unfavourable] = data.outcome_words;
  const table = el("table", { class: "te-cells" },
    el("caption", { class: "te-aloud", text: tt`Decisions and outcomes in ${group.name}` }),
    el("thead", {}, el("tr", {}, el("td"), el("th", { scope: "col", text: tt("Not selected") }),
      el("th", { scope: "col", text: tt("Selected") }))),
    el("tbody", {},
      el("tr", {}, el("th", { scope: "row", text: `▲ ${favourable}` }), cell("fn"), cell("tp")),
      el("tr", {}, el("th", { scope: "row", text: `▼ ${unfavourable}` }), cell("tn"), cell("fp"))));
  const rates = {};
  const list = el("dl", { class: "te-rates" });
  for (const item of data.rates) {
    const [value, range] = [el("span", { class: "te-rate" }), el("span", { class: "te-range" })];
    rates[item.name] = { node: el("dd", {}, value, range), value, range };
    list.append(el("div", { title: item.definition }, el("dt", { text: item.label }), rates[item.name].node));
  }
  const size = group.size[0] + group.size[1];
  const output = el("output", { class: "te-cut", for: id });
  const input = el("input", {
    id, type: "range", class: "te-own", min: data.low, max: data.high, step: data.step,
    "aria-label": tt`Threshold for ${group.name}`,
    oninput: (event) => moveGroup(state, g, Number(event.target.value)),
    onchange: () => commit(state),
    onkeydown: (event) => byKey(state, event, g),
  });
  const moved = el("p", { class: "te-moved" });
  const row = el("section", { class: "te-row te-group" },
    el("h4", { class: "te-name" }, glyph(group.symbol, group.color),
      el("span", { text: group.name }),
      el("span", { class: "te-n", text: size > 0 ? tt`${whole(size)} people` : tt("nobody in this group") }), output),
    el("div", { class: "te-left" }, input, plot, moved),
    el("div", { class: "te-right" }, table, list));
  return { row, plot, cells, rates, group, g, input, output, moved };
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
  s.before = svg("line", { class: "te-before", y1: 0, y2: STRIP });
  s.line = svg("line", { class: "te-line", y1: 0, y2: STRIP });
  const used = state.x(data.in_use[s.g]);
  s.before.setAttribute("x1", used);
  s.before.setAttribute("x2", used);
  s.plot.setAttribute("width", width);
  s.plot.replaceChildren(
    svg("path", { d: bar(group.favourable, 1), fill: group.color }),
    svg("path", { d: bar(group.unfavourable, -1), fill: group.color, "fill-opacity": 0.35, stroke: group.color, "stroke-width": 0.7 }),
    svg("line", { class: "te-base", x1: 0, x2: width, y1: base, y2: base }),
    s.veil,
    svg("text", { class: "te-label", x: 2, y: 12, text: "▲" }),
    svg("text", { class: "te-label", x: 2, y: STRIP - 3, text: "▼" }),
    s.before,
    s.line);
}

function updateStrip(state, s, counts) {
  const { data } = state;
  const value = state.cuts[s.g];
  const c = counts[s.g];
  const x = state.x(value);
  const each = state.mode === "each";
  for (const name of ["tp", "fp", "fn", "tn"]) say(s.cells[name], whole(c[name]));
  for (const item of data.rates) updateRate(state, s, item.name, c);
  s.veil.setAttribute("width", Math.max(0, x));
  s.line.setAttribute("x1", x);
  s.line.setAttribute("x2", x);
  say(s.output, each ? tt`threshold ${reads(data, value)}` : "");
  s.input.hidden = !each;
  if (each) {
    place(data, s.input, value);
    const selected = RATES.selection_rate(c);
    s.input.setAttribute("aria-valuetext",
      tt`${shown(data, value)}: ${whole(selected[0])} of ${whole(selected[1])} people of ${s.group.name} are selected`);
  }
  say(s.moved, movedWords(state, s.g, c));
}

function updateRate(state, s, name, c) {
  const { node, value, range } = s.rates[name];
  const [k, n] = RATES[name](c);
  const found = rate(name, c);
  say(value, found === null ? `undefined: no one in ${s.group.name} ${state.data.conditions[name]}` : percent(found));
  node.title = [k, n].map(whole).join(" of ");
  node.classList.toggle("te-undefined", found === null);
  const ends = found === null || state.data.weighted ? null : wilson(k, n);
  if (!ends) { say(range, ""); return; }
  const few = ends[1] - ends[0] > WIDE ? tt` of ${whole(n)}` : "";
  say(range, `${fixed(100 * ends[0], 0)}–${fixed(100 * ends[1], 0)}${few}`);
}

// What the move from the thresholds in use means for people of one group.
function movedWords(state, g, c) {
  const { data } = state;
  const moved = movedBetween(countsAt(state.ladders[g], data.in_use[g]), c);
  if (moved.favourable === 0 && moved.unfavourable === 0) return tt("The same people are selected as in use.");
  const more = moved.selected > 0;
  const [favourable, unfavourable] = data.outcome_words;
  return tt`${whole(Math.abs(moved.selected))} ${more ? tt("more") : tt("fewer")} selected than in use: ` +
    tt`${whole(Math.abs(moved.favourable))} with “${favourable}”, ${whole(Math.abs(moved.unfavourable))} with “${unfavourable}”.`;
}

// Which groups have a strip: all of a few, else those the visitor picks.
function groupPicker(state) {
  const { data } = state;
  if (data.groups.length <= MOST_STRIPS) return [];
  const count = el("summary");
  const pills = data.groups.map((group, g) => el("button", {
    type: "button", text: group.name, "aria-pressed": String(state.open.has(g)),
    onclick: (event) => {
      if (state.open.has(g)) state.open.delete(g);
      else state.open.add(g);
      event.currentTarget.setAttribute("aria-pressed", String(state.open.has(g)));
      showStrips(state);
    },
  }));
  state.pickerCount = count;
  return [el("details", { class: "te-picker" }, count,
    el("div", { class: "te-marks", role: "group", "aria-label": tt("Groups shown") }, ...pills))];
}

function showStrips(state) {
  const { data } = state;
  for (const g of data.groups.keys()) {
    const open = state.open.has(g);
    if (open && !state.strips[g]) {
      state.strips[g] = strip(state, g);
      if (state.x) drawStrip(state, state.strips[g]);
    }
    if (!open) state.strips[g] = undefined;
  }
  const shownNow = state.strips.filter(Boolean);
  state.stripBox.replaceChildren(...shownNow.map((s) => s.row));
  if (state.pickerCount) {
    say(state.pickerCount, tt`Groups shown: ${shownNow.length} of ${data.groups.length}. All of them count in the gaps. Choose groups`);
  }
  if (state.x) update(state);
}
