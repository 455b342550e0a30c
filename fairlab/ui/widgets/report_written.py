"""The written parts of a report on one choice: HTML, model card, datasheet, each made once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from fairlab.config import Choice, RunConfig
from fairlab.data import TaskData
from fairlab.errors import FairlabError
from fairlab.language import language, speaking
from fairlab.reports.datasheet import datasheet
from fairlab.reports.facts import Facts, gather
from fairlab.reports.html import html_report
from fairlab.reports.model_card import model_card
from fairlab.reports.sentences.choosing import how_sentences
from fairlab.reports.tables.curve import CurveRow, curve_rows
from fairlab.ui import state
from fairlab.ui.permissions import is_closed
from fairlab.ui.store import result, store, task_data
from fairlab.ui.widgets.report_view import Chosen


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """What is written about a choice, in the language it was asked for; made when called.

    Attributes:
        config: The run with the choice and its words.
        html: The report as one file.
        card: The model card, Markdown.
        sheet: The datasheet of the table, Markdown.
    """

    config: Callable[[], RunConfig]
    html: Callable[[], bytes]
    card: Callable[[], bytes]
    sheet: Callable[[], bytes]

    def files(self) -> dict[str, bytes]:
        """All of them by file name."""
        return {
            "report.html": self.html(),
            "model-card.md": self.card(),
            "datasheet.md": self.sheet(),
        }


def written(chosen: Chosen, config: Callable[[], RunConfig], smallest: int) -> Written:
    """The written parts about a choice.

    Args:
        config: Gives the run with the choice and its words.
        smallest: Cells of fewer people are withheld.
    """
    how = state.how_chosen(chosen.point)
    run_id, key = chosen.point.run_id, store().get(chosen.point.run_id).result_key or ""
    closed, spoken = is_closed(run_id), language()

    def said() -> tuple[str, ...]:
        return () if how is None else how_sentences(how)

    def facts(run: RunConfig) -> Facts:
        assert run.choice is not None
        bare = run.choice.model_copy(update={"reason": "", "dissent": ""})
        found = _facts(run_id, key, bare.model_dump_json(), smallest, spoken)
        return replace(found, config=run)

    def html() -> bytes:
        run, rows = config(), _rows(run_id, key, spoken)
        return html_report(run, chosen.result, how=said(), facts=facts(run), rows=rows)

    def card() -> bytes:
        return model_card(facts(config()), said()).encode()

    def sheet() -> bytes:
        table = None if closed else _table(run_id)
        run = store().get(run_id).config
        return datasheet(run, table, chosen.result, smallest=smallest).encode()

    return Written(config, *(partial(_in, spoken, make) for make in (html, card, sheet)))


def _in(spoken: str, make: Callable[[], bytes]) -> bytes:
    """A file in the language of the page; downloads are made after the page is."""
    with speaking(spoken):
        return make()


def _table(run_id: str) -> TaskData | None:
    try:
        return task_data(run_id)
    except (FairlabError, OSError):  # deleted, or not to be had without internet
        return None


@st.cache_resource(show_spinner=False, max_entries=32)
def _facts(
    run_id: str,
    result_key: str,  # noqa: ARG001 (cache key)
    choice: str,
    smallest: int,
    spoken: str,  # noqa: ARG001 (cache key)
) -> Facts:
    chosen = Choice.model_validate_json(choice)
    config = store().get(run_id).config.model_copy(update={"choice": chosen})
    return gather(config, result(run_id), smallest)


@st.cache_data(show_spinner=False, max_entries=32)
def _rows(run_id: str, result_key: str, spoken: str) -> tuple[CurveRow, ...]:  # noqa: ARG001
    return curve_rows(result(run_id))
