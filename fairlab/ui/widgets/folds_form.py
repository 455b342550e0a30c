"""How many times the people are split: once, or once per fold."""

import streamlit as st

from fairlab.language import later, told, tr

_CHOICES = told(
    {1: later("One split"), 3: later("3 folds"), 5: later("5 folds"), 10: later("10 folds")}
)


def choose_folds() -> int:
    """Draw the choice; 1 is one split."""
    picked = st.selectbox(
        tr("Checked on"),
        list(_CHOICES),
        format_func=_CHOICES.__getitem__,
        key="train.folds",
        help=tr(
            "With folds everything is trained that many times, so that every "
            "person is in test exactly once: it takes that many times as long. "
            "The curve shows the first fold; the detail of a point shows all "
            "of them together."
        ),
    )
    return picked or 1
