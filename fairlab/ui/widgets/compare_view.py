"""The parts of the Compare page that put choices side by side, and how they are drawn."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.metrics import RATES
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.figures import compare as figures
from fairlab.reports.sentences import compare as sentences
from fairlab.reports.sentences.audit import percent
from fairlab.reports.tables import compare as tables
from fairlab.sweeps.changes import GapChange, gap_change
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.compare_drawn import Drawn, show_three_ways
from fairlab.ui.widgets.compare_sources import SideBySide, choose_side, finished_runs

__all__ = ["choose_part", "show_gaps", "show_overview", "show_rates"]

_SHARES = [name for name, rate in RATES.items() if rate.share]


def choose_part() -> tuple[str | None, Drawn]:
    """What is looked at, and whether as charts, tables or words; None when there is nothing."""
    if not finished_runs() and not state.chosen_points():
        choose_side()  # says what to do
        return None, "charts"
    parts = {
        "side": tr("Side by side"),
        "people": tr("In people"),
        "groups": tr("Group by group"),
        "judged": tr("By others' standards"),
    }
    ways: dict[Drawn, str] = {"charts": tr("Charts"), "tables": tr("Tables"), "words": tr("Words")}
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        part = st.pills(
            tr("Part"),
            list(parts),
            default="side",
            format_func=parts.__getitem__,
            key="compare.part",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
            wrap=True,
        )
        drawn = st.segmented_control(
            tr("Shown as"),
            list(ways),
            default="charts",
            format_func=ways.__getitem__,
            key="compare.drawn",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
            help=tr("The same content as charts, as tables, or in words alone."),
        )
    return part or "side", drawn or "charts"


def show_overview(side: SideBySide, drawn: Drawn) -> None:
    """Accuracy and gap of each model; every measure in the chart, the table and in words."""
    gap = side.gaps[0]
    if drawn != "words":
        _cards(side, gap)
    else:
        for model in side.models:
            for flag in model.flags:
                st.warning(as_it_is(f"{model.heading}. {flag}"))
    show_three_ways(
        drawn,
        sentence=sentences.overview_sentence(side.models, gap, _changes(side, gap)),
        words=sentences.overview_words(side.models, side.gaps),
        table=tables.overview_table(side.models, side.gaps),
        figure=lambda: figures.overview_figure(side.models, side.gaps),
        key="compare.overview",
    )


def show_rates(side: SideBySide, drawn: Drawn) -> None:
    """One rate of every group under every model."""
    rate = st.selectbox(
        tr("Rate"),
        _SHARES,
        format_func=lambda name: RATES[name].label,
        key="compare.rate",
        width=420,
        persist_state="session",
    )
    st.markdown(RATES[rate].definition)
    show_three_ways(
        drawn,
        sentence=sentences.rate_sentence(side.models, rate),
        words=sentences.rate_words(side.models, rate),
        table=tables.group_rates_table(side.models, rate),
        figure=lambda: figures.rates_across(side.models, rate),
        key="compare.rates",
    )


def show_gaps(side: SideBySide, drawn: Drawn) -> None:
    """Every gap of every model with its interval."""
    st.subheader(tr("Every gap"), anchor=False)
    show_three_ways(
        "tables" if drawn == "charts" else drawn,
        sentence=tr("Differences are in points, ratios as they are; 95 % intervals in brackets."),
        words=sentences.gaps_words(side.models),
        table=tables.gaps_table(side.models),
        figure=None,
        key="compare.gaps",
    )


def _cards(side: SideBySide, gap: str) -> None:
    for start in range(0, len(side.models), 3):
        columns = st.columns(3)
        for column, model in zip(columns, side.models[start : start + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{as_it_is(model.heading)}**")
                left, right = st.columns(2, vertical_alignment="bottom")
                left.metric(tr("Accuracy"), percent(model.audit.rates["accuracy"].everyone.value))
                right.metric(
                    tr("{gap}, points", gap=gap_name(gap)), _bare(model.audit.gaps[gap].value)
                )
                for flag in model.flags:
                    st.warning(as_it_is(flag))


def _changes(side: SideBySide, gap: str) -> list[GapChange | None]:
    """How the gap changed from the first model to each other; None for different people."""
    return _kept_changes(side.digest, gap, side)


@st.cache_resource(show_spinner=False, max_entries=64)
def _kept_changes(
    digest: str,  # noqa: ARG001 - the cache key that stands for what is compared
    gap: str,
    _side: SideBySide,
) -> list[GapChange | None]:
    first = _side.people[0].outcomes(_side.by)
    found: list[GapChange | None] = []
    for people, threshold in zip(_side.people[1:], _side.thresholds[1:], strict=True):
        try:
            found.append(
                gap_change(
                    first,
                    people.outcomes(_side.by),
                    gap,
                    threshold_before=_side.thresholds[0],
                    threshold_after=threshold,
                )
            )
        except FairlabError:
            found.append(None)
    return found


def _bare(value: float | None) -> str:
    return tr("undefined") if value is None else tr("{value:.1f}", value=100 * value)
