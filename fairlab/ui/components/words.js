// The words of a component in the visitor's language. Python sends the translations of the texts a
// component marks with tt, as a call or as the tag of a template, whose places are {1}, {2} … then.
let tongue = { words: {}, decimal: ".", locale: "en-US" };
const templates = new Map();

// True when the language is another than before.
function speak(data) {
  const next = data.spoken ?? { words: {}, decimal: ".", locale: "en-US" };
  const changed = next.locale !== tongue.locale;
  tongue = next;
  if (changed) templates.clear();
  return changed;
}

function tt(text, ...values) {
  if (typeof text === "string") return tongue.words[text] ?? text;
  let parts = templates.get(text);
  if (parts === undefined) {
    const key = text.reduce((before, part, i) => `${before}{${i}}${part}`);
    parts = (tongue.words[key] ?? key).split(/\{(\d+)\}/);
    templates.set(text, parts);
  }
  return parts.map((part, i) => (i % 2 ? values[Number(part) - 1] : part)).join("");
}

// Texts that stand in a component's HTML: of nodes with data-tt, and labels with data-tt-label.
function sayStanding(root) {
  for (const node of root.querySelectorAll("[data-tt]")) {
    node.dataset.tt ||= node.textContent;
    node.textContent = tt(node.dataset.tt);
  }
  for (const node of root.querySelectorAll("[data-tt-label]")) {
    node.dataset.ttLabel ||= node.getAttribute("aria-label");
    node.setAttribute("aria-label", tt(node.dataset.ttLabel));
  }
}
