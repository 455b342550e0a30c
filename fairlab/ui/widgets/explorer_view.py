"""What the threshold explorer offers: costs, named strategies, and where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import streamlit as st

from fairlab.config import GroupCuts
from fairlab.errors import FairlabError
from fairlab.frontier.group_cuts import rule_of_cuts
from fairlab.frontier.strategies import STRATEGIES, StrategyThresholds, strategy_thresholds
from fairlab.impossibility import LeastWorstGap
from fairlab.language import in_english, later, tr, translated
from fairlab.outcomes import GroupedOutcomes
from fairlab.reports.figures.explorer import NamedCuts, tidy_cut
from fairlab.reports.sentences.strategy import kept_sentence, strategy_sentence
from fairlab.reports.tables.sweep import sweep_csv, sweep_table
from fairlab.results import CROSSING
from fairlab.sweeps import ThresholdSweep
from fairlab.sweeps.bands import GapBands, gap_bands
from fairlab.ui import state
from fairlab.ui.explorer_choice import ExplorerChoice, choice_of_link
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.fold import fold_made_when_opened
from fairlab.ui.widgets.subject import Subject
from fairlab.ui.widgets.sweep_view import digest_of, sweep_of

PARAM = "cuts"
_HELD = "fairlab.explorer"
_REDRAW = "fairlab.explorer.redraw"
_FEW_GROUPS = 6
_USUAL_COST = 1.0
# Beyond these a strategy that narrows a gap takes seconds: it is worked out once asked for.
_QUICK_GROUPS = 8
_QUICK_PEOPLE = 50_000
_ON_REQUEST = later("Worked out once pressed: with this many people or groups, in up to a minute.")


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """People strategies are fitted on.

    Attributes:
        outcomes, digest: The people and their cache key.
        words: Who they are, with their number.
    """

    outcomes: GroupedOutcomes
    digest: str
    words: str


def ask_costs(words: tuple[str, str]) -> tuple[float, float]:
    """Draw what each wrong decision costs; kept in the address bar.

    Returns:
        Cost of a false positive and of a false negative, positive.
    """
    columns = st.columns(2)
    texts = (
        (
            "fp",
            tr("Cost of selecting someone with “{words_second}”", words_second=as_it_is(words[1])),
        ),
        (
            "fn",
            tr(
                "Cost of not selecting someone with “{words_first}”", words_first=as_it_is(words[0])
            ),
        ),
    )
    found = [
        column.number_input(
            text,
            min_value=0.001,
            max_value=1_000_000.0,
            value=_USUAL_COST,
            step=0.5,
            format="%g",
            key=f"cost_{name}",
            bind="query-params",
            help=tr(
                "In any unit, the same for both. Strategies keep the total as low as they can."
            ),
        )
        for column, (name, text) in zip(columns, texts, strict=True)
    ]
    return float(found[0]), float(found[1])


def fitting_people(subject: Subject, outcomes: GroupedOutcomes, digest: str) -> Fitted:
    """Validation people of the same model where there are other ones, else the same people."""
    if subject.point is not None and subject.split != "validation":
        scored = result(subject.point.run_id).scored(subject.point.index, "validation")
        validation = scored.outcomes(subject.by)
        return Fitted(
            validation,
            digest_of(validation),
            tr("{validation_n:,} validation people of the same model", validation_n=validation.n),
        )
    return Fitted(
        outcomes,
        digest,
        tr("the same {outcomes_n:,} people, so expect less on others", outcomes_n=outcomes.n),
    )


@st.cache_resource(show_spinner=False, max_entries=256)
@in_english
def strategy_of(
    digest: str,  # noqa: ARG001
    name: str,
    costs: tuple[float, float],
    _outcomes: GroupedOutcomes,
) -> StrategyThresholds:
    """A named strategy; ``digest`` identifies the people it is fitted on."""
    return strategy_thresholds(_outcomes, name, cost_fp=costs[0], cost_fn=costs[1])


@st.cache_resource(show_spinner=False, max_entries=64)
@in_english
def bands_of(
    digest: str,  # noqa: ARG001
    gaps: tuple[str, ...],
    positions: tuple[float, ...],
    _sweep: ThresholdSweep,
    _outcomes: GroupedOutcomes,
) -> GapBands:
    """Bands of the gaps, at every position of the slider where groups are few."""
    if _outcomes.n_groups > _FEW_GROUPS:
        return gap_bands(_sweep, gaps, size=60, draws=200, outcomes=_outcomes)
    keep = np.unique(_sweep.index(positions)).tolist()
    return gap_bands(_sweep, gaps, size=2, keep=keep, outcomes=_outcomes)


def quick(outcomes: GroupedOutcomes, name: str) -> bool:
    """Whether a strategy is worked out at once, or only when somebody asks for it."""
    few = outcomes.n_groups <= _QUICK_GROUPS and outcomes.n <= _QUICK_PEOPLE
    return few or STRATEGIES[name].constraint is None


def offered(
    fitted: Fitted,
    costs: tuple[float, float],
    in_use: NamedCuts,
    least_worst: LeastWorstGap | None,
    groups: int,
    asked: str = "",
) -> tuple[tuple[NamedCuts, ...], tuple[str, ...]]:
    """Thresholds offered by name, in order, and which are not offered and why.

    Args:
        asked: The strategy in force; it is worked out however long that takes.
    """
    sweep = sweep_of(fitted.digest, fitted.outcomes)
    kept = in_use.cuts if in_use.mode == "each" else in_use.cuts * groups
    found, said = [in_use], []
    for strategy in STRATEGIES.values():
        label = strategy.label_for(*costs)
        if not quick(fitted.outcomes, strategy.name) and strategy.name != asked:
            later = f"{strategy.definition} {translated(_ON_REQUEST)}"
            found.append(NamedCuts(strategy.name, label, later, "each", ()))
            continue
        try:
            set_by = strategy_of(fitted.digest, strategy.name, costs, fitted.outcomes)
        except FairlabError as error:
            said.append(kept_sentence(label, str(error)))
            continue
        cuts, absent = _tidy(set_by, sweep, kept)
        sentence = strategy_sentence(strategy, set_by, fitted.words, absent)
        if strategy.uses_attribute_when_deciding:
            found.append(NamedCuts(strategy.name, label, sentence, "each", cuts))
            continue
        one = next((c for c, t in zip(cuts, set_by.thresholds, strict=True) if t == t), cuts[0])
        found.append(NamedCuts(strategy.name, label, sentence, "one", (one,)))
        if least_worst is not None:
            found.append(_least_worst(least_worst))
    return tuple(found), tuple(said)


def _tidy(
    set_by: StrategyThresholds, sweep: ThresholdSweep, kept: Sequence[float]
) -> tuple[tuple[float, ...], list[str]]:
    absent = [n for n, t in zip(set_by.group_names, set_by.thresholds, strict=True) if t != t]
    cuts = tuple(
        kept[g] if cut != cut else tidy_cut(sweep, cut) for g, cut in enumerate(set_by.thresholds)
    )
    return cuts, absent


def _least_worst(found: LeastWorstGap) -> NamedCuts:
    return NamedCuts(
        "smallest_worst_gap",
        tr("Smallest worst gap"),
        tr(
            "The one threshold for everybody at which the widest of the gaps "
            "below is smallest. A decision does not need the person's group. "
            "Found on the people shown, so expect more on others."
        ),
        "one",
        (found.threshold,),
    )


def in_use_cuts(subject: Subject, groups: int) -> NamedCuts:
    """What the chosen model decides by at present."""
    point = subject.point
    text = tr("What is in use now")
    if point is not None and point.cuts and point.by == subject.by and len(point.cuts) == groups:
        sentence = tr(
            "{text}: a threshold per group. A decision needs the person's group.", text=text
        )
        return NamedCuts("in_use", tr("In use"), sentence, "each", point.cuts)
    threshold = subject.people.threshold if point is None else point.threshold
    sentence = tr(
        "{text}: one threshold for everyone. A decision does not need the person's group.",
        text=text,
    )
    return NamedCuts("in_use", tr("In use"), sentence, "one", (threshold,))


def where_it_stood(digest: str, groups: int, in_use: NamedCuts) -> ExplorerChoice:
    """The thresholds left on these people, else those of the link, else those in use."""
    held = st.session_state.get(_HELD)
    if held is None:
        linked = choice_of_link(st.query_params.get(PARAM, ""), groups)
        if linked is not None:
            return linked
    elif held[0] == digest:
        return cast(ExplorerChoice, held[1])
    return ExplorerChoice(in_use.mode, in_use.cuts, in_use.name)


def asked(digest: str, stood: ExplorerChoice) -> str:
    """The strategy the visitor pressed last, which may not be worked out yet."""
    pressed = st.session_state.get(f"explorer.{digest}")
    choice = None if pressed is None else pressed.get("choice")
    return str(choice["strategy"]) if isinstance(choice, Mapping) else stood.strategy


def keep(digest: str, choice: ExplorerChoice) -> None:
    """Remember the thresholds for these people, here and in the address bar."""
    st.session_state[_HELD] = (digest, choice)
    if st.query_params.get(PARAM) != choice.to_link():
        st.query_params[PARAM] = choice.to_link()


def say_other_groups(subject: Subject) -> None:
    """Say when the choice decides by other groups than those shown."""
    point = subject.point
    if point is not None and point.cuts and point.by != subject.by:
        st.info(
            tr(
                "This choice decides at a threshold per group by {by}. For "
                "groups by {by_2} the page starts from the one threshold that "
                "was in use before, {threshold:g}.",
                by=as_it_is(CROSSING.join(point.by)),
                by_2=as_it_is(CROSSING.join(subject.by)),
                threshold=point.threshold,
            )
        )


def redraw_page() -> None:
    """After a choice the whole page is drawn again, not only the explorer."""
    if st.session_state.pop(_REDRAW, False):
        st.rerun()


def offer_use(subject: Subject, choice: ExplorerChoice, costs: tuple[float, float]) -> None:
    """Buttons: use these thresholds on the later pages; take them away as a rule."""
    each = choice.mode == "each"
    left, right = st.columns([1, 1])
    if subject.point is not None:
        left.button(
            tr("Use these thresholds") if each else tr("Use this threshold"),
            key="thresholds.use",
            type="primary",
            disabled=_used(subject, choice),
            help=tr("Audit, Compare and Report then read this model's decisions made this way."),
            on_click=_use,
            args=(subject.point, subject.by, choice),
        )
    if each:
        cuts = GroupCuts(by=subject.by, cuts=choice.cuts)
        rule = rule_of_cuts(subject.people, cuts, cost_fp=costs[0], cost_fn=costs[1])
        right.download_button(
            tr("Download the rule (JSON)"),
            rule.to_json(),
            "rule.json",
            "application/json",
            key="thresholds.rule",
            on_click="ignore",
            help=tr("Thresholds per group, as fairlab reads them back: Rule.from_json(text).")
            + (
                "" if subject.people.higher_is_better else tr(" They are for minus the risk score.")
            ),
        )


def _use(point: state.ChosenPoint, by: tuple[str, ...], choice: ExplorerChoice) -> None:
    """Choose the point that decides this way, and look at it here from now on."""
    if choice.mode == "each":
        chosen = point.with_cuts(by, choice.cuts)
    else:
        chosen = point.with_threshold(choice.cuts[0])
    state.choose(chosen)
    st.session_state["thresholds.model"] = chosen
    st.session_state[_REDRAW] = True


def _used(subject: Subject, choice: ExplorerChoice) -> bool:
    """Whether nothing would change, or scores in (0, 1) have no such threshold."""
    point = subject.point
    assert point is not None
    if choice.mode == "each":
        return (point.by, point.cuts) == (subject.by, choice.cuts)
    cut = choice.cuts[0]
    return not 0 < cut < 1 or (not point.cuts and cut == point.threshold)


def show_sweep_table(sweep: ThresholdSweep, gaps: tuple[str, ...], *, risk: bool) -> None:
    """The sweep as a table and a file, made once somebody unfolds it."""
    folded = fold_made_when_opened(tr("Show as table"), key="thresholds.table")
    if not folded.open:  # a table's code weighs more than the explorer's
        return
    table = sweep_table(sweep, gaps, risk=risk)
    folded.markdown(
        tr(
            "{n_table:,} of {n_distinct:,} thresholds, exact at each. Empty "
            "cells are undefined; the last row selects nobody. The file has a "
            "row for every ten decisions that change: finer steps would give "
            "away single people.",
            n_table=len(table),
            n_distinct=sweep.n_distinct,
        )
    )
    folded.dataframe(table, hide_index=True, width="stretch")
    folded.download_button(
        tr("Download the sweep (CSV)"),
        lambda: sweep_csv(sweep, gaps, risk=risk),
        "thresholds.csv",
        "text/csv",
        on_click="ignore",
    )
