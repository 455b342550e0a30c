"""A rule from a file, tried on the people that are looked at."""

from dataclasses import replace

import numpy as np
import streamlit as st

from fairlab.errors import FairlabError, InputError
from fairlab.frontier import FRONTIER_GAPS, Rule
from fairlab.language import tr
from fairlab.outcomes import Counts, GroupedOutcomes, count
from fairlab.reports.sentences.rule import rule_effect_sentence
from fairlab.reports.tables.rule import rule_effect_table
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.on_screen import on_screen
from fairlab.ui.widgets.subject import Subject

MOST_BYTES = 1_000_000


def import_rule(subject: Subject, outcomes: GroupedOutcomes) -> None:
    """Ask for a rule as JSON and show what it would do to these people.

    Args:
        subject: What is looked at, with scores.
        outcomes: Its people in groups.
    """
    with fold(tr("Try a rule from a file"), key="rule.fold"):
        st.markdown(
            tr(
                "A rule is the JSON file that Train or `fairlab frontier` "
                "writes: thresholds per group. It is tried on the scores and "
                "groups chosen above."
            )
        )
        upload = st.file_uploader(
            tr("Rule (JSON)"), type=["json"], key="rule.file", max_upload_size=1, width=420
        )
        if upload is None:
            return
        try:
            rule = _read(upload.getvalue())
            _effect(subject, outcomes, rule)
        except FairlabError as error:
            st.error(as_it_is(str(error)))


def _read(content: bytes) -> Rule:
    if len(content) > MOST_BYTES:
        raise InputError(
            tr(
                "The file has {n_content:,} bytes; a rule has at most "
                "{most_bytes:,}. Choose the JSON of one rule.",
                n_content=len(content),
                most_bytes=MOST_BYTES,
            )
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(tr("The file is not UTF-8 text. Choose the JSON of a rule.")) from error
    return Rule.from_json(text)


def _in_use(subject: Subject, outcomes: GroupedOutcomes, usual: float) -> Counts:
    """Counts of the decisions in use: at thresholds per group where the model was so chosen."""
    point = subject.point
    if point is None or len(point.cuts) != outcomes.n_groups or point.by != subject.by:
        return count(outcomes, usual)
    decided = outcomes.score >= np.asarray(point.cuts)[outcomes.group]
    return count(replace(outcomes, score=decided.astype(np.float64)))


def _effect(subject: Subject, outcomes: GroupedOutcomes, rule: Rule) -> None:
    found = rule.measure(outcomes)
    usual = subject.people.threshold if subject.point is None else subject.point.threshold
    in_use = _in_use(subject, outcomes, usual)
    accuracy = float((in_use.tp + in_use.tn).sum() / in_use.n.sum())
    gap = FRONTIER_GAPS[rule.constraint].result(in_use)
    st.markdown(as_it_is(rule_effect_sentence(rule, found, gap, accuracy)))
    st.dataframe(
        on_screen(
            rule_effect_table(rule, outcomes, in_use, risk=not subject.people.higher_is_better)
        ),
        hide_index=True,
        width="stretch",
        key="rule.effect",
    )
    point = subject.point
    if point is None:
        return
    cuts = {one.group: one.thresholds for one in rule.groups}
    own = [cuts.get(name, ()) for name in outcomes.group_names]
    if any(len(one) > 1 for one in own):
        st.markdown(
            tr(
                "It draws some decisions, so it cannot be chosen here. Its "
                "twin with one threshold per group can: Train offers both."
            )
        )
        return
    values = tuple(min(max(one[0], -1.0), 2.0) if one else usual for one in own)
    chosen = point.with_cuts(subject.by, values)
    used = chosen in state.chosen_points()
    if st.button(tr("In use") if used else tr("Choose this rule"), key="rule.use", disabled=used):
        state.choose(chosen)
        st.rerun()
