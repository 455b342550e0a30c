"""The files a report can be taken away as, and what they leave out."""

import threading
from collections.abc import Callable
from functools import partial

import streamlit as st

from fairlab.artefact.sentences import privacy_sentence
from fairlab.config import GroupCuts, RunConfig
from fairlab.errors import FairlabError
from fairlab.frontier.group_cuts import rule_of_cuts
from fairlab.language import language, speaking, tr
from fairlab.metrics.suppression import SMALLEST
from fairlab.reports.export import NOTEBOOK, OWN_USE, export_file, export_zip, run_yaml
from fairlab.reports.left_out import count_left_out, left_out_sentence
from fairlab.reports.model_artefact import artefact_bytes, why_no_artefact
from fairlab.reports.tables.numbers import ChosenModel, shown_points, shown_rates
from fairlab.ui.markdown import as_it_is
from fairlab.ui.permissions import is_closed
from fairlab.ui.store import result, store, task_data
from fairlab.ui.widgets.record_view import offer_record
from fairlab.ui.widgets.report_view import Chosen
from fairlab.ui.widgets.report_written import Written

OWN = "-for-own-use"  # part of the names of files that must not be passed on

_ONE_AT_A_TIME = threading.Lock()  # baselines are fitted again: thirty clicks are no thirty fits


def choose_smallest(chosen: Chosen) -> int:
    """Below how many people cells are left out of the files; 0 keeps everything.

    Small cells of a table that somebody else uploaded are always left out. Those of a table
    whose rows are public are kept unless told otherwise: there is nobody to protect.
    """
    closed, public = is_closed(chosen.point.run_id), is_public(chosen)
    with st.popover(tr("Small cells"), icon=":material/visibility_off:"):
        smallest = st.number_input(
            tr("A cell is small below this many people"),
            min_value=SMALLEST if closed else 1,
            max_value=1000,
            value=SMALLEST,
            key="report.smallest.closed" if closed else "report.smallest",
        )
        if closed:
            st.markdown(tr("Somebody else uploaded the table, so small cells stay left out."))
            return int(smallest)
        if public:
            keep = st.toggle(tr("Keep small cells"), value=True, key="report.keep.public")
            st.markdown(
                tr(
                    "Anyone can read the rows of this table, so its files keep small cells. Files "
                    "of a table of your own leave them out: they can tell what happened to single "
                    "people."
                )
            )
        else:
            keep = st.toggle(tr("Keep small cells, for my own use"), key="report.keep")
            st.markdown(
                tr(
                    "Numbers of small cells can tell what happened to single people. Files that "
                    "keep them must not be passed on."
                )
            )
    return 0 if keep else int(smallest)


def is_public(chosen: Chosen) -> bool:
    """Whether anyone can read the rows of the table: it is one of the catalog, or made up."""
    return chosen.config.data.source != "file"


def offer_report(chosen: Chosen, config: RunConfig, texts: Written, smallest: int) -> None:
    """The button for the report itself; arguments as for :func:`offer_files`."""
    name = f"{_name(chosen, config, smallest)}-report.html"
    _file(tr("Report (HTML)"), texts.html, name, "text/html", "html", primary=True)


def offer_files(chosen: Chosen, config: RunConfig, texts: Written, smallest: int) -> None:
    """Everything as one archive, then each file by itself; made when asked for.

    Args:
        config: The run with the choice and its words.
        texts: What is written about the choice.
        smallest: Cells of fewer people are left out.
    """
    run, name = f"fairlab-{config.digest()[:8]}", _name(chosen, config, smallest)
    st.markdown(_said(chosen, smallest))
    with st.container(horizontal=True):
        everything = partial(_everything, chosen, texts, smallest, language())
        _file(tr("Everything (zip)"), everything, f"{name}.zip", "application/zip", "zip")
        _file(
            tr("Run (YAML)"),
            partial(_encoded, texts.config),
            f"{run}.yaml",
            "application/yaml",
            "yaml",
        )
        _model(chosen, config, run)
        _file(tr("Model card"), texts.card, f"{name}-model-card.md", "text/markdown", "card")
        _file(tr("Datasheet"), texts.sheet, f"{name}-datasheet.md", "text/markdown", "sheet")
        for label, file, mime in (
            (tr("Models (CSV)"), "points.csv", "text/csv"),
            (tr("Rates per group (CSV)"), "rates.csv", "text/csv"),
            (tr("Every number (CSV)"), "numbers.csv", "text/csv"),
            (tr("Notebook"), NOTEBOOK, "application/x-ipynb+json"),
        ):
            made = partial(_exported, chosen, texts.config, file, smallest, language())
            _file(label, made, f"{name}-{file}", mime, file)
        for file, content in _rule_files(chosen).items():
            label = tr("Rule: thresholds per group (JSON)")
            _file(label, partial(bytes, content), f"{name}-{file}", "application/json", "rule")
    if chosen.point.cuts:
        st.markdown(
            tr(
                "This choice decides each group at its own threshold. The rule holds the "
                "thresholds and decides for new people who come with a score and a group; the YAML "
                "holds them too. The tables (CSV) list all models of the run at the run's own "
                "threshold."
            )
        )
    elif chosen.point.threshold != chosen.result.threshold and not _is_drawn(chosen):
        st.markdown(
            tr(
                "This choice decides at threshold {own:g}. The tables (CSV), those of noise and "
                "folds in the archive too, list all models at the run's own threshold {run:g}; "
                "“Every number” holds the choice at both.",
                own=chosen.point.threshold,
                run=chosen.result.threshold,
            )
        )
    offer_record(chosen.point, texts.config, config, chosen.result, smallest, name)
    st.markdown(tr("The same numbers again, on any machine with fairlab:"))
    table = " --data YOUR_TABLE" if config.data.source == "file" else ""
    st.code(f"fairlab sweep {run}.yaml{table} --out results", language="bash")


def _is_drawn(chosen: Chosen) -> bool:
    return chosen.result.points[chosen.point.index].is_drawn


def _name(chosen: Chosen, config: RunConfig, smallest: int) -> str:
    """How file names begin; those that must not be passed on say so."""
    run = f"fairlab-{config.digest()[:8]}"
    return run if smallest or is_public(chosen) else f"{run}{OWN}"


def _file(
    label: str,
    make: Callable[[], bytes],
    name: str,
    mime: str,
    key: str,
    *,
    primary: bool = False,
    said: str | None = None,
) -> None:
    st.download_button(
        label,
        make,
        file_name=name,
        mime=mime,
        key=f"report.{key}",
        type="primary" if primary else "secondary",
        on_click="ignore",
        help=said,
    )


def _model(chosen: Chosen, config: RunConfig, run: str) -> None:
    """The model itself, where it can leave its run; why not where it cannot."""
    point = chosen.point
    if is_closed(point.run_id):
        return
    why = why_no_artefact(chosen.result, point.index)
    if why:
        st.button(tr("Model (zip)"), disabled=True, help=as_it_is(why), key="report.no_model")
        return
    make = partial(_artefact, chosen, config, language())
    said = None if is_public(chosen) else privacy_sentence()
    _file(tr("Model (zip)"), make, f"{run}-model.zip", "application/zip", "model", said=said)


def _artefact(chosen: Chosen, config: RunConfig, spoken: str) -> bytes:
    point = chosen.point
    key = store().get(point.run_id).result_key or ""
    with speaking(spoken):
        return _model_file(
            point.run_id, key, point.index, point.threshold, point.by, point.cuts, config
        )


@st.cache_data(show_spinner=False, max_entries=4)
def _model_file(
    run_id: str,
    result_key: str,  # noqa: ARG001 (cache key)
    index: int,
    threshold: float,
    by: tuple[str, ...],
    cuts: tuple[float, ...],
    _config: RunConfig,
) -> bytes:
    """The model as a file: nothing of the words somebody wrote about it is in there."""
    with _ONE_AT_A_TIME:
        return artefact_bytes(
            _config,
            result(run_id),
            task_data(run_id),
            index,
            threshold=threshold,
            cuts=GroupCuts(by=by, cuts=cuts) if cuts else None,
        )


def _everything(chosen: Chosen, texts: Written, smallest: int, spoken: str) -> bytes:
    """All tables, texts and rules in one archive, with the model where it can leave its run.

    Of a table that is not public the model stays out where small cells do: it holds values of
    single people.
    """
    config = texts.config()
    extra = {**_rule_files(chosen), **texts.files()}
    if not is_closed(chosen.point.run_id) and (is_public(chosen) or not smallest):
        try:
            extra["model.zip"] = _artefact(chosen, config, spoken)
        except FairlabError:  # its button says why
            extra.pop("model.zip", None)
    with speaking(spoken):
        return export_zip(config, chosen.result, smallest, extra)


def _encoded(config: Callable[[], RunConfig]) -> bytes:
    return run_yaml(config()).encode()


def _exported(
    chosen: Chosen, config: Callable[[], RunConfig], file: str, smallest: int, spoken: str
) -> bytes:
    with speaking(spoken):
        return export_file(config(), chosen.result, file, smallest)


def _said(chosen: Chosen, smallest: int) -> str:
    """That files hold aggregates, and how many numbers they leave out; or must not be passed on."""
    if not smallest and is_public(chosen):
        return tr(
            "The files hold aggregates. Anyone can read the rows of this table, so numbers of few "
            "people are kept; “Small cells” leaves them out."
        )
    if not smallest:
        return f"**{OWN_USE}**"
    run_id = chosen.point.run_id
    point = chosen.point
    key = store().get(run_id).result_key or ""
    decides = (point.index, point.threshold, point.by, point.cuts)
    counts = _counts(run_id, key, smallest, language(), decides)
    said = left_out_sentence(counts, smallest)
    if not said:
        return tr(
            "The files hold aggregates only; no number rests on fewer than {smallest} people.",
            smallest=smallest,
        )
    return tr(
        "The files hold aggregates only. {said} “Small cells” keeps them, for your own use; on "
        "the command line that is `--smallest 0`.",
        said=said,
    )


@st.cache_data(show_spinner=False, max_entries=64)
def _counts(
    run_id: str,
    result_key: str,  # noqa: ARG001
    smallest: int,
    spoken: str,  # noqa: ARG001
    decides: tuple[int, float, tuple[str, ...], tuple[float, ...]],
) -> dict[str, int]:
    found, (index, threshold, by, cuts) = result(run_id), decides
    own = ChosenModel(index, threshold, GroupCuts(by=by, cuts=cuts) if cuts else None)
    return {
        tr("Models (CSV)"): count_left_out(shown_points(found, own, smallest)),
        tr("Rates per group (CSV)"): count_left_out(shown_rates(found, own, smallest)),
    }


def _rule_files(chosen: Chosen) -> dict[str, bytes]:
    """The thresholds per group as a rule that decides for other people; nothing without them."""
    cuts = chosen.point.group_cuts
    if cuts is None:
        return {}
    people = chosen.result.scored(chosen.point.index)
    return {"rule.json": rule_of_cuts(people, cuts).to_json().encode()}
