"""The report as it will be read: the file itself, and what lies beside it."""

import base64
import re

import streamlit as st

from fairlab.config import RunConfig
from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.export import run_yaml
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.record_view import preview_record
from fairlab.ui.widgets.report_view import Chosen
from fairlab.ui.widgets.report_written import Written

_HEIGHT = 760  # pixels
_HEADINGS = re.compile(r"^#(?=#* )", re.MULTILINE)


def show_preview(chosen: Chosen, config: RunConfig, texts: Written, smallest: int) -> None:
    """Tabs with the report, the model card, the datasheet, the record and the run; one is made.

    Args:
        texts: What is written about the choice.
        smallest: Cells of fewer people are withheld.
    """
    report, card, sheet, record, run = st.tabs(
        [
            tr("Report"),
            tr("Model card"),
            tr("Datasheet"),
            tr("Decision record"),
            tr("Run"),
        ],
        key="report.tabs",
        on_change="rerun",
    )
    try:
        if report.open:
            with report:
                # An address of its own: the file can reach nothing of the page around it.
                page = base64.b64encode(texts.html()).decode()
                st.iframe(f"data:text/html;base64,{page}", height=_HEIGHT, alt=tr("The report"))
        if card.open:
            with card, st.container(height=_HEIGHT):
                st.markdown(_smaller(texts.card().decode()))
        if sheet.open:
            with sheet, st.container(height=_HEIGHT):
                st.markdown(_smaller(texts.sheet().decode()))
        if record.open:
            with record:
                preview_record(chosen.point, config, chosen.result, smallest)
        if run.open:
            with run:
                st.code(run_yaml(config), language="yaml", height=_HEIGHT)
    except FairlabError as error:
        st.error(as_it_is(str(error)))


def _smaller(text: str) -> str:
    """Markdown whose headings are parts of this page, not pages of their own."""
    return _HEADINGS.sub("###", text)
