"""What is kept of this visitor, and deleting it; signing in where the server offers it."""

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.runs import holdings_sentence
from fairlab.runs.holdings import Deleted
from fairlab.ui import state
from fairlab.ui.owner import FORGOTTEN, account, anonymous_owner, owner, owner_of_account
from fairlab.ui.store import forget_run, store
from fairlab.ui.widgets.sign_in import sign_in


def your_data() -> None:
    """Draw the section: who the visitor is here, what is kept, and the button that deletes it."""
    held = store().usage(owner())
    who = tr("your account") if owner_of_account(account()) else tr("a random number in a cookie")
    if held.runs + held.tables == 0:
        sign_in()
        st.markdown(
            tr("Nothing of yours is kept yet. What you start is found again by {who}.", who=who)
        )
        return
    st.subheader(tr("Your data"), anchor=False)
    sign_in()
    words, button = st.columns([4, 1], vertical_alignment="center")
    kept = holdings_sentence(held.runs, held.tables, held.bytes)
    words.markdown(
        tr(
            "Kept on this server: **{kept}**. They are found again by {who}, "
            "and seen by nobody else unless you share a link.",
            kept=kept,
            who=who,
        )
    )
    with button.popover(tr("Delete my data"), icon=":material/delete:", width="stretch"):
        st.markdown(
            tr(
                "**Goes:** {kept}, and rooms you opened. Links to your runs "
                "stop working, and training stops unless others wait for the "
                "same.",
                kept=kept,
            )
        )
        st.markdown(
            tr(
                "**Stays:** what others started themselves, also where it was "
                "computed once for both of you, and files that were downloaded."
            )
        )
        if st.button(tr("Delete everything"), type="primary", key="home.delete_all"):
            delete_everything()
            st.rerun()


def delete_everything() -> Deleted:
    """Delete this visitor's data, empty the session, and have the cookie replaced."""
    mine, browser = owner(), anonymous_owner()
    for record in store().list(limit=10_000, owner=mine):
        forget_run(record.id)
    deleted = store().delete_owner(mine)
    state.forget_everything()
    if mine == browser:
        FORGOTTEN.add(browser)
    st.session_state["fairlab.deleted"] = deleted
    return deleted
