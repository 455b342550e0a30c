"""What a page shows once the visitor's data are deleted: that it happened, and a way to go on."""

import html

import streamlit as st

from fairlab.language import tr
from fairlab.reports.sentences.runs import holdings_sentence
from fairlab.runs.holdings import Deleted
from fairlab.ui.components.kept_draft import forget_drafts
from fairlab.ui.links import link_to
from fairlab.ui.owner import FORGOTTEN, account, anonymous_owner, owner_of_account

_DELETED = "fairlab.deleted"


def stop_if_deleted() -> None:
    """After delete-my-data, say so and stop: this browser's cookie is replaced by a page load.

    Other tabs of the same browser end here too, so that nothing is started under the old cookie.
    Who is signed in stays signed in, and only reads the sentence.
    """
    signed_in = owner_of_account(account()) is not None
    if not signed_in and anonymous_owner() in FORGOTTEN:
        forget_drafts()
        st.title(tr("Your data are deleted"), anchor=False)
        st.markdown(_said(st.session_state.get(_DELETED)))
        # A link, not a button: only a new page brings a new cookie.
        link, words = html.escape(link_to("", {}), quote=True), html.escape(tr("Start anew"))
        st.html(f'<a href="{link}" target="_self" style="color: inherit">{words}</a>')
        st.stop()
    if _DELETED in st.session_state:
        forget_drafts()
        st.success(_said(st.session_state.pop(_DELETED)))


def _said(deleted: Deleted | None) -> str:
    if deleted is None:
        return tr("They were deleted in another tab of this browser.")
    held = holdings_sentence(deleted.runs, deleted.tables, deleted.bytes)
    if deleted.runs and not deleted.bytes:  # what was computed once for several stays theirs
        return tr(
            "Deleted: {rpartition_first}. Others have the same results, which stay.",
            rpartition_first=held.rpartition(", ")[0],
        )
    return tr("Deleted: {held} of this server's disk.", held=held)
