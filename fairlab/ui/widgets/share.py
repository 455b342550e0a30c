"""Passing on what is on screen: a link, and what its reader will be able to do."""

import streamlit as st

from fairlab.language import later, tr, translated
from fairlab.runs.records import RunRecord
from fairlab.ui import state
from fairlab.ui.components.copy_link import copy_link
from fairlab.ui.links import link_for_others, only_here
from fairlab.ui.permissions import is_mine

READ_ONLY = later(
    "watch, choose points, audit and export; only who started it can cancel or delete it."
)
NOT_HERE = later(
    "This link leads to a run that is not on this server: it was deleted, or the link "
    "was not copied whole. Ask whoever gave it to you for another."
)
TABLE_CLOSED = later("The uploaded table stays closed to you.")


def share(page: str, *, key: str) -> None:
    """A button that unfolds the link to the runs and chosen points on screen.

    Args:
        page: Where the link leads.
        key: Unique on the page.
    """
    if not state.run_ids():
        return
    with st.popover(tr("Share link"), icon=":material/link:", key=f"{key}.popover"):
        what = (
            tr("this run")
            if len(state.run_ids()) == 1
            else tr("these {n_run_ids} runs", n_run_ids=len(state.run_ids()))
        )
        chosen = len(state.chosen_points())
        points = "" if not chosen else tr(" and the chosen point") + ("s" if chosen > 1 else "")
        link = link_for_others(page, state.address())
        copy_link(
            link, label=tr("Link to {what}{points}", what=what, points=points), key=f"{key}.link"
        )
        if only_here(link):
            st.markdown(tr("It works on this machine only: fairlab is open here as *localhost*."))
        st.markdown(
            tr(
                "Whoever has this link sees {what}{points}, and can watch, "
                "audit and export. They cannot cancel or delete anything, nor "
                "open an uploaded table.",
                what=what,
                points=points,
            )
        )
        if page == "report":
            st.markdown(
                tr(
                    "Reasons and objections written here are not in the link: "
                    "they are in the files."
                )
            )


def say_read_only(records: list[RunRecord]) -> None:
    """Say of runs that somebody else started what can be done with them here."""
    others = [record for record in records if not is_mine(record)]
    if not others:
        return
    which = tr("This run is not yours")
    if len(records) > 1:
        which = tr("None of these runs is yours")
    if len(others) < len(records):
        which = tr(
            "{n_others} of these {n_records} runs are not yours",
            n_others=len(others),
            n_records=len(records),
        )
    words = f"{which}: {translated(READ_ONLY)}"
    if any(record.config.data.source == "file" for record in others):
        words = f"{words} {translated(TABLE_CLOSED)}"
    st.markdown(tr(":material/visibility: {words}", words=words))


def say_gone() -> None:
    """Say that runs which were on screen, or a link leads to, are not here."""
    if state.link_not_here():
        st.warning(translated(NOT_HERE), icon=":material/link_off:")
    gone = state.runs_gone()
    if gone:
        what = (
            tr("A run that was on screen was")
            if gone == 1
            else tr("{gone} runs on screen were", gone=gone)
        )
        st.info(tr("{what} deleted by who started it.", what=what), icon=":material/delete:")
