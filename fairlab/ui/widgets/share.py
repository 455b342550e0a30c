"""Passing on what is on screen: a link, and what its reader will be able to do."""

import streamlit as st

from fairlab.runs.records import RunRecord
from fairlab.ui import state
from fairlab.ui.components.copy_link import copy_link
from fairlab.ui.links import link_for_others, only_here
from fairlab.ui.permissions import is_mine

READ_ONLY = "watch, choose points, audit and export; only who started it can cancel or delete it."
NOT_HERE = (
    "This link leads to a run that is not on this server: it was deleted, or the link was not "
    "copied whole. Ask whoever gave it to you for another."
)
TABLE_CLOSED = "The uploaded table stays closed to you."


def share(page: str, *, key: str) -> None:
    """A button that unfolds the link to the runs and chosen points on screen.

    Args:
        page: Where the link leads.
        key: Unique on the page.
    """
    if not state.run_ids():
        return
    with st.popover("Share", icon=":material/link:", key=f"{key}.popover"):
        what = "this run" if len(state.run_ids()) == 1 else f"these {len(state.run_ids())} runs"
        chosen = len(state.chosen_points())
        points = "" if not chosen else " and the chosen point" + ("s" if chosen > 1 else "")
        link = link_for_others(page, state.address())
        copy_link(link, label=f"Link to {what}{points}", key=f"{key}.link")
        if only_here(link):
            st.markdown("It works on this machine only: fairlab is open here as *localhost*.")
        st.markdown(
            f"Whoever has this link sees {what}{points}, and can watch, audit and export. "
            "They cannot cancel or delete anything, nor open an uploaded table."
        )
        if page == "report":
            st.markdown(
                "Reasons and objections written here are not in the link: they are in the files."
            )


def say_read_only(records: list[RunRecord]) -> None:
    """Say of runs that somebody else started what can be done with them here."""
    others = [record for record in records if not is_mine(record)]
    if not others:
        return
    which = "This run is not yours"
    if len(records) > 1:
        which = "None of these runs is yours"
    if len(others) < len(records):
        which = f"{len(others)} of these {len(records)} runs are not yours"
    words = f"{which}: {READ_ONLY}"
    if any(record.config.data.source == "file" for record in others):
        words = f"{words} {TABLE_CLOSED}"
    st.markdown(f":material/visibility: {words}")


def say_gone() -> None:
    """Say that runs which were on screen, or a link leads to, are not here."""
    if state.link_not_here():
        st.warning(NOT_HERE, icon=":material/link_off:")
    gone = state.runs_gone()
    if gone:
        what = "A run that was on screen was" if gone == 1 else f"{gone} runs on screen were"
        st.info(f"{what} deleted by who started it.", icon=":material/delete:")
