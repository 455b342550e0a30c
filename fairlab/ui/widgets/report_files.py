"""The files a report can be taken away as, and what they leave out."""

from functools import partial

import streamlit as st

from fairlab.config import RunConfig
from fairlab.frontier.group_cuts import rule_of_cuts
from fairlab.metrics.suppression import SMALLEST
from fairlab.reports.export import OWN_USE, export_files, export_zip, run_yaml
from fairlab.reports.left_out import count_left_out, left_out_sentence
from fairlab.reports.tables.points import points_table, rates_table
from fairlab.results import SweepResult
from fairlab.ui.permissions import is_closed
from fairlab.ui.store import result, store
from fairlab.ui.widgets.record_view import offer_record
from fairlab.ui.widgets.report_view import Chosen

OWN = "-for-own-use"  # part of the names of files that must not be passed on


def choose_smallest(*, closed: bool = False) -> int:
    """Below how many people cells are left out of the files; 0 keeps everything.

    Args:
        closed: The table is somebody else's; small cells are then always left out.
    """
    with st.popover("Small cells", icon=":material/visibility_off:"):
        smallest = st.number_input(
            "A cell is small below this many people",
            min_value=SMALLEST if closed else 1,
            max_value=1000,
            value=SMALLEST,
            key="report.smallest.closed" if closed else "report.smallest",
        )
        if closed:
            st.markdown("Somebody else uploaded the table, so small cells stay left out.")
            return int(smallest)
        keep = st.toggle("Keep small cells, for my own use", key="report.keep")
        st.markdown(
            "Numbers of small cells can tell what happened to single people. Files that keep them "
            "must not be passed on."
        )
    return 0 if keep else int(smallest)


def offer_files(chosen: Chosen, config: RunConfig) -> None:
    """YAML, tables and record; made when asked for, small cells left out unless told otherwise."""
    smallest = choose_smallest(closed=is_closed(chosen.point.run_id))
    run = f"fairlab-{config.digest()[:8]}"
    name = f"{run}{'' if smallest else OWN}"
    st.markdown(_said(chosen, smallest))
    left, middle, right, last = st.columns(4)
    left.download_button(
        "Everything (zip)",
        lambda: export_zip(config, chosen.result, smallest, _rule_files(chosen)),
        file_name=f"{name}.zip",
        mime="application/zip",
        type="primary",
        key="report.zip",
        on_click="ignore",
        width="stretch",
    )
    middle.download_button(
        "Run (YAML)",
        run_yaml(config),
        file_name=f"{run}.yaml",
        mime="application/yaml",
        key="report.yaml",
        on_click="ignore",
        width="stretch",
    )
    for column, label, file in (
        (right, "Models (CSV)", "points.csv"),
        (last, "Rates per group (CSV)", "rates.csv"),
    ):
        column.download_button(
            label,
            partial(_file, config, chosen.result, file, smallest),
            file_name=f"{name}-{file}",
            mime="text/csv",
            key=f"report.{file}",
            on_click="ignore",
            width="stretch",
        )
    for file, content in _rule_files(chosen).items():
        st.download_button(
            "Rule: thresholds per group (JSON)",
            content,
            file_name=f"{name}-{file}",
            mime="application/json",
            key="report.rule",
            on_click="ignore",
        )
        st.markdown(
            "This choice decides each group at its own threshold. The rule holds the thresholds "
            "and decides for new people who come with a score and a group; the YAML holds them "
            "too. The tables (CSV) list all models of the run at the run's own threshold."
        )
    offer_record(chosen.point, config, chosen.result, smallest, name)
    st.markdown("The same numbers again, on any machine with fairlab:")
    table = " --data YOUR_TABLE" if config.data.source == "file" else ""
    st.code(f"fairlab sweep {run}.yaml{table} --out results", language="bash")
    with st.expander("Preview of the YAML"):
        st.code(run_yaml(config), language="yaml")


def _said(chosen: Chosen, smallest: int) -> str:
    """That files hold aggregates, and how many numbers they leave out; or must not be passed on."""
    if not smallest:
        return f"**{OWN_USE}**"
    run_id = chosen.point.run_id
    counts = _counts(run_id, store().get(run_id).result_key or "", smallest)
    said = left_out_sentence(counts, smallest)
    if not said:
        return f"The files hold aggregates only; no number rests on fewer than {smallest} people."
    return (
        f"The files hold aggregates only. {said} “Small cells” keeps them, for your own use; on "
        "the command line that is `--smallest 0`."
    )


@st.cache_data(show_spinner="Counting what the files leave out …", max_entries=64)
def _counts(run_id: str, result_key: str, smallest: int) -> dict[str, int]:  # noqa: ARG001
    found = result(run_id)
    return {
        "Models (CSV)": count_left_out(points_table(found, smallest=smallest)),
        "Rates per group (CSV)": count_left_out(rates_table(found, smallest=smallest)),
    }


def _rule_files(chosen: Chosen) -> dict[str, bytes]:
    """The thresholds per group as a rule that decides for other people; nothing without them."""
    cuts = chosen.point.group_cuts
    if cuts is None:
        return {}
    people = chosen.result.scored(chosen.point.index)
    return {"rule.json": rule_of_cuts(people, cuts).to_json().encode()}


def _file(config: RunConfig, found: SweepResult, name: str, smallest: int) -> bytes:
    return export_files(config, found, smallest)[name]
