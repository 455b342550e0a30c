"""Test accuracy of our boosting and of the peers' with nothing done about any gap.

What part of a win at a wide limit is the learner's. ``docs/quality.md`` prints the table.

    python -m benchmarks.quality_learners --data FOLDER [--seeds 5] [--people 8000]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality_fairlearn import _inputs, _learner, as_ours
from benchmarks.quality_ours import base_scores
from benchmarks.quality_points import Asked
from benchmarks.quality_tables import TABLES, open_table, split_people
from fairlab.outcomes import FloatArray

NAMES = ("adult", "bank", "acs", "compas")


def main(data: Path, seeds: int = 5, people: int = 8000) -> None:
    """Print a line per table: mean over seeds, and differences with their standard error."""
    head = ("table", "peers' trees", "ours", "ours − peers'", "ours refitted − peers'")
    print(" | ".join(head))
    for name in NAMES:
        found = np.array(list(accuracies(name, data, seeds, people)))
        peers, ours, without_stopping = found.T
        print(
            TABLES[name].title,
            f"{100 * peers.mean():.2f}",
            f"{100 * ours.mean():.2f}",
            _said(ours - peers),
            _said(without_stopping - peers),
            sep=" | ",
            flush=True,
        )


def accuracies(name: str, data: Path, seeds: int, people: int) -> Iterator[tuple[float, ...]]:
    """By seed: the peers' boosting, ours, and ours fitted as a reduction fits it."""
    table = TABLES[name]
    for seed in range(seeds):
        prepared = split_people(open_table(table, data), table.by, seed, people)
        asked = Asked(prepared, "demographic_parity", seed, lambda _: {})
        y = asked.y("test")
        decided = [base_scores(prepared, seed, "boosting")["test"] >= 0.5]
        for name_of, model in (("boosting", _learner("boosting", asked)), ("ours", as_ours(asked))):
            model.fit(_inputs(name_of, asked, "train"), asked.y("train"))
            decided.append(model.predict(_inputs(name_of, asked, "test")))
        ours, peers, without_stopping = (float((d == y).mean()) for d in decided)
        yield peers, ours, without_stopping


def _said(difference: FloatArray) -> str:
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    least, most = 100 * difference.min(), 100 * difference.max()
    return f"{100 * difference.mean():+.2f} ± {100 * error:.2f} ({least:+.2f} to {most:+.2f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--people", type=int, default=8000)
    main(**vars(parser.parse_args()))
