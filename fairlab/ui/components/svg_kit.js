// Small SVG and text helpers, put in front of each component's script when it is registered,
// after rounding.js.
// Names come from users: text is always set with textContent, never as markup.

const SVG = "http://www.w3.org/2000/svg";

const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (name === "class") node.setAttribute("class", value);
    else if (name.startsWith("on")) node[name] = value;
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const whole = (x) => x.toLocaleString(tongue.locale, { maximumFractionDigits: 1 });
// A label inside a sentence: small letters in English alone.
const inside = (label) => (tongue.locale.startsWith("en") ? label.toLowerCase() : label);
const percent = (x) => `${fixed(100 * x, 1)} %`;
const points = (x) => tt`${fixed(100 * x, 1)} points`;

function glyph(symbol, color) {
  const shapes = {
    circle: () => svg("circle", { cx: 7, cy: 7, r: 6 }),
    square: () => svg("rect", { x: 1.5, y: 1.5, width: 11, height: 11 }),
    diamond: () => svg("path", { d: "M7 0L14 7L7 14L0 7Z" }),
    "triangle-up": () => svg("path", { d: "M7 1L13.5 13H.5Z" }),
    x: () => svg("path", { d: "M2 0L7 5L12 0L14 2L9 7L14 12L12 14L7 9L2 14L0 12L5 7L0 2Z" }),
    cross: () => svg("path", { d: "M5 0H9V5H14V9H9V14H5V9H0V5H5Z" }),
  };
  const mark = (shapes[symbol] ?? shapes.circle)();
  mark.setAttribute("fill", color);
  return svg("svg", { class: "te-glyph", width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" }, mark);
}

const DASHES = { solid: null, dash: "7 4", dot: "2 3", dashdot: "7 3 2 3", longdash: "11 4", longdashdot: "11 4 2 4" };

function lineKey(style) {
  return svg("svg", { class: "te-glyph", width: 26, height: 10, "aria-hidden": "true" },
    svg("path", { d: "M0 5H26", stroke: style.color, "stroke-width": 3, "stroke-dasharray": DASHES[style.dash] }));
}

function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((m) => m * power >= rough) * power;
  const values = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) values.push(Number(v.toPrecision(10)));
  return values;
}
