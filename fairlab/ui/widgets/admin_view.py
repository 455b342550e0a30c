"""The page for whoever runs the server: numbers, and what to stop or delete; never contents."""

import hmac
import time
from collections import Counter
from collections.abc import Callable

import pandas as pd
import streamlit as st

from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences.runs import (
    MB,
    ago,
    in_a_while,
    megabytes,
    quota_sentence,
    state_words,
)
from fairlab.runs.holdings import Overview
from fairlab.runs.records import RunRecord
from fairlab.settings import settings
from fairlab.ui.markdown import as_it_is
from fairlab.ui.middleware import OPEN_PAGES
from fairlab.ui.owner import owner
from fairlab.ui.store import forget_run, store
from fairlab.ui.throttle import Throttle
from fairlab.ui.widgets.chart import draw_table

_OPENED = "fairlab.admin"
LISTED = 200
SHOWN_OF_OWNER = 8


LONG_TOKEN = 16  # characters that cannot be found by trying, if they are random


@st.cache_resource(show_spinner=False)
def guesses(*, long: bool) -> Throttle:
    """Wrong tokens of everybody.

    A short token needs a low limit on all together, and so anybody who types wrong ones, as a new
    visitor each time, keeps whoever runs the server out. A long one needs none that is ever met.
    """
    return Throttle(each=5, together=20_000 if long else 30, seconds=900.0)


def opened() -> bool:
    """Whether this visitor gave the token; draws the question, or that the page is closed."""
    token = settings().admin_token.get_secret_value()
    if not token:
        st.markdown(
            tr(
                "This page is closed. Whoever runs the server opens it by "
                "setting `FAIRLAB_ADMIN_TOKEN` to a long random text, and "
                "starting fairlab again."
            )
        )
        return False
    if st.session_state.get(_OPENED) == _mark(token):
        return True
    with st.form("admin.token", width=420):
        given = st.text_input(tr("Token"), type="password", max_chars=500)
        pressed = st.form_submit_button(tr("Open"), type="primary")
    if pressed:
        tried = guesses(long=len(token) >= LONG_TOKEN)
        wait = tried.wait(owner())
        if wait > 0:
            st.error(
                tr(
                    "Too many tokens that were wrong. Try again {in_a_while}.",
                    in_a_while=in_a_while(wait),
                )
            )
        elif hmac.compare_digest(given.encode(), token.encode()):
            st.session_state[_OPENED] = _mark(token)
            st.rerun()
        else:
            tried.wrong(owner())
            st.error(tr("That is not the token. It is the value of FAIRLAB_ADMIN_TOKEN."))
    return False


def _mark(token: str) -> str:
    """What a session keeps of having given the token: worthless once the token is another."""
    return hmac.new(b"fairlab admin", token.encode(), "sha256").hexdigest()


def show_overview() -> None:
    """Queue, workers, visitors and disk in numbers."""
    seen = store().overview()
    waits = tr("nobody waits") if seen.oldest_wait is None else _longest(seen.oldest_wait)
    tiles = (
        (tr("Waiting"), tr("{queued:,}", queued=seen.queued), waits),
        (tr("Training"), tr("{running:,}", running=seen.running), _workers(seen)),
        (
            tr("Visitors in 24 hours"),
            tr("{visitors_today:,}", visitors_today=seen.visitors_today),
            tr("{now:,} pages open now", now=OPEN_PAGES.now),
        ),
        (tr("Free on the disk"), megabytes(seen.bytes_free), _stored(seen)),
    )
    for column, (label, value, words) in zip(st.columns(4), tiles, strict=True):
        column.metric(label, value, delta=words, delta_color="off", delta_arrow="off", border=True)
    states = ", ".join(
        tr("{number:,} {name}", number=number, name=name)
        for name, number in seen.runs_by_state.items()
    )
    st.markdown(tr("Runs: {states}.", states=states or tr("none")))


def _longest(seconds: float) -> str:
    return tr(
        "longest for {time}",
        time=ago(seconds).removesuffix(tr(" ago")).replace(tr("just now"), tr("a moment")),
    )


def _workers(seen: Overview) -> str:
    if not seen.workers:
        return tr("no training process")
    found = Counter(seen.workers.values())
    return ", ".join(f"{number} {state}" for state, number in found.items())


def _stored(seen: Overview) -> str:
    stored = tr(
        "{megabytes} results, {seen_bytes_tables} tables",
        megabytes=megabytes(seen.bytes_results),
        seen_bytes_tables=megabytes(seen.bytes_tables),
    )
    total = settings().total_mb
    return quota_sentence(seen.bytes_results + seen.bytes_tables, total * MB) if total else stored


def show_owners_and_runs() -> None:
    """Who takes how much, by the start of a number; the newest runs, and what to do with one."""
    records = store().list(limit=LISTED)
    st.subheader(tr("By visitor"), anchor=False)
    if not records:
        st.markdown(tr("Nobody has started a run yet."))
        return
    draw_table(_by_owner(records), key="admin.owners")
    st.subheader(tr("Runs"), anchor=False)
    draw_table(_runs(records), key="admin.runs")
    if len(records) == LISTED:
        st.markdown(tr("The newest {listed} are listed.", listed=LISTED))
    _act(records)


def _by_owner(records: list[RunRecord]) -> pd.DataFrame:
    owners = list(dict.fromkeys(record.owner for record in records))
    used = [store().usage(one) for one in owners]
    return pd.DataFrame(
        {
            "Visitor": [_prefix(one) for one in owners],
            "Runs": [usage.runs for usage in used],
            "Waiting or training": [usage.waiting for usage in used],
            "Tables": [usage.tables for usage in used],
            "Disk, MB": [round(usage.bytes / MB, 1) for usage in used],
            "Of their share, %": [
                round(100 * usage.bytes / (settings().owner_mb * MB), 1) for usage in used
            ],
        }
    )


def _runs(records: list[RunRecord]) -> pd.DataFrame:
    now = time.time()
    return pd.DataFrame(
        {
            "Run": [record.id[:6] for record in records],
            "Visitor": [_prefix(record.owner) for record in records],
            "State": [state_words(record) for record in records],
            "Asked for": [ago(now - record.created) for record in records],
            "Models": [record.config.sweep.n_models for record in records],
            "People": [record.config.data.rows for record in records],
            "Attempt": [record.attempt for record in records],
        }
    )


def _act(records: list[RunRecord]) -> None:
    now = time.time()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        record = st.selectbox(
            tr("Run to stop or delete"),
            records,
            index=None,
            placeholder=tr("Choose a run"),
            format_func=lambda r: tr(
                "{id} of {prefix}, {state}, {ago}",
                id=r.id[:6],
                prefix=_prefix(r.owner),
                state=state_words(r),
                ago=ago(now - r.created),
            ),
            key="admin.run",
        )
        active = record is not None and record.state.active
        if (
            st.button(tr("Cancel it"), disabled=not active, key="admin.cancel")
            and record is not None
        ):
            _do(
                lambda: store().request_cancel(record.id),
                tr("Run {id} is cancelled.", id=record.id[:6]),
            )
        with st.popover(tr("Delete it"), disabled=record is None):
            st.markdown(tr("Its owner loses it, and so does everybody who has its link."))
            if st.button(tr("Delete this run"), type="primary", key="admin.delete") and record:
                _do(lambda: _delete(record), tr("Run {id} is deleted.", id=record.id[:6]))


def _delete(record: RunRecord) -> None:
    store().delete_run(record.id, record.owner)
    forget_run(record.id)


def offer_cleaning() -> None:
    """Delete files that no run, part or table mentions any more."""
    st.subheader(tr("Disk"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(tr("Collect garbage now"), icon=":material/recycling:", key="admin.garbage"):
            try:
                found = store().collect_garbage()
                st.toast(
                    tr(
                        "{files:,} files deleted, {megabytes}.",
                        files=found.files,
                        megabytes=megabytes(found.bytes),
                    )
                )
            except FairlabError as error:
                st.error(as_it_is(str(error)))
        st.markdown(
            tr(
                "Deletes files older than a day that nothing mentions. The "
                "server does so each hour."
            )
        )


def _do(act: Callable[[], object], said: str) -> None:
    try:
        act()
    except FairlabError as error:
        st.error(as_it_is(str(error)))
        return
    st.toast(said)
    st.rerun()


def _prefix(owner_id: str) -> str:
    return owner_id[:SHOWN_OF_OWNER] if owner_id else tr("nobody")
