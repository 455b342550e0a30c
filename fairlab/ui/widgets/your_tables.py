"""Tables this visitor uploaded, newest first: what stands on each, and deleting one."""

import time

import streamlit as st

from fairlab.data import TaskData
from fairlab.language import tr, tr_n
from fairlab.reports.sentences.runs import ago, run_title
from fairlab.runs.holdings import Upload
from fairlab.runs.records import RunRecord
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.owner import owner
from fairlab.ui.store import builtin, store
from fairlab.ui.widgets.data_source import forget_upload
from fairlab.ui.widgets.your_runs import delete

MOST = 1_000  # runs looked through for those on a table
NAMED = 10  # runs named before they are deleted


def your_tables() -> None:
    """Draw the list; nothing for who uploaded none."""
    uploads = store().uploads_of(owner())
    if not uploads:
        return
    st.subheader(tr("Your tables"), anchor=False)
    runs = store().list(limit=MOST, owner=owner())
    with st.container(key="home.tables", gap="xsmall"):
        for upload in uploads:
            _row(upload, [run for run in runs if _stands_on(run, upload)])


def _stands_on(run: RunRecord, upload: Upload) -> bool:
    """Whether a run needs the uploaded file; the built-in table may hold the very same rows."""
    data = run.config.data
    return data.source == "file" and data.fingerprint == upload.fingerprint


def _row(upload: Upload, runs: list[RunRecord]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            tr(
                ":material/table: **{name}**  \n{rows:,} rows · {runs} · {when}",
                name=as_it_is(upload.name),
                rows=upload.rows,
                runs=tr_n("{n} run on it", "{n} runs on it", len(runs)),
                when=ago(time.time() - upload.created),
            ),
            width="stretch",
        )
        with st.popover(tr("Delete"), key=f"home.table.{upload.fingerprint[:16]}"):
            _confirm(upload, runs)


def _confirm(upload: Upload, runs: list[RunRecord]) -> None:
    """What goes with the table, by name; or why it cannot go now, and what to do."""
    active = [run for run in runs if run.state.active]
    if active:
        st.warning(
            tr_n(
                "{n} run on this table waits or trains: {names}. A table can be deleted when none "
                "does. Cancel it on Train or wait until it ends, then delete.",
                "{n} runs on this table wait or train: {names}. A table can be deleted when none "
                "does. Cancel them on Train or wait until they end, then delete.",
                len(active),
                names=_names(active),
            )
        )
        return
    if runs:
        st.markdown(
            tr_n(
                "**Goes:** the table and the run on it: {names}. Links to it stop working.",
                "**Goes:** the table and the {n} runs on it: {names}. Links to them stop working.",
                len(runs),
                names=_names(runs),
            )
        )
    else:
        st.markdown(tr("**Goes:** the table. No run of yours is on it."))
    st.markdown(tr("**Stays:** what others uploaded or trained themselves, and downloaded files."))
    if st.button(
        tr("Delete this table"), type="primary", key=f"home.table_gone.{upload.fingerprint[:16]}"
    ):
        delete_table(upload, runs)
        st.rerun()


def _names(runs: list[RunRecord]) -> str:
    named = ", ".join(as_it_is(run_title(run.config)) for run in runs[:NAMED])
    more = len(runs) - NAMED
    return tr("{named} and {more} more", named=named, more=more) if more > 0 else named


def delete_table(upload: Upload, runs: list[RunRecord]) -> None:
    """Delete an uploaded table with its runs, in the store and in this session."""
    for run in runs:
        delete(run)
    store().forget_upload(owner(), upload.fingerprint)
    forget_upload(upload.fingerprint)
    held: TaskData = state.current_data()
    if held.data.source == "file" and held.data.fingerprint == upload.fingerprint:
        state.set_current_data(builtin())
