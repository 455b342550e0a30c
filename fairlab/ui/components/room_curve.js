// The curve of a workshop room as numbered points, small enough for thirty phones: drawn by hand,
// without a chart library. Tapping shows what a point means in people, which is here already, so
// exploring asks nothing of the server. Users' texts are set with textContent only.

const curves = new WeakMap();
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  parent?.appendChild(node);
  return node;
}

function element(name, className, parent, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  parent?.appendChild(node);
  return node;
}

function ticks(low, high, most) {
  const rough = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough);
  const found = [];
  for (let t = Math.ceil(low / step) * step; t <= high + 1e-9; t += step) found.push(t);
  return found;
}

// Bubbles that would lie on each other move apart; each keeps to its point as well as it can.
function apart(marks, box) {
  for (let round = 0; round < 120; round += 1) {
    for (const mark of marks) {
      mark.x += 0.03 * (mark.x0 - mark.x);
      mark.y += 0.03 * (mark.y0 - mark.y);
    }
    for (let i = 0; i < marks.length; i += 1) {
      for (let j = i + 1; j < marks.length; j += 1) {
        const [a, b] = [marks[i], marks[j]];
        let [dx, dy] = [b.x - a.x, b.y - a.y];
        let distance = Math.hypot(dx, dy);
        const wanted = a.r + b.r + 3;
        if (distance >= wanted) continue;
        if (distance < 0.01) [dx, dy, distance] = [Math.cos(i + 2 * j), Math.sin(i + 2 * j), 1];
        const push = (wanted - distance) / 2;
        a.x -= (push * dx) / distance; a.y -= (push * dy) / distance;
        b.x += (push * dx) / distance; b.y += (push * dy) / distance;
      }
    }
    for (const mark of marks) {
      mark.x = Math.min(box.right - mark.r, Math.max(box.left + mark.r, mark.x));
      mark.y = Math.min(box.bottom - mark.r, Math.max(box.top + mark.r, mark.y));
    }
  }
}

function shape(mark, parent, pale) {
  const { x, y, r } = mark;
  const style = {
    fill: "var(--st-background-color)", stroke: mark.point.color, "stroke-width": 2.5,
    "stroke-opacity": pale ? 0.5 : 1,
  };
  if (mark.point.symbol === "square") {
    const a = 0.9 * r;
    return svg("rect", { x: x - a, y: y - a, width: 2 * a, height: 2 * a, rx: 3, ...style }, parent);
  }
  if (mark.point.symbol === "diamond") {
    const d = 1.2 * r;
    return svg("path", { d: `M${x} ${y - d}L${x + d} ${y}L${x} ${y + d}L${x - d} ${y}Z`, ...style }, parent);
  }
  return svg("circle", { cx: x, cy: y, r, ...style }, parent);
}

function axes(node, state, box, px, py, bounds, font) {
  const { data } = state;
  const grid = { stroke: "currentColor", "stroke-opacity": 0.16, "stroke-width": 1 };
  const small = { "font-size": 0.85 * font, fill: "currentColor" };
  const number = (t) => String(Math.round(10 * t) / 10).replace(".", data.spoken?.decimal ?? ".");
  for (const t of ticks(bounds.x0, bounds.x1, box.right - box.left < 420 ? 4 : 7)) {
    svg("line", { x1: px(t), x2: px(t), y1: box.top, y2: box.bottom, ...grid }, node);
    svg("text", { x: px(t), y: box.bottom + 1.3 * font, "text-anchor": "middle", ...small }, node, number(t));
  }
  for (const t of ticks(bounds.y0, bounds.y1, 5)) {
    svg("line", { x1: box.left, x2: box.right, y1: py(t), y2: py(t), ...grid }, node);
    svg("text", { x: box.left - 6, y: py(t) + 0.3 * font, "text-anchor": "end", ...small }, node, number(t));
  }
  const words = { "font-size": 0.95 * font, fill: "currentColor" };
  svg("text", { x: box.right, y: box.bottom + 2.75 * font, "text-anchor": "end", ...words }, node, data.words.x);
  svg("text", { x: 2, y: 1.05 * font, ...words }, node, data.words.y);
}

function boundsOf(points) {
  const xs = points.map((p) => p.x), ys = points.map((p) => p.y);
  const padX = Math.max(0.5, 0.12 * (Math.max(...xs) - Math.min(...xs)));
  const top = Math.max(...ys);
  const pad = Math.max(0.5, 0.12 * top);
  return { x0: Math.min(...xs) - padX, x1: Math.max(...xs) + padX, y0: Math.min(0, ...ys) - pad, y1: top + pad };
}

// The interval of accuracy and of the gap of the picked point: where other people would put it.
function cross(node, point, px, py, box) {
  const line = { stroke: point.color, "stroke-width": 2, "stroke-opacity": 0.75 };
  const clampX = (v) => Math.min(box.right, Math.max(box.left, v));
  const clampY = (v) => Math.min(box.bottom, Math.max(box.top, v));
  if (point.across) {
    const [a, b] = point.across.map((v) => clampX(px(v)));
    svg("line", { x1: a, x2: b, y1: py(point.y), y2: py(point.y), ...line }, node);
  }
  if (point.interval) {
    const [a, b] = point.interval.map((v) => clampY(py(v)));
    svg("line", { x1: px(point.x), x2: px(point.x), y1: a, y2: b, ...line }, node);
  }
}

function draw(state) {
  const { data, plot } = state;
  const focused = plot.contains(document.activeElement) ? document.activeElement.dataset.index : null;
  plot.replaceChildren();
  const width = Math.max(260, plot.clientWidth || 600);
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const font = root * (width < 480 ? 0.9 : 0.95);
  const height = Math.round(Math.min(data.tall ? 0.62 * width : 0.56 * width + 90, data.tall ? 24 * root : 25 * root));
  const box = { left: 2.6 * font, right: width - 6, top: 2 * font, bottom: height - 3.2 * font };
  const bounds = boundsOf(data.points);
  const px = (v) => box.left + ((v - bounds.x0) / (bounds.x1 - bounds.x0)) * (box.right - box.left);
  const py = (v) => box.bottom - ((v - bounds.y0) / (bounds.y1 - bounds.y0)) * (box.bottom - box.top);
  const node = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": data.alt }, plot);
  axes(node, state, box, px, py, bounds, font);
  for (const [x, y] of data.others) {
    if (x < bounds.x0 || x > bounds.x1 || y > bounds.y1) continue;
    svg("circle", { cx: px(x), cy: py(y), r: 2.5, fill: "currentColor", "fill-opacity": 0.28 }, node);
  }
  const picked = data.points.find((p) => p.index === state.selected);
  if (picked) cross(node, picked, px, py, box);
  const least = 0.82 * font + 1;
  const marks = data.points.map((point) => {
    const count = data.counts ? data.counts[point.index] ?? 0 : 0;
    const r = count ? Math.min(3.4 * font, least + 0.32 * font * Math.sqrt(count)) + 3 : least;
    return { point, count, r, x0: px(point.x), y0: py(point.y), x: px(point.x), y: py(point.y) };
  });
  apart(marks, box);
  for (const mark of marks) {
    const moved = Math.hypot(mark.x - mark.x0, mark.y - mark.y0);
    if (moved > 5) svg("line", { x1: mark.x0, y1: mark.y0, x2: mark.x, y2: mark.y, stroke: mark.point.color, "stroke-width": 1.2 }, node);
    if (moved > 5) svg("circle", { cx: mark.x0, cy: mark.y0, r: 4, fill: mark.point.color }, node);
  }
  for (const mark of marks) bubble(state, node, mark, font);
  const own = marks.find((mark) => mark.point.index === data.mine);
  if (own) {
    // Above it stands the axis title; a mark at the top has its word beside it.
    const above = own.y - own.r - 5 - 0.85 * font > box.top;
    const left = own.x - box.left > 5 * font;
    svg("text", {
      ...(above ? { x: own.x, y: own.y - own.r - 5, "text-anchor": "middle" }
        : { x: own.x + (left ? -1 : 1) * (own.r + 5), y: own.y + 0.3 * font, "text-anchor": left ? "end" : "start" }),
      "font-size": 0.85 * font, "font-weight": 700,
      fill: "currentColor", stroke: "var(--st-background-color)", "stroke-width": 4, "paint-order": "stroke",
    }, node, data.words.mine);
  }
  if (focused !== null) plot.querySelector(`[data-index="${focused}"]`)?.focus();
}

function bubble(state, node, mark, font) {
  const { data } = state;
  const { point, count } = mark;
  const selected = point.index === state.selected;
  const said = data.counts ? `${point.title}. ${data.words.people.replace("{n}", count)}` : point.title;
  const group = svg("g", {
    class: "fl-room-point", tabindex: 0, role: "button", "aria-pressed": selected, "aria-label": said,
    "data-index": point.index,
  }, node);
  svg("circle", { cx: mark.x, cy: mark.y, r: Math.max(22, mark.r), fill: "transparent" }, group);
  const pale = Boolean(data.counts) && !count && !selected;
  const outline = shape(mark, group, pale);
  if (selected) {
    outline.setAttribute("fill", point.color);
    outline.setAttribute("stroke", "currentColor");
    outline.setAttribute("stroke-width", 3);
  }
  const ink = selected ? "#ffffff" : "currentColor";
  const base = { x: mark.x, "text-anchor": "middle", fill: ink, "fill-opacity": pale ? 0.7 : 1, "font-weight": pale ? 400 : 700 };
  const shift = count ? -0.1 * font : 0.33 * font;
  svg("text", { ...base, y: mark.y + shift, "font-size": font }, group, String(point.number));
  if (count) svg("text", { ...base, y: mark.y + 0.85 * font, "font-size": 0.78 * font }, group, `×${count}`);
  group.addEventListener("click", (event) => {
    event.stopPropagation();
    pick(state, point.index);
  });
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") pick(state, point.index);
    else if (event.key === "ArrowRight" || event.key === "ArrowDown") step(state, 1);
    else if (event.key === "ArrowLeft" || event.key === "ArrowUp") step(state, -1);
    else return;
    event.preventDefault();
  });
}

// A tap beside all points means the nearest one: fingers are wider than markers.
function tapped(state, event) {
  const node = state.plot.querySelector("svg");
  if (!node) return;
  const frame = node.getBoundingClientRect();
  const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
  let best = null, least = 40;
  for (const group of node.querySelectorAll(".fl-room-point")) {
    const circle = group.firstChild;
    const distance = Math.hypot(circle.getAttribute("cx") - x, circle.getAttribute("cy") - y);
    if (distance < least) [best, least] = [Number(group.dataset.index), distance];
  }
  if (best !== null) pick(state, best);
}

function pick(state, index) {
  state.selected = index;
  state.picks += 1;
  draw(state);
  card(state);
  if (state.data.choosing) state.setStateValue("picked", { index, at: Date.now() + state.picks });
}

function step(state, by) {
  const order = state.data.points;
  const now = order.findIndex((p) => p.index === state.selected);
  const next = now < 0 ? (by > 0 ? 0 : order.length - 1) : (now + by + order.length) % order.length;
  pick(state, order[next].index);
  state.plot.querySelector(`[data-index="${order[next].index}"]`)?.focus({ preventScroll: true });
}

// What the picked point means, in people.
function card(state) {
  const { data } = state;
  const box = state.card;
  box.replaceChildren();
  const point = data.points.find((p) => p.index === state.selected);
  if (!point) {
    element("p", "fl-room-hint", box, data.words.hint);
    return;
  }
  element("p", "fl-room-name", box, point.title);
  for (const line of point.lines) element("p", "fl-room-line", box, line);
  const list = element("ul", "fl-room-groups", box);
  for (const group of point.groups) {
    const item = element("li", "", list);
    const head = element("div", "fl-room-row", item);
    element("strong", "", head, group.name);
    element("span", "", head, group.said);
    if (group.share !== null) {
      const track = element("div", "fl-room-track", item);
      track.setAttribute("aria-hidden", "true");
      const bar = element("div", "fl-room-bar", track);
      bar.style.width = `${group.share}%`;
    }
    if (group.moved) element("div", "fl-room-moved", item, group.moved);
  }
  if (point.note) element("p", "fl-room-line", box, point.note);
}

function mountCurve(parent) {
  const find = (name) => parent.querySelector(`.fl-room-${name}`);
  const state = { plot: find("plot"), card: find("card"), root: find("root"), selected: null, picks: 0, told: undefined, width: 0 };
  find("previous").onclick = () => step(state, -1);
  find("next").onclick = () => step(state, 1);
  state.plot.addEventListener("click", (event) => tapped(state, event));
  state.watch = new ResizeObserver(() => {
    const width = state.plot.clientWidth;
    if (state.data && width && width !== state.width) {
      state.width = width;
      draw(state);
    }
  });
  state.watch.observe(state.plot);
  curves.set(parent, state);
  return state;
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = curves.get(parentElement) ?? mountCurve(parentElement);
  Object.assign(state, { data, setStateValue });
  // The page's own choice counts when it changed; between changes what was tapped last stays.
  if (data.selected !== state.told) {
    state.told = data.selected;
    if (data.selected !== null || state.picks === 0) state.selected = data.selected;
  }
  parentElement.querySelector(".fl-room-previous").textContent = data.words.previous;
  parentElement.querySelector(".fl-room-next").textContent = data.words.next;
  parentElement.querySelector(".fl-room-legend").replaceChildren(
    ...data.legend.map((one) => {
      const item = document.createElement("span");
      const mark = element("span", `fl-room-key fl-room-${one.symbol}`, item);
      mark.style.borderColor = one.color;
      item.append(one.label);
      return item;
    }),
  );
  state.root.classList.toggle("fl-room-beside", data.beside && !data.quiet);
  state.card.hidden = data.quiet;
  parentElement.querySelector(".fl-room-steps").hidden = data.quiet;
  draw(state);
  card(state);
  return () => {
    state.watch.disconnect();
    curves.delete(parentElement);
  };
}
