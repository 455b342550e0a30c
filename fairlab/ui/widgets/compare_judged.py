"""What if the rule were judged by another metric: each one's best rule by all the others."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.metrics import GAPS
from fairlab.reports.figures.judged import matrix_figure
from fairlab.reports.sentences import judged as sentences
from fairlab.reports.tables.judged import matrix_table
from fairlab.results import CROSSING
from fairlab.sweeps.judged import JUDGES
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.compare_cache import Groupings, matrix
from fairlab.ui.widgets.compare_drawn import Drawn, listed, show_three_ways
from fairlab.ui.widgets.compare_sources import (
    ask_tolerance,
    choose_run,
    finished_runs,
    groupings_of,
    labelled,
)
from fairlab.ui.widgets.fold import fold

#: Gaps that a tolerance in points can be set for.
OFFERED = tuple(
    name for name in GAPS if name not in ("treatment_equality_difference", "base_rate_difference")
)

# On a narrow screen the grid keeps its width and is moved sideways.
_WIDE = """
<style>
.st-key-compare-judged-chart {overflow-x: auto;}
.st-key-compare-judged-chart [data-testid="stFullScreenFrame"] {min-width: 780px;}
</style>
"""


def show_judged(drawn: Drawn) -> None:
    """The matrix of a finished run with its controls."""
    st.markdown(
        tr(
            "Whoever picks a rule by one metric leaves gaps by the others. Each row is the rule "
            "that is best by one metric; each column says how it does by another's standard."
        )
    )
    run_id = choose_run(finished_runs(), "compare.judged.run")
    groupings, tolerance, give_up = _choose(run_id)
    with fold(tr("Metrics and models"), key="compare.judged.more"):
        metrics = st.multiselect(
            tr("Judged by"),
            OFFERED,
            default=JUDGES,
            format_func=sentences.metric_label,
            key="compare.judged.metrics",
            persist_state="session",
        )
        attribute = True
        if any(point.uses_attribute for point in result(run_id).points):
            attribute = st.toggle(
                tr("Rules that need the person's group may be picked"),
                value=True,
                key="compare.judged.attribute",
                persist_state="session",
            )
    if not metrics:
        st.info(tr("Choose at least one metric to judge by."))
        return
    try:
        found = matrix(run_id, groupings, tuple(metrics), tolerance, give_up, attribute, None)
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    labels = {row.metric: labelled(run_id, row.rule) for row in found.rows if row.rule is not None}
    if not labels:
        st.info(tr("No rule of this run tells outcomes apart, so there is nothing to judge."))
        return
    st.html(_WIDE)
    show_three_ways(
        drawn,
        sentence=sentences.matrix_sentence(found),
        words=sentences.matrix_words(found, labels),
        table=matrix_table(found, labels),
        figure=lambda: matrix_figure(found, labels, ink=_ink()),
        key="compare.judged",
    )
    if drawn == "charts":
        with fold(tr("Row by row, in words"), key="compare.judged.words"):
            st.markdown(listed(sentences.matrix_words(found, labels)))
    for note in sentences.matrix_notes(found):
        st.markdown(as_it_is(note))


def _choose(run_id: str) -> tuple[Groupings, float, float]:
    """Groupings, tolerance, accuracy that may be given up."""
    names = list(result(run_id).splits["test"].attributes)
    options: list[Groupings] = [(by,) for by in groupings_of(names)]
    if len(names) > 1:
        options.append(tuple((name,) for name in names))
    groups_column, tolerance_column, loss_column = st.columns(3, vertical_alignment="bottom")
    if st.session_state.get("compare.judged.by") not in options:
        st.session_state["compare.judged.by"] = options[0]
    groupings = groups_column.selectbox(
        tr("Groups by"),
        options,
        format_func=_grouping,
        key="compare.judged.by",
        persist_state="session",
    )
    tolerance = ask_tolerance(tolerance_column, "compare.judged.tolerance")
    give_up = loss_column.number_input(
        tr("Accuracy that may be given up, points"),
        min_value=0.0,
        max_value=50.0,
        value=5.0,
        step=0.5,
        format="%g",
        key="compare.judged.loss",
        persist_state="session",
        help=tr("A rule that is further below the most accurate one does not count."),
    )
    return groupings or options[0], tolerance, float(give_up) / 100


def _ink() -> str:
    """The page's own colour of text: numbers stand on coloured cells."""
    return "#FAFAFA" if st.context.theme.type == "dark" else "#262730"


def _grouping(groupings: Groupings) -> str:
    if len(groupings) == 1:
        return CROSSING.join(groupings[0])
    listed = ", ".join(by[0] for by in groupings)
    return tr("{attributes}, each by itself", attributes=listed)
