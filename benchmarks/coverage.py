"""How often intervals contain the truth: every interval fairlab gives, in simulation.

Run ``python -m benchmarks.coverage [--json out.json] [--quick]``. Populations are made up, so the
truth is known; people are drawn from them again and again, and each time the interval says whether
it contains it. Wilson's and Newcombe's intervals are not simulated but summed over all outcomes.
A nominal 95 % should give 93 to 97 % for rates and for gaps of two groups with 200 people each or
more; what gaps over more groups give is reported, whatever it is. Where groups do not differ at
all, an interval that starts at 0 contains the truth: more than 97 % is then no fault.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from scipy.stats import binom

from benchmarks.coverage_claims import claim_lines
from benchmarks.coverage_curve import curve_lines
from benchmarks.coverage_impossibility import impossibility_lines
from benchmarks.coverage_people import TWO_GROUPS, Population, many_groups
from benchmarks.coverage_scores import band_lines, change_lines, score_lines
from benchmarks.coverage_weighted import weighted_lines
from benchmarks.harness import columns, machine_line
from fairlab.metrics import GAPS, newcombe, wilson
from fairlab.metrics.gap_intervals import add_interval
from fairlab.metrics.resampling import bootstrap_counts, p_value_of_draws, permutation_counts
from fairlab.outcomes import Counts, FloatArray

LEVEL = 0.95
WANTED = (0.93, 0.97)
DRAWS = 1000


@dataclass(frozen=True, slots=True)
class Line:
    """How often one kind of interval contained the truth.

    Attributes:
        what: The interval, and of what.
        people: The population.
        truth: The true value; None for several at once.
        coverage: Share of samples whose interval contains it; for tests, share rejected.
        samples: Simulated samples; 0 when summed exactly.
        promised: Whether 93 to 97 % is promised here.
        without: Share of samples without an interval.
        width: Mean width; None for tests.
    """

    what: str
    people: str
    truth: float | None
    coverage: float
    samples: int
    promised: bool = False
    without: float = 0.0
    width: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the promise was kept, two standard errors of the simulation allowed.

        More than 97 % is no breach where the truth is "no gap".
        """
        if not self.promised:
            return None
        noise = 0.0 if self.samples == 0 else 2 * np.sqrt(0.95 * 0.05 / self.samples)
        low, high = WANTED[0] - noise, WANTED[1] + noise
        at_no_gap = self.truth is not None and self.truth in (0.0, 1.0)
        return bool(low <= self.coverage and (self.coverage <= high or at_no_gap))


def main(json_path: Path | None = None, quick: bool = False) -> None:
    """Simulate, print a table, and write JSON when asked.

    Args:
        json_path: Where to write the figures.
        quick: A tenth of the samples.
    """
    samples = 100 if quick else 1000
    lines = [*exact_lines()]
    for population in TWO_GROUPS:
        lines += gap_lines(population, samples, promised=True)
    for groups in (3, 6, 12):
        for n in (200, 1000):
            for apart in (0.0, 0.1):
                lines += gap_lines(many_groups(groups, n, apart), samples * 2 // 5, promised=False)
    lines += [Line(**one) for one in score_lines(samples * 2 // 5)]
    lines += [Line(**one) for one in band_lines(samples // 5)]
    lines += [Line(**one) for one in change_lines(samples * 2 // 5)]
    lines += [Line(**one) for one in impossibility_lines(samples * 2 // 5)]
    lines += [Line(**one) for one in weighted_lines(samples * 2 // 5, DRAWS)]
    lines += [Line(**one) for one in claim_lines(samples * 2 // 5)]
    lines += [Line(**one) for one in curve_lines(samples * 2 // 5)]
    print("Coverage of nominal 95 % intervals")
    print(machine_line())
    print(text_table(lines))
    if json_path is not None:
        rows = [{**asdict(line), "kept": line.kept} for line in lines]
        record = {"title": "Coverage", "machine": machine_line(), "level": LEVEL, "lines": rows}
        json_path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"Written to {json_path}.")


def text_table(lines: Sequence[Line]) -> str:
    """The lines as a fixed-width table."""
    rows: list[tuple[str, ...]] = [("interval", "people", "truth", "covers", "no interval", "")]
    rows += [
        (
            line.what,
            line.people,
            "" if line.truth is None else f"{line.truth:.3f}",
            f"{100 * line.coverage:.1f} %",
            f"{100 * line.without:.0f} %" if line.without else "",
            {None: "", True: "as promised", False: "NOT as promised"}[line.kept],
        )
        for line in lines
    ]
    return columns(rows, [""] * len(lines))


def exact_lines() -> list[Line]:
    """Wilson's and Newcombe's intervals: worst and mean over true rates, summed exactly."""
    lines = []
    rates = np.linspace(0.05, 0.95, 91)
    for n in (20, 50, 200, 1000):
        k = np.arange(n + 1)
        low, high = wilson(k, n, LEVEL)
        inside = (low <= rates[:, None]) & (rates[:, None] <= high)
        covers = (binom.pmf(k, n, rates[:, None]) * inside).sum(axis=1)
        text = f"n = {n}, true rates 5 to 95 %"
        mean = float(covers.mean())
        lines.append(Line("Wilson, mean over true rates", text, None, mean, 0, n >= 200))
        lines.append(Line("Wilson, worst true rate", text, None, float(covers.min()), 0))
    for n_a, n_b in ((50, 50), (200, 200), (1000, 200)):
        some = (0.05, 0.1, 0.3, 0.5, 0.8, 0.95)
        covers = np.array([_newcombe_covers(n_a, n_b, a, b) for a in some for b in some])
        text = f"n = {n_a} and {n_b}, true rates 5 to 95 %"
        mean = float(covers.mean())
        lines.append(
            Line("Newcombe, mean over true rates", text, None, mean, 0, min(n_a, n_b) > 99)
        )
        lines.append(Line("Newcombe, worst true rates", text, None, float(covers.min()), 0))
    return lines


def _newcombe_covers(n_a: int, n_b: int, rate_a: float, rate_b: float) -> float:
    a, b = np.arange(n_a + 1)[:, None], np.arange(n_b + 1)
    low, high = newcombe(a, n_a, b, n_b, LEVEL)
    inside = (low <= rate_a - rate_b) & (rate_a - rate_b <= high)
    chance = binom.pmf(a, n_a, rate_a) * binom.pmf(b, n_b, rate_b)
    return float((chance * inside).sum())


def gap_lines(population: Population, samples: int, *, promised: bool) -> list[Line]:
    """All gaps of one population, and how often its permutation test finds a gap."""
    rng = np.random.default_rng(0)
    truths = {name: float(gap(population.expected)) for name, gap in GAPS.items()}
    inside: dict[str, list[float]] = {name: [] for name in GAPS}
    widths: dict[str, list[float]] = {name: [] for name in GAPS}
    found: dict[str, list[bool]] = {name: [] for name in GAPS}
    missing = dict.fromkeys(GAPS, 0)
    drawn = population.sampled(samples, rng)
    for i in range(samples):
        counts = Counts(drawn.tp[i], drawn.fp[i], drawn.fn[i], drawn.tn[i], population.names)
        for name, (low, high, p_value) in _intervals(counts, i).items():
            found[name].append(p_value <= 1 - LEVEL)
            if np.isnan(low):
                missing[name] += 1
                continue
            inside[name].append(low - 1e-9 <= truths[name] <= high + 1e-9)
            widths[name].append(high - low)
    lines = [
        Line(
            name,
            population.text,
            truths[name],
            float(np.mean(inside[name])) if inside[name] else float("nan"),
            samples,
            promised and name in population.promised,
            missing[name] / samples,
            float(np.mean(widths[name])) if widths[name] else None,
        )
        for name in GAPS
    ]
    lines += [
        Line(f"{name}: permutation test finds a gap", population.text, truths[name], share, samples)
        for name in GAPS
        if truths[name] == GAPS[name].equal
        for share in [float(np.mean(found[name]))]
    ]
    return lines


def _intervals(counts: Counts, seed: int) -> dict[str, tuple[float, float, float]]:
    """Lower, upper and p-value of every gap, as an audit gives them; draws shared."""
    resampled = bootstrap_counts(counts, DRAWS, np.random.default_rng(seed))
    shuffled = {
        given: permutation_counts(counts, DRAWS, np.random.default_rng(seed), given)
        for given in {gap.rates[0].given for gap in GAPS.values()}
    }
    result = {}
    for name, gap in GAPS.items():
        found = gap.result(counts)
        if found.value is None:
            result[name] = (np.nan, np.nan, 1.0)
            continue
        far: FloatArray = gap(shuffled[gap.rates[0].given])
        p_value = p_value_of_draws(found.value, far, gap.spread == "ratio")
        whole = add_interval(gap, replace(found, p_value=p_value), counts, gap(resampled), LEVEL)
        low = np.nan if whole.lower is None else whole.lower
        high = np.nan if whole.upper is None else whole.upper
        result[name] = (low, high, p_value)
    return result


def run() -> None:
    """Read the command line and simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, dest="json_path", help="write the figures here")
    parser.add_argument("--quick", action="store_true", help="a tenth of the samples")
    arguments = parser.parse_args()
    main(arguments.json_path, arguments.quick)


if __name__ == "__main__":
    run()
