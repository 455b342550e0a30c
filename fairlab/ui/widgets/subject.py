"""Which model is looked at, on which people, in which groups: one selector for all pages."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import later, told, tr
from fairlab.results import CROSSING, ScoredPeople
from fairlab.sweeps.cuts import decided
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result

_SPLITS = told(
    {
        "test": later("Test people"),
        "validation": later("Validation people"),
        "train": later("Training people"),
    }
)
PREDICTIONS = state.PREDICTIONS
#: A crossing of attributes that makes more groups is not offered.
MOST_GROUPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Scored people in chosen groups.

    Attributes:
        label: The model, in words.
        people: The scored people of the chosen split.
        by: Attributes whose crossing makes the groups.
        split: ``test``, ``validation``, ``train`` or ``uploaded``.
        digest: Identifies people, scores and groups; a cache key.
        source: ``run`` or ``predictions``.
        outcome_words: How to speak of the two outcomes.
        point: The chosen point, for ``run``.
    """

    label: str
    people: ScoredPeople
    by: tuple[str, ...]
    split: str
    digest: str
    source: str
    outcome_words: tuple[str, str]
    point: state.ChosenPoint | None = None


def people_of(point: state.ChosenPoint, split: str, *, scores: bool = False) -> ScoredPeople:
    """The people of one split as the chosen point decides them.

    Args:
        scores: Give scores even where the point has thresholds per group. Otherwise these people
            carry the decisions made by them, and have no scores.

    Raises:
        FairlabError: If the run, the split or a group does not exist.
    """
    people = result(point.run_id).scored(point.index, split)
    cuts = point.group_cuts
    return people if cuts is None or scores else decided(people, cuts)


def choose_subject(
    key: str, splits: Sequence[str] = tuple(_SPLITS), *, scores: bool = False, linked: bool = False
) -> Subject:
    """Draw the selectors and return what was selected; without anything to select, stop.

    Args:
        key: Prefix of the widgets' keys, unique on the page.
        splits: Splits of a run to choose from; with one, nothing is asked.
        scores: Give scores even for a point with thresholds per group; see :func:`people_of`.
        linked: Keep what is selected in the address bar.
    """
    bind: Literal["query-params"] | None = "query-params" if linked else None
    options: list[state.ChosenPoint | str] = list(reversed(state.chosen_points()))
    if state.predictions() is not None:
        options.append(PREDICTIONS)
    if not options:
        _empty()
        st.stop()
    labels = _labels(options)
    widths = [3, 2, 2] if len(splits) > 1 else [3, 2]
    model, *rest = st.columns(widths, vertical_alignment="bottom")
    groups = rest[-1]
    _open_with_what_is_in_use(f"{key}.model", options, linked=linked)
    chosen = model.selectbox(
        tr("Model"),
        options,
        format_func=labels.__getitem__,
        key=f"{key}.model",
        on_change=_use_selected,
        args=(f"{key}.model",),
        persist_state=None if linked else "session",
        bind=bind,
    )
    if chosen is None:
        st.stop()
    if isinstance(chosen, str):
        people, split = state.predictions(), "uploaded"
        assert people is not None
        words = people.outcome_words or (tr("favourable outcome"), tr("unfavourable outcome"))
        digest = f"predictions:{state.predictions_digest()}"
    else:
        split = splits[0]
        if len(splits) > 1:
            split = rest[0].selectbox(
                tr("People"), splits, format_func=_SPLITS.__getitem__, key=f"{key}.split", bind=bind
            )
        try:
            people = people_of(chosen, split, scores=scores)
        except FairlabError as error:
            st.error(as_it_is(str(error)))
            st.stop()
        words = _words(chosen.run_id)
        digest = f"{chosen.run_id}:{chosen.index}:{split}"
        if chosen.cuts and not scores:
            digest += f":{chosen.by}:{chosen.cuts}"
    point = None if isinstance(chosen, str) else chosen
    own = () if point is None or linked else point.by
    by = _choose_groups(people, groups, key, bind, own)
    if point is not None and point.cuts and not scores:
        st.markdown(as_it_is(people.notes[0]))
    elif point is not None and point.cuts and not linked:
        st.markdown(
            tr(
                "This page reads the model's scores at the one threshold that "
                "was in use before, {threshold:g}; the thresholds per group "
                "play no part here.",
                threshold=point.threshold,
            )
        )
    return Subject(
        label=_label(chosen),
        people=people,
        by=by,
        split=split,
        digest=f"{digest}:{CROSSING.join(by)}",
        source=PREDICTIONS if isinstance(chosen, str) else "run",
        outcome_words=words,
        point=point,
    )


def with_scores(subject: Subject) -> Subject:
    """The same people with the scores behind thresholds per group, at the one threshold before."""
    assert subject.point is not None
    people = people_of(subject.point, subject.split, scores=True)
    return replace(subject, people=people, digest=f"{subject.digest}:scores")


def _open_with_what_is_in_use(
    key: str, options: Sequence[state.ChosenPoint | str], *, linked: bool
) -> None:
    """One model for all pages, until another is selected; a link's own model comes first."""
    if linked and key not in st.session_state and key in st.query_params:
        return
    if state.in_use() in options:
        st.session_state[key] = state.in_use()


def _use_selected(key: str) -> None:
    state.use(st.session_state[key])


def _choose_groups(
    people: ScoredPeople,
    column: "st.delta_generator.DeltaGenerator",
    key: str,
    bind: Literal["query-params"] | None,
    first: tuple[str, ...] = (),
) -> tuple[str, ...]:
    options, left_out = _groupings(people)
    picked = column.selectbox(
        tr("Groups by"),
        options,
        index=options.index(first) if first in options else 0,
        format_func=CROSSING.join,
        key=f"{key}.by",
        bind=bind,
        help=tr(
            "Not offered, because they would make more than {most_groups} groups: {by}.",
            most_groups=MOST_GROUPS,
            by=as_it_is(", ".join(CROSSING.join(by) for by in left_out)),
        )
        if left_out
        else None,
    )
    return tuple(picked) if picked else options[0]


def _groupings(people: ScoredPeople) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Attributes and crossings to make groups by, and crossings of too many groups."""
    names = list(people.attributes)
    crossed: list[tuple[str, ...]] = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    if len(names) > 2:
        crossed.append(tuple(names))
    many = [
        by
        for by in crossed
        if math.prod(len(people.attributes[name].names) for name in by) > MOST_GROUPS
    ]
    return [*((name,) for name in names), *(by for by in crossed if by not in many)], many


def _labels(options: Sequence[state.ChosenPoint | str]) -> dict[state.ChosenPoint | str, str]:
    """A name for each option; models of the same name get the start of their run's name."""
    names = {option: _label(option) for option in options}
    several = [name for name, times in Counter(names.values()).items() if times > 1]
    return {
        option: tr("{name}, run {run_id}", name=name, run_id=option.run_id[:4])
        if name in several and not isinstance(option, str)
        else name
        for option, name in names.items()
    }


def _label(option: "state.ChosenPoint | str") -> str:
    if isinstance(option, str):
        return tr(
            "Uploaded predictions: {predictions_name}", predictions_name=state.predictions_name()
        )
    return option.label


def _words(run_id: str) -> tuple[str, str]:
    from fairlab.ui.store import store

    return store().get(run_id).config.task.outcome_words


def _empty() -> None:
    with st.container(border=True):
        st.subheader(tr("Nothing to look at yet"), anchor=False)
        st.markdown(
            tr(
                "This page reads the scores of a model. Train models and "
                "choose a point on the curve, or upload a table of predictions "
                "made elsewhere."
            )
        )
        left, right = st.columns(2)
        if left.button(tr("Train models"), type="primary", width="stretch"):
            st.switch_page("pages/train.py")
        if right.button(tr("Upload predictions"), width="stretch"):
            st.switch_page("pages/data.py")
