"""Who streams and who was known before: the test and validation people of a run, or two halves."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.outcomes import FloatArray, IntArray
from fairlab.projection.stream_people import FitPeople
from fairlab.results import ScoredPeople, cross
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.subject import Subject
from fairlab.ui.widgets.sweep_view import nothing_to_sweep

# A longer stream shows nothing more and takes the server's time from others.
MOST = 20_000
_SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class StreamPeople:
    """Scored people in two sets, scores in [0, 1].

    Attributes:
        score, group, y: (n,) of the people who come.
        fit: Those known before.
        group_names: Of all groups.
        threshold: On the scale of ``score``.
        digest: Identifies all of it; a cache key.
        notes: Where scores come from and what was left out, in sentences.
    """

    score: FloatArray
    group: IntArray
    y: IntArray
    fit: FitPeople
    group_names: tuple[str, ...]
    threshold: float
    digest: str
    notes: tuple[str, ...]


def people_of(subject: Subject) -> StreamPeople:
    """The subject as a stream; where that is not possible, say why and stop the page."""
    if not subject.people.has_scores:
        nothing_to_sweep(subject, tr("A stream needs scores"))
        st.stop()
    if len(np.unique(cross(subject.people.attributes, subject.by).codes)) < 2:
        st.warning(
            tr("Everybody here is of one group, so there is no gap to follow. Choose others.")
        )
        st.stop()
    try:
        found = _of_predictions(subject) if subject.point is None else _of_run(subject)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        st.stop()
    return found


def _of_run(subject: Subject) -> StreamPeople:
    """Test people of a run stream; its validation people were known before."""
    point = subject.point
    assert point is not None
    run = result(point.run_id)
    known = run.scored(point.index, "validation")
    notes = [
        tr(
            "{n_y_true:,} validation people were known before the stream "
            "began; the {people_y_true:,} test people come in it.",
            n_y_true=len(known.y_true),
            people_y_true=len(subject.people.y_true),
        )
    ]
    scores = [known.score, subject.people.score]
    if run.points[point.index].mode == "layer":
        try:
            scores = [run.raw_score(point.index, split) for split in ("validation", "test")]
            notes.append(
                tr(
                    "The stream starts from the model's scores before the "
                    "layer's own last step, so “No rule” shows what the "
                    "network alone does."
                )
            )
        except FairlabError:
            notes.append(
                tr(
                    "This run kept only scores that have already passed "
                    "through the layer's frozen rule, so the stream starts "
                    "from those and “No rule” is not the network alone. Train "
                    "again to start from raw scores."
                )
            )
    return _put_together(subject, known, subject.people, scores, point.threshold, notes)


def _of_predictions(subject: Subject) -> StreamPeople:
    """Half of the uploaded people, drawn at random, count as known before."""
    people = subject.people
    order = np.random.default_rng(_SEED).permutation(len(people.y_true))
    half = len(order) // 2
    known, coming = _part(people, np.sort(order[:half])), _part(people, np.sort(order[half:]))
    notes = [
        tr(
            "The uploaded table was split at random: {half:,} people count as "
            "known before, with their outcomes, and the other "
            "{n_order_less_half:,} come in the stream.",
            half=half,
            n_order_less_half=len(order) - half,
        )
    ]
    scores = [known.score, coming.score]
    return _put_together(subject, known, coming, scores, people.threshold, notes)


def _part(people: ScoredPeople, rows: IntArray) -> ScoredPeople:
    from fairlab.results import Attribute

    return ScoredPeople(
        y_true=people.y_true[rows],
        score=people.score[rows],
        attributes={
            name: Attribute(attribute.codes[rows], attribute.names)
            for name, attribute in people.attributes.items()
        },
        threshold=people.threshold,
    )


def _put_together(
    subject: Subject,
    known: ScoredPeople,
    coming: ScoredPeople,
    scores: list[FloatArray],
    threshold: float,
    notes: list[str],
) -> StreamPeople:
    groups = cross(coming.attributes, subject.by)
    known_groups = cross(known.attributes, subject.by)
    kept = np.arange(len(coming.y_true))
    if len(kept) > MOST:
        kept = np.sort(np.random.default_rng(_SEED).choice(len(kept), MOST, replace=False))
        notes.append(
            tr(
                "A random {most:,} of the {n_y_true:,} people who come are played.",
                most=MOST,
                n_y_true=len(coming.y_true),
            )
        )
    if subject.people.weight is not None:
        notes.append(tr("Weights are left aside: in a stream each person counts once."))
    low = float(min(s.min() for s in scores))
    high = float(max(s.max() for s in scores))
    if low < 0 or high > 1:
        notes.append(
            tr(
                "Scores run from {low:.4g} to {high:.4g}; here they are mapped "
                "onto 0 to 1, so one point is a hundredth of that range.",
                low=low,
                high=high,
            )
        )
        span = high - low if high > low else 1.0
        scores = [(s - low) / span for s in scores]
        threshold = (threshold - low) / span
    new = set(np.unique(groups.codes[kept]).tolist()) - set(known_groups.codes.tolist())
    if new:
        names = ", ".join(groups.names[g] for g in sorted(new))
        notes.append(
            tr(
                "Nobody of {names} was known before, so the frozen rule leaves them as is.",
                names=names,
            )
        )
    fit = FitPeople(scores[0], known_groups.codes, known.y_true)
    arrays = (scores[1][kept], groups.codes[kept], coming.y_true[kept])
    return StreamPeople(
        *arrays,
        fit=fit,
        group_names=groups.names,
        threshold=threshold,
        digest=_digest(*arrays, fit.score, fit.group, fit.y, names=groups.names),
        notes=tuple(notes),
    )


def _digest(*arrays: FloatArray | IntArray, names: tuple[str, ...]) -> str:
    content = hashlib.blake2b(repr(names).encode(), digest_size=16)
    for array in arrays:
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()
