// Looks numbers up and divides them; texts are only ever set as text. Nothing is loaded or sent.
(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const one = new Intl.NumberFormat(words.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const two = new Intl.NumberFormat(words.locale, { minimumFractionDigits: 2, maximumFractionDigits: 6 });
  const whole = new Intl.NumberFormat(words.locale, { maximumFractionDigits: 1 });
  const put = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
  const say = (node, text, gone = false) => {
    node.textContent = text;
    node.classList.toggle("gone", gone);
  };

  // The trade-off: point at a model, or walk with the arrow keys; what it is stands below.
  const points = [...document.querySelectorAll(".pt")].sort((a, b) => a.dataset.order - b.dataset.order);
  const said = document.getElementById("said");
  const byIndex = new Map(points.map((node) => [node.dataset.index, node]));
  const show = (node, focus = false) => {
    for (const other of points) {
      other.classList.toggle("now", other === node);
      other.setAttribute("tabindex", other === node ? "0" : "-1");
      other.setAttribute("aria-selected", String(other === node));
    }
    const [first, ...rest] = node.getAttribute("aria-label").split(" — ");
    const strong = document.createElement("b");
    strong.textContent = first;
    said.replaceChildren(strong, rest.join(" — "));
    node.parentNode.append(node); // above the others
    if (focus) node.focus();
  };
  points.forEach((node, at) => {
    node.addEventListener("pointerenter", () => show(node));
    node.addEventListener("click", () => show(node, true));
    node.addEventListener("focus", () => { if (!node.classList.contains("now")) show(node); });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const to = event.key === "Home" ? 0 : event.key === "End" ? points.length - 1 : at + step;
      if (!(to >= 0 && to < points.length)) return;
      event.preventDefault();
      show(points[to], true);
    });
  });
  for (const button of document.querySelectorAll("button.pick")) {
    button.addEventListener("click", () => {
      const node = byIndex.get(button.dataset.index);
      if (!node) return;
      show(node);
      document.getElementById("trade-off-chart").scrollIntoView({ block: "nearest" });
    });
  }
  const start = points.find((node) => node.classList.contains("chosen"));
  if (start) show(start);

  // The threshold: counts are looked up, rates are shares of them, gaps the widest difference.
  const sweep = data.thresholds;
  const slider = document.getElementById("threshold");
  if (sweep && slider) {
    const rates = {
      selection_rate: (c) => [c.selected, c.n],
      tpr: (c) => [c.tp, c.good],
      fpr: (c) => [c.fp, c.bad],
      ppv: (c) => [c.tp, c.selected],
      accuracy: (c) => [c.tp === null ? null : c.tp + c.tn, c.n],
    };
    const less = (a, b) => (a === null || b === null ? null : a - b);
    const cells = (at, g) => {
      const n = sweep.n[g], good = sweep.favourable[g], selected = sweep.selected[at][g], tp = sweep.tp[at][g];
      const fp = less(selected, tp), bad = less(n, good);
      return { n, good, bad, selected, tp, fp, fn: less(good, tp), tn: less(bad, fp) };
    };
    const gapOf = (name, all) => {
      const values = [];
      for (const c of all) {
        if (c.n === 0) continue;
        const [k, n] = rates[name](c);
        if (k === null || n === null) return null;
        if (n > 0) values.push(k / n);
      }
      return values.length < 2 ? NaN : Math.max(...values) - Math.min(...values);
    };
    const output = document.getElementById("threshold-now");
    const move = () => {
      const at = Number(slider.value);
      const cut = two.format(sweep.thresholds[at]);
      const small = document.createElement("small");
      small.textContent = at === sweep.start ? ` ${words.chosen}` : "";
      output.replaceChildren(cut, small);
      slider.setAttribute("aria-valuetext", put(words.threshold, { value: cut }));
      const all = data.names.map((_, g) => cells(at, g));
      all.forEach((c, g) => {
        for (const field of ["selected", "tp", "fn", "fp", "tn"]) {
          const node = document.querySelector(`[data-cell="${field}"][data-g="${g}"]`);
          say(node, c[field] === null ? words.withheld : whole.format(c[field]), c[field] === null);
        }
        const known = c.selected !== null && c.n > 0;
        document.querySelector(`[data-bar="${g}"]`).setAttribute("width", known ? `${(100 * c.selected) / c.n}%` : "0");
        say(document.querySelector(`[data-share="${g}"]`), known ? put(words.percent, { value: one.format((100 * c.selected) / c.n) }) : words.withheld, !known);
      });
      for (const name of words.rates) {
        const value = gapOf(name, all);
        const node = document.querySelector(`[data-gap="${name}"]`);
        const known = value !== null && !Number.isNaN(value);
        say(node, known ? one.format(100 * value) : value === null ? words.withheld : words.undefined, !known);
        document.querySelector(`[data-gapbar="${name}"]`).setAttribute("width", known ? `${100 * value}%` : "0");
      }
    };
    slider.addEventListener("input", move);
    document.getElementById("threshold-back").addEventListener("click", () => {
      slider.value = String(sweep.start);
      move();
      slider.focus();
    });
    slider.value = String(sweep.start);
    move();
  }
})();
