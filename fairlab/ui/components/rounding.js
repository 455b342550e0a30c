// Numbers as Python writes them, so that a chart and the sentence under it never differ by a digit:
// a number exactly half-way goes to the even digit, where toFixed goes up.
function fixed(value, digits) {
  const scaled = value * 10 ** digits;
  const below = Math.floor(scaled);
  if (scaled - below !== 0.5) return value.toFixed(digits);
  return ((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits);
}

