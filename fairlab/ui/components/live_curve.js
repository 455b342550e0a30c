// One chart that stays in place while points arrive. It asks a small JSON route that answers when
// there is something new, so the page's script does not run while training goes on; Plotly.react
// keeps the visitor's zoom.
// All text that comes from users is set with textContent or as Plotly hover text after escaping.

const instances = new WeakMap();

// Home asks for the library ahead of time; both share one promise on the window.
function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  window.fairlabPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.fairlabPlotly = undefined;
      reject(new Error(tt("The chart library could not be loaded. Reload the page.")));
    };
    document.head.appendChild(script);
  });
  return window.fairlabPlotly;
}

const escapeHtml = (text) =>
  String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const percent = (x) => (x === null || x === undefined ? tt("undefined") : `${fixed(100 * x, 1)} %`);
const points = (x) =>
  x === null || x === undefined ? tt("undefined") : tt`${fixed(100 * x, 1)} points`;

// The dial of a model in words; finished points bring their own.
function dialWords(p) {
  if (p.dial !== undefined) return p.dial;
  const { mode, strength } = p;
  const asked = strength > 0 || p.family?.startsWith("plugin");
  if (mode === "baseline") return asked ? tt`slack ${points(strength)}` : "";
  if (mode === "layer") return strength >= 1 ? tt("no constraint") : tt`slack ${points(strength)}`;
  if (p.asked) return strength >= 1 ? tt("unmitigated") : tt`gap asked for ${points(strength)}`;
  return strength === 0 ? tt("strength 0 (unmitigated)") : tt`strength ${Number(strength.toPrecision(3))}`;
}

// What a run shows now: final points once it is done, else the newest epoch of each family.
function pointsOf(run, live) {
  if (run.final) return run.final;
  const rows = [];
  for (const row of Object.values(live?.latest ?? {})) {
    row.strength.forEach((strength, i) => {
      rows.push({
        mode: row.mode, family: row.methods?.[i] ?? row.mode, strength, seed: row.seed[i],
        asked: row.mode === "penalty" && run.penalty_asked,
        accuracy: row.accuracy[i], gap: row.gap[i],
        index: null, interval: null, flagged: false, front: false, baseline: false,
      });
    });
  }
  return rows;
}

function hoverText(run, p, names) {
  const dial = dialWords(p);
  const lines = [
    `<b>${escapeHtml(names[p.family])}</b>${dial ? `, ${escapeHtml(dial)}` : ""}`,
    tt`accuracy ${percent(p.accuracy)}`,
    tt`gap ${points(p.gap)}` +
      (p.interval ? tt` (95 % interval ${points(p.interval[0])} to ${points(p.interval[1])})` : ""),
  ];
  for (const line of p.hover ?? []) lines.push(escapeHtml(line));
  if (p.apart === false) lines.push(tt("cannot be told from the unmitigated model"));
  lines.push(run.final ? tt("Click to see the details") : tt("validation people, still training"));
  return lines.join("<br>");
}

// The best that thresholds per group allow for one model's scores, behind the points.
function frontierTraces(state, frontier) {
  if (!frontier || !frontier.accuracy.length) return [];
  const scaled = (values) => values.map((v) => 100 * v);
  const name = tt("Best thresholds per group");
  const hover = frontier.slack.map((slack, i) =>
    [`<b>${name}</b>`, tt`for the score of ${escapeHtml(frontier.label)}; other scores may do better`,
     tt`accuracy ${percent(frontier.accuracy[i])}`, tt`gap ${points(frontier.gap[i])}`,
     tt`fitted to a gap of ${points(slack)} on validation people`,
     tt("needs each person's group to decide"), tt("Click to see the rule")].join("<br>"));
  const traces = [];
  if (frontier.band.accuracy.length) {
    traces.push({
      type: "scatter", mode: "lines", fill: "toself", hoverinfo: "skip", showlegend: false,
      x: scaled(frontier.band.accuracy), y: scaled(frontier.band.gap),
      fillcolor: "rgba(128,128,128,0.18)", line: { width: 0 },
    });
  }
  traces.push({
    type: "scatter", mode: "lines", name: tt`${name} for<br>the score of ${escapeHtml(frontier.label)}`,
    ...usesGroup(true), x: scaled(frontier.accuracy), y: scaled(frontier.gap),
    line: { color: state.ink, width: 2.5 },
    customdata: frontier.slack.map((slack) => ["frontier", slack]),
    hovertext: hover, hovertemplate: "%{hovertext}<extra></extra>",
  });
  return traces;
}

// The legend's two groups: whether a decision needs to know the person's group.
function usesGroup(uses) {
  const text = uses ? tt("Deciding uses the group") : tt("Deciding does not use the group");
  const legendrank = uses ? 1500 : 1000;
  return { legendgroup: uses ? "yes" : "no", legendgrouptitle: { text }, legendrank };
}

// The names of baselines stand beside their markers: once per method, at its least gap.
function directLabels(own, data) {
  const least = new Map();
  for (const p of own) {
    if (!least.has(p.family) || p.gap < least.get(p.family).gap) least.set(p.family, p);
  }
  // Neighbours along the axis take turns below and above, so that their names do not collide.
  const order = [...least.values()].sort((a, b) => a.accuracy - b.accuracy);
  return {
    text: own.map((p) => (least.get(p.family) === p ? data.baselines[p.family]?.short ?? "" : "")),
    textposition: own.map((p) => (order.indexOf(p) % 2 ? "top center" : "bottom center")),
  };
}

// Bars along one axis for the points that show theirs; of length 0 would be caps upon each other.
function cross(own, interval, middle, shown, color) {
  const end = (p, which, sign) =>
    shown(p) && p[interval] ? Math.max(0, 100 * sign * (p[interval][which] - p[middle])) : NaN;
  return {
    type: "data", symmetric: false, thickness: 1.2, width: 4, color: color + "88",
    array: own.map((p) => end(p, 1, 1)), arrayminus: own.map((p) => end(p, 0, -1)),
  };
}

// What kinds of marks there are, of which a reader must be told.
function marksShown(data) {
  const newest = data.runs.at(-1);
  if (!newest?.final) return null;
  const all = [...newest.final, ...(newest.settings ?? [])];
  return {
    seeds: Boolean(newest.settings?.length),
    front: all.some((p) => p.front && p.mode !== "baseline" && !p.flagged),
    pale: all.some((p) => p.apart === false),
    hollow: all.some((p) => p.flagged),
  };
}

// The same as the legend's entries in a line, where the screen has no room for them.
function marksInWords(data) {
  const marks = marksShown(data);
  if (!marks) return "";
  return [
    tt("Bars: 95 % intervals, where other people would put a point."),
    marks.seeds && tt("Faint: single seeds; full: their mean."),
    marks.front && tt("Ringed: no other of its family beats it on validation people."),
    marks.pale && tt("Pale: cannot be told from the unmitigated model."),
    marks.hollow && tt("Hollow: has a warning."),
  ].filter(Boolean).join(" ");
}

// What crosses, rings, faint and pale markers mean: entries of the legend with nothing to show.
function marksLegend(state, data) {
  const marks = marksShown(data);
  if (!marks || state.narrow) return [];
  const entry = (name, marker, line) => ({
    type: "scatter", mode: "markers", name, x: [null], y: [null], hoverinfo: "skip",
    legendgroup: "marks", legendgrouptitle: { text: tt("Marks") }, legendrank: 2000,
    marker: { color: state.ink, ...marker, ...(line ? { line } : {}) },
  });
  const found = [entry(tt("other people: 95 %"), { symbol: "cross-thin", size: 11 }, { color: state.ink, width: 1.5 })];
  if (marks.front) {
    const ring = { color: state.ink, width: 2 };
    found.push(entry(tt("best of its family (validation)"), { symbol: "circle", size: 9, color: "rgba(128,128,128,0.5)" }, ring));
  }
  if (marks.seeds) found.push(entry(tt("one seed; full: their mean"), { symbol: "circle-open", size: 6, opacity: 0.6 }));
  if (marks.pale) {
    found.push(entry(tt("cannot be told from unmitigated"), { symbol: "circle", size: 9, opacity: 0.4 }));
  }
  if (marks.hollow) found.push(entry(tt("has a warning"), { symbol: "circle-open", size: 9 }));
  return found;
}

// Whether a point shows its interval of accuracy: the picked one; if none is, the unmitigated ones.
function isCrossed(data, run, p) {
  if (!run.final) return false;
  return data.selected?.[0] === run.id ? data.selected[1] === p.index : p.baseline;
}

function buildTraces(state, data) {
  const traces = frontierTraces(state, data.frontier);
  const labelled = [...Object.entries(data.modes), ...Object.entries(data.baselines)];
  const names = Object.fromEntries(labelled.map(([name, one]) => [name, one.label]));
  data.runs.forEach((run, position) => {
    const all = pointsOf(run, state.live.get(run.id));
    const older = position < data.runs.length - 1;
    for (const [mode, style] of Object.entries(data.modes)) {
      const own = all.filter((p) => p.mode === mode && p.accuracy !== null && p.gap !== null);
      if (!own.length) continue;
      const chosen = (p) => data.selected && data.selected[0] === run.id && data.selected[1] === p.index;
      const means = (run.settings ?? []).filter((p) => p.mode === mode && p.accuracy !== null && p.gap !== null);
      const averagedDials = new Set(means.map((p) => `${p.family}|${p.dial}`));
      const averaged = (p) => averagedDials.has(`${p.family}|${p.dial}`);
      for (const family of new Set(own.map((p) => p.family))) {
        const front = [...own.filter((p) => !averaged(p)), ...means]
          .filter((p) => p.front && p.family === family)
          .sort((a, b) => a.accuracy - b.accuracy);
        if (front.length < 2) continue;
        traces.push({
          type: "scatter", mode: "lines", hoverinfo: "skip", showlegend: false,
          x: front.map((p) => 100 * p.accuracy), y: front.map((p) => 100 * p.gap),
          line: { color: style.color, dash: style.dash, width: 1.5 }, opacity: older ? 0.35 : 0.8,
        });
      }
      const beside = mode === "baseline" && !older && !state.narrow;
      const uses = usesGroup(run.sees || mode === "layer");
      const name = style.label + (older || run.named ? ` (${run.label})` : "");
      // Several seeds: each faint, their mean in full; the one that is picked stands out.
      const faint = own.filter((p) => averaged(p));
      if (faint.length) {
        traces.push({
          type: "scatter", mode: "markers", name, ...uses, showlegend: false,
          x: faint.map((p) => 100 * p.accuracy), y: faint.map((p) => 100 * p.gap),
          hovertext: faint.map((p) => hoverText(run, p, names)),
          hovertemplate: "%{hovertext}<extra></extra>",
          customdata: faint.map((p) => [run.id, p.index]),
          marker: { symbol: style.symbol + "-open", color: style.color,
            opacity: faint.map((p) => (chosen(p) ? 1 : older ? 0.15 : 0.35)),
            size: faint.map((p) => (chosen(p) ? 15 : 6)),
            line: { width: faint.map((p) => (chosen(p) ? 3 : 1)) } },
        });
      }
      const shownPoints = [...own.filter((p) => !averaged(p)), ...means];
      if (!shownPoints.length) continue;
      // How far other people would move the point: in the gap for the front, both ways for the
      // picked one, or else the unmitigated ones. The others' are in hover and table.
      const crossed = (p) => !older && isCrossed(data, run, p);
      const ringed = (p) => run.final && p.front && mode !== "baseline";
      const barred = (p) => crossed(p) || (!older && run.final && (p.front || p.baseline));
      traces.push({
        type: "scatter", mode: beside ? "markers+text" : "markers", name, ...uses,
        x: shownPoints.map((p) => 100 * p.accuracy), y: shownPoints.map((p) => 100 * p.gap),
        error_y: cross(shownPoints, "interval", "gap", barred, style.color),
        error_x: cross(shownPoints, "across", "accuracy", crossed, style.color),
        ...(beside ? directLabels(shownPoints, data) : {}),
        textfont: { color: state.ink, size: 12 },
        hovertext: shownPoints.map((p) => hoverText(run, p, names)),
        hovertemplate: "%{hovertext}<extra></extra>",
        customdata: shownPoints.map((p) => [run.id, p.index]), opacity: older ? 0.5 : 1,
        marker: {
          symbol: shownPoints.map((p) => style.symbol + (p.flagged ? "-open" : "")),
          color: style.color, opacity: shownPoints.map((p) => (p.apart === false && !chosen(p) ? 0.4 : 1)),
          size: shownPoints.map((p) => (chosen(p) ? 17 : p.baseline ? 13 : ringed(p) ? 10 : 7)),
          line: {
            color: state.ink,
            width: shownPoints.map((p) => (chosen(p) ? 3 : p.baseline || ringed(p) ? 2 : 0)),
          },
        },
      });
    }
  });
  return [...traces, ...marksLegend(state, data)];
}

// The axis of accuracy: all points, and a stretch for the ends of the bars of unmitigated ones.
// What is picked does not move it.
function acrossRange(data) {
  const across = accuraciesShown(data);
  if (across.length < 2) return null;
  const [low, high] = [Math.min(...across), Math.max(...across)];
  const margin = Math.max(0.08 * (high - low), 0.3);
  const most = Math.max(margin, 0.6 * (high - low));
  const run = data.runs.at(-1);
  const ends = [...run.final, ...(run.settings ?? [])]
    .filter((p) => p.across && p.baseline).flatMap((p) => p.across.map((a) => 100 * a));
  const beyond = 0.02 * (high - low);  // so that the cap at a bar's end is whole
  return [
    Math.max(low - most, Math.min(low - margin, ...ends.map((end) => end - beyond))),
    Math.min(high + most, Math.max(high + margin, ...ends.map((end) => end + beyond))),
  ];
}

// In percent, of every finished point and of the line; none while models train.
function accuraciesShown(data) {
  if (data.runs.some((run) => !run.final)) return [];
  const points = data.runs.flatMap((run) => run.final.filter((p) => p.accuracy !== null && p.gap !== null));
  return [...points.map((p) => 100 * p.accuracy), ...(data.frontier?.accuracy ?? []).map((a) => 100 * a)];
}

// Axes follow the points that matter: a model that has barely started must not squash the rest.
function layoutFor(state, data) {
  const style = getComputedStyle(state.root);
  const ink = style.getPropertyValue("--st-text-color").trim() || "#333333";
  state.ink = ink;
  const narrow = state.root.clientWidth < 560;
  state.narrow = narrow;
  const layout = structuredClone(data.layout);
  layout.font = {
    ...layout.font, color: ink, family: style.fontFamily,
    size: narrow ? 12 : layout.font?.size ?? 14,
  };
  layout.height = narrow ? 440 : layout.height;
  layout.uirevision = data.runs.map((r) => r.id).join();
  layout.hovermode = "closest";
  layout.separators = tongue.decimal === "," ? ",." : ".,";  // of numbers, then of thousands
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: ink + "88", activecolor: ink };
  layout.hoverlabel = {
    bgcolor: style.getPropertyValue("--st-background-color").trim() || "#ffffff",
    bordercolor: ink, font: { color: ink, size: 13 }, align: "left",
  };
  const range = acrossRange(data);
  if (range) layout.xaxis = { ...layout.xaxis, range, autorange: false };
  return layout;
}

function draw(state) {
  const { data, chart } = state;
  if (!window.Plotly || !state.root.isConnected) return;
  const layout = layoutFor(state, data);
  const traces = buildTraces(state, data);
  state.empty.hidden = traces.some((t) => t.customdata);
  state.marks.textContent = state.narrow ? marksInWords(data) : "";
  state.picked.textContent = pickedWords(data);
  window.Plotly.react(chart, traces, layout, {
    displaylogo: false, showSendToCloud: false, responsive: true,
    displayModeBar: state.narrow ? false : "hover",  // phones always show it, over the legend
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  });
  if (!state.clickBound) {
    state.clickBound = true;
    chart.on("plotly_click", (event) => {
      const [run, index] = event.points[0]?.customdata ?? [];
      if (run === "frontier") sayClick(state, "slack", { slack: index });
      else if (index !== null && index !== undefined) select(state, run, index);
    });
  }
}

// Said beside the buttons, in view of whoever clicked; the detail is right below.
function pickedWords(data) {
  const run = data.runs.find((r) => r.id === data.selected?.[0]);
  const point = run?.final?.find((p) => p.index === data.selected[1]);
  if (!point) return "";
  const dial = dialWords(point);
  const seed = point.seed && point.mode !== "baseline" ? tt`, seed ${point.seed}` : "";
  return tt`Picked: ${point.label}${dial ? `, ${dial}` : ""}${seed}: accuracy ` +
    tt`${percent(point.accuracy)}, gap ${points(point.gap)}. Details below.`;
}

// The detail of a picked point must be seen: its head comes into view once it is there.
function showDetail(state, tries = 40) {
  const head = document.querySelector(".st-key-train_detail");
  if (head) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    head.scrollIntoView({ block: "nearest", behavior: still ? "instant" : "smooth" });
  } else if (tries > 0 && !state.closed) {
    setTimeout(() => showDetail(state, tries - 1), 100);
  }
}

function select(state, run, index) {
  state.pending = [run, index];
  state.show = true;
  state.data = { ...state.data, selected: state.pending };
  draw(state);
  sayClick(state, "selected", { run, index });
}

// The page's script tells which click it has heard. One that reached a server that had just started
// and did not know the page yet is said again; hearing one twice does no harm.
function sayClick(state, event, click) {
  state.at = Date.now();
  keepSaying(state, event, { ...click, at: state.at },
    (said) => state.at === said.at && state.data.heard !== said.at);
}

// Each wait is twice the last, so that a busy server is not asked to start over for ever.
function keepSaying(state, event, value, unheard, wait = 4000) {
  if (state.closed || !unheard(value) || wait > 64000) return;
  state.setTriggerValue(event, value);
  setTimeout(() => keepSaying(state, event, value, unheard, 2 * wait), wait);
}

// An answer to an earlier click must not undo a later one.
function withPending(state, data) {
  const same = (a, b) => a && b && a[0] === b[0] && a[1] === b[1];
  if (same(state.pending, data.selected)) {
    state.pending = null;
    if (state.show) showDetail(state);
    state.show = false;
  }
  return state.pending ? { ...data, selected: state.pending } : data;
}

// Previous / next for keyboards: finished points of the newest run, from most to least accurate.
function step(state, by) {
  const run = [...state.data.runs].reverse().find((r) => r.final);
  if (!run) return;
  const order = run.final
    .filter((p) => p.accuracy !== null && p.gap !== null)
    .sort((a, b) => b.accuracy - a.accuracy || a.gap - b.gap);
  if (!order.length) return;
  const now = state.data.selected ? order.findIndex((p) => p.index === state.data.selected[1]) : -1;
  const next = order[(now + by + order.length) % order.length] ?? order[0];
  select(state, run.id, next.index);
}

function statusText(live) {
  const newest = live.newest;
  if (live.state === "queued") return live.words || tt("Starting …");
  if (live.alone) return live.words;
  if (live.state === "running") {
    if (!newest) return live.words || tt("Reading the table and preparing it …");
    const kept = live.words ? `${live.words} ` : "";
    const left = live.share_done > 0.02
      ? (newest.seconds * (1 - live.share_done)) / live.share_done : null;
    const losses = Object.entries(newest.losses ?? {})
      .map(([name, values]) => {
        const finite = values.filter((v) => v !== null);
        const mean = finite.reduce((a, b) => a + b, 0) / Math.max(1, finite.length);
        return finite.length ? `${name} ${written(mean.toFixed(3))}` : null;
      }).filter(Boolean).join(", ");
    if (newest.mode === "baseline") {
      return tt`${kept}${live.label("baseline")}: ${newest.epoch} of ${newest.epochs}` +
        (left !== null ? tt` · about ${Math.max(1, Math.round(left))} s left` : "");
    }
    if (newest.epoch === 0) {
      return tt`${kept}Trying settings of the network on validation people` +
        (left !== null ? tt` · about ${Math.max(1, Math.round(left))} s left` : "");
    }
    const fold = newest.folds ? tt`Fold ${newest.fold} of ${newest.folds} · ` : "";
    return tt`${kept}${fold}${live.label(newest.mode)}: epoch ${newest.epoch} of ${newest.epochs}` +
      (losses ? tt` · mean loss: ${losses}` : "") +
      (left !== null ? tt` · about ${Math.max(1, Math.round(left))} s left` : "");
  }
  return live.message || "";
}

function drawStatus(state) {
  const running = state.data.runs.filter((r) => r.live);
  state.status.hidden = running.length === 0;
  const run = running[running.length - 1];
  const live = run && state.live.get(run.id);
  if (!live) return;
  const text = state.failures > 0 ? tt("Connection lost, trying again …") : statusText(live);
  if (state.line.textContent !== text) state.line.textContent = text;
  const done = Math.round(100 * (live.share_done ?? 0));
  state.bar.style.width = `${done}%`;
  state.track.setAttribute("aria-valuenow", String(done));
  const now = Date.now();
  if (now - state.spoken > 5000) {
    state.spoken = now;
    state.aloud.textContent = text;
  }
}

// What is known of a run's training; it outlives the page's script runs.
function liveOf(state, run) {
  if (!state.live.has(run.id)) {
    state.live.set(run.id, {
      cursor: 0, attempt: -1, seen: "", latest: {}, label: (m) => state.data.modes[m]?.label ?? m,
    });
  }
  return state.live.get(run.id);
}

function followed(state) {
  return state.data.runs.filter((run) => run.live && !liveOf(state, run).finished);
}

// One question about all live runs; the server answers when there is something new. A page that
// nobody sees asks nothing and catches up when it is looked at again.
async function ask(state) {
  const runs = followed(state);
  if (!runs.length || document.hidden || state.closed) return;
  if (!state.root.isConnected) return schedule(state, 1000);
  const url = new URL("api/points", document.baseURI);
  for (const run of runs) {
    const live = liveOf(state, run);
    url.searchParams.append("run", [run.id, live.cursor, live.attempt, live.seen].join(":"));
  }
  url.searchParams.set("wait", state.data.wait);
  if (state.data.spoken) url.searchParams.set("lang", state.data.spoken.locale);
  const question = new AbortController();
  state.question = question;
  state.about = runs.map((run) => run.id).join();
  // A connection that died without a word (a laptop that slept) must not be waited for.
  const late = setTimeout(() => question.abort(), 1000 * (state.data.wait + 10));
  let pause = 0;
  try {
    const answer = await fetch(url, { cache: "no-store", signal: question.signal });
    if (!answer.ok) throw new Error(tt`status ${answer.status}`);
    const body = await answer.json();
    if (state.question !== question) return;
    state.failures = 0;
    pause = 1000 * body.pause;
    take(state, body.runs);
  } catch {
    if (state.question !== question) return;  // given up on purpose; another is under way
    state.failures += 1;
    pause = backOff(state.failures);
  } finally {
    clearTimeout(late);
  }
  state.question = null;
  drawStatus(state);
  schedule(state, pause);
}

// Milliseconds: 0.4, 0.8 … at most 6 seconds, each shortened at random so that thirty pages do
// not come back to a new server in step.
function backOff(failures) {
  return Math.min(6000, 400 * 2 ** (failures - 1)) * (0.5 + 0.5 * Math.random());
}

function take(state, runs) {
  let moved = false;
  for (const [id, news] of Object.entries(runs)) {
    const live = state.live.get(id);
    if (!live) continue;
    if (live.attempt !== news.attempt) live.latest = {};  // training began again; all rows are here
    for (const row of news.rows) {
      live.latest[row.mode] = row;
      live.newest = row;
    }
    moved ||= news.rows.length > 0;
    Object.assign(live, {
      cursor: news.next, attempt: news.attempt, seen: news.seen, state: news.state,
      message: news.message, share_done: news.share_done,
      words: news.words, alone: news.words_alone,
    });
    if (news.final) {
      live.finished = true;
      if (news.state !== "gone") tellFinished(state, id);
    }
  }
  if (moved) draw(state);
}

// Ask the page's script for the final state, until the page does not show the run as live: when the
// server has just come back, its connection to the page may come back later.
function tellFinished(state, id) {
  keepSaying(state, "finished", id, () => state.data.runs.find((r) => r.id === id)?.live);
}

function schedule(state, delay) {
  clearTimeout(state.timer);
  if (!state.closed) state.timer = setTimeout(() => ask(state), delay);
}

// Let go of the question under way, if any; nothing of its answer is used.
function letGo(state) {
  clearTimeout(state.timer);
  const question = state.question;
  state.question = null;
  question?.abort();
}

function askAgain(state) {
  letGo(state);
  schedule(state, 0);
}

// New data of the page's script: a question about the same runs goes on.
function askAbout(state) {
  const about = followed(state).map((run) => run.id).join();
  if (!state.question || state.about !== about) askAgain(state);
}

function mount(parentElement) {
  const find = (name) => parentElement.querySelector(`.fl-${name}`);
  const state = {
    root: find("root"), chart: find("chart"), empty: find("empty"), status: find("status"),
    line: find("line"), bar: find("bar"), track: find("track"), aloud: find("aloud"),
    marks: find("marks"), picked: find("picked"),
    live: new Map(), pending: null, timer: null, closed: false, spoken: 0, ink: "#333333",
    question: null, about: "", failures: 0, at: 0,
  };
  state.onSeen = () => (document.hidden ? letGo(state) : askAgain(state));
  state.onOnline = () => askAgain(state);
  document.addEventListener("visibilitychange", state.onSeen);
  window.addEventListener("online", state.onOnline);
  find("previous").onclick = () => step(state, -1);
  find("next").onclick = () => step(state, 1);
  instances.set(parentElement, state);
  return state;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  speak(data);
  sayStanding(parentElement);
  if (!data.runs) {
    loadPlotly(data.plotly).catch(() => {});
    return undefined;
  }
  const state = instances.get(parentElement) ?? mount(parentElement);
  Object.assign(state, { data: withPending(state, data), setTriggerValue });
  state.root.setAttribute("aria-label", data.alt);
  parentElement.querySelector(".fl-steps").hidden = !data.runs.some((r) => r.final);
  loadPlotly(data.plotly).then(() => draw(state)).catch((error) => {
    state.empty.hidden = false;
    state.empty.textContent = error.message;
  });
  drawStatus(state);
  askAbout(state);
  return () => {
    state.closed = true;
    letGo(state);
    document.removeEventListener("visibilitychange", state.onSeen);
    window.removeEventListener("online", state.onOnline);
    if (window.Plotly) window.Plotly.purge(state.chart);
    instances.delete(parentElement);
  };
}
