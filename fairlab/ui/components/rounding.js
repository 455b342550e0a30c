// Numbers as Python writes them, so that a chart and the sentence under it never differ by a digit:
// a number exactly half-way goes to the even digit, where toFixed goes up.
// With the decimal sign of the language in use.
const written = (number) => number.replace(".", tongue.decimal);

function fixed(value, digits) {
  const scaled = value * 10 ** digits;
  const below = Math.floor(scaled);
  if (scaled - below !== 0.5) return written(value.toFixed(digits));
  return written(((below % 2 === 0 ? below : below + 1) / 10 ** digits).toFixed(digits));
}

