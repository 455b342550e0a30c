"""What other tools would print for an audit, as a table."""

from collections.abc import Iterator

import pandas as pd

from fairlab.language import later, told, tr
from fairlab.metrics import Audit, Translation, translations
from fairlab.metrics.dictionary import score_translations
from fairlab.metrics.gap_names import gap_title

_INEQUALITY = told(
    {"theil": later("Theil index"), "generalized_entropy": later("Generalized entropy (α = 2)")}
)
_SCORES = {"auc_difference": "auc", "mean_score_difference": "mean_score"}
_Found = tuple[str, float | None, tuple[Translation, ...]]


def dictionary_table(
    result: Audit, shown: Audit | None = None, reference: str | None = None
) -> pd.DataFrame:
    """What other tools would print for each gap of this audit, of decisions and of scores.

    Args:
        result: The whole audit.
        shown: The same with small cells suppressed: numbers hidden there are left out.
        reference: The group other tools are told to take as reference; None prints every choice.

    Raises:
        InputError: If the reference is no group with people.
    """
    seen = result if shown is None else shown
    found = [
        *_of_decisions(result, seen, reference),
        *_of_scores(result, seen, reference),
        *_of_benefits(result, seen, reference),
    ]
    rows = [
        (
            label,
            "undefined" if ours is None else tr("{ours:.3f}", ours=ours),
            t.tool,
            t.call,
            t.printed,
            t.meaning,
        )
        for label, ours, translated in found
        for t in translated
    ]
    return pd.DataFrame(
        rows, columns=["Our gap", "We print", "Tool", "Its name", "It prints", "Convention"]
    )


def _of_decisions(result: Audit, seen: Audit, reference: str | None) -> Iterator[_Found]:
    for name, gap in result.gaps.items():
        if not seen.gaps[name].hidden:
            yield gap_title(name), gap.value, translations(name, result.counts, reference)


def _of_scores(result: Audit, seen: Audit, reference: str | None) -> Iterator[_Found]:
    if seen.hidden:
        return
    for name, field in _SCORES.items():
        gap = result.score_gaps.get(name)
        if gap is not None:
            there = [r for r in result.ranking if r.favourable + r.unfavourable > 0]
            values = {one.group: getattr(one, field) for one in there}
            yield gap.label, gap.value, score_translations(name, values, reference)


def _of_benefits(result: Audit, seen: Audit, reference: str | None) -> Iterator[_Found]:
    if seen.hidden:
        return
    for name, label in _INEQUALITY.items():
        ours = result.inequality[name].total.value
        yield label, ours, translations(name, result.counts, reference)
