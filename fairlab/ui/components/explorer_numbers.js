// The threshold explorer's arithmetic: no document, nothing remembered between calls.
// A person is selected if and only if score >= threshold. Undefined is null, never 0.

const Z95 = 1.959963984540054;

// Numerator and denominator of each rate, from one group's counts.
const RATES = {
  selection_rate: (c) => [c.tp + c.fp, c.tp + c.fp + c.fn + c.tn],
  tpr: (c) => [c.tp, c.tp + c.fn],
  fpr: (c) => [c.fp, c.fp + c.tn],
  ppv: (c) => [c.tp, c.tp + c.fp],
  npv: (c) => [c.tn, c.tn + c.fn],
  accuracy: (c) => [c.tp + c.tn, c.tp + c.fp + c.fn + c.tn],
};

const sum = (c) => c.tp + c.fp + c.fn + c.tn;

function rate(name, c) {
  const [numerator, denominator] = RATES[name](c);
  return denominator > 0 ? numerator / denominator : null;
}

// Wilson's 95 % interval of k out of n people; null for nobody.
function wilson(k, n) {
  if (!(n > 0)) return null;
  const share = k / n;
  const scale = 1 + (Z95 * Z95) / n;
  const center = share + (Z95 * Z95) / (2 * n);
  const spread = Z95 * Math.sqrt((share * (1 - share)) / n + (Z95 * Z95) / (4 * n * n));
  return [k <= 0 ? 0 : Math.max(0, (center - spread) / scale), k >= n ? 1 : Math.min(1, (center + spread) / scale)];
}

// Every threshold one group can stand at, with the counts there: the common positions and its own.
function ladderOf(group, positions) {
  const rows = positions.map((cut, i) => [cut, group.tp[i], group.fp[i]]);
  const known = new Set(positions);
  for (const row of group.own) if (!known.has(row[0])) rows.push(row);
  rows.sort((a, b) => a[0] - b[0]);
  return {
    cuts: rows.map((row) => row[0]),
    tp: rows.map((row) => row[1]),
    fp: rows.map((row) => row[2]),
    favourable: group.size[0],
    unfavourable: group.size[1],
  };
}

// Position of the threshold nearest to a value; of two equally near ones the lower.
function nearest(cuts, value) {
  let low = 0;
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cuts[middle] < value) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && value - cuts[low - 1] <= cuts[low] - value) low -= 1;
  return low;
}

function countsAt(ladder, cut) {
  const i = nearest(ladder.cuts, cut);
  const [tp, fp] = [ladder.tp[i], ladder.fp[i]];
  return { tp, fp, fn: ladder.favourable - tp, tn: ladder.unfavourable - fp };
}

function together(counts) {
  const all = { tp: 0, fp: 0, fn: 0, tn: 0 };
  for (const c of counts) for (const cell of Object.keys(all)) all[cell] += c[cell];
  return all;
}

// A gap between groups: the larger range of its rates, who sets it, and who cannot enter it.
// With fewer than two groups for one of its rates it is undefined.
function gapOf(gap, names, counts) {
  let widest = null;
  let defined = true;
  const leftOut = new Set();
  for (const name of gap.rates) {
    let [low, high, known] = [null, null, 0];
    counts.forEach((c, g) => {
      const value = rate(name, c);
      if (value === null) { leftOut.add(names[g]); return; }
      known += 1;
      const one = { value, group: names[g], of: RATES[name](c)[1] };
      if (low === null || value <= low.value) low = one;
      if (high === null || value > high.value) high = one;
    });
    if (known < 2) { defined = false; continue; }
    const value = high.value - low.value;
    if (widest === null || value > widest.value) widest = { value, high, low, rate: name };
  }
  return { value: defined && widest ? widest.value : null, widest, leftOut: [...leftOut] };
}

// Newcombe's 95 % interval of the difference of two shares, first minus second.
function newcombe(kA, nA, kB, nB) {
  const [a, b] = [kA / nA, kB / nB];
  const [lowA, highA] = wilson(kA, nA);
  const [lowB, highB] = wilson(kB, nB);
  return [a - b - Math.hypot(a - lowA, highB - b), a - b + Math.hypot(highA - a, b - lowB)];
}

// 95 % interval of a gap, over all pairs of groups: the largest bounds of any pair's unsigned
// difference, as the audit's closed form has them. Null with fewer than two groups for a rate.
function gapInterval(gap, counts) {
  const bounds = [0, 0];
  for (const name of gap.rates) {
    const shares = counts.map(RATES[name]).filter((share) => share[1] > 0);
    if (shares.length < 2) return null;
    shares.forEach(([kA, nA], a) => shares.slice(a + 1).forEach(([kB, nB]) => {
      const [low, high] = newcombe(kA, nA, kB, nB);
      bounds[0] = Math.max(bounds[0], low, -high);
      bounds[1] = Math.max(bounds[1], -low, high);
    }));
  }
  return bounds;
}

// What wrong decisions cost, in the user's own unit.
const costOf = (c, costs) => costs[0] * c.fp + costs[1] * c.fn;

// One group before and after a move of its threshold: nobody is both gained and lost.
function movedBetween(before, after) {
  return { favourable: after.tp - before.tp, unfavourable: after.fp - before.fp, selected: after.tp + after.fp - before.tp - before.fp };
}
