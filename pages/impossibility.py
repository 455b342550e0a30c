"""Impossibility: what cannot hold at once on this data, one view at a time."""

import streamlit as st

from fairlab.language import tr, translated
from fairlab.reports.sentences.impossibility import base_rate_sentence
from fairlab.ui.markdown import as_it_is
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets.impossibility_views import VIEWS, noise_of, show_view
from fairlab.ui.widgets.subject import choose_subject
from fairlab.ui.widgets.sweep_view import outcomes_of

begin_page(
    tr("Impossibility"),
    tr(
        "Several definitions of fairness cannot hold at once when groups have "
        "different base rates. Here is how far apart they pull on your data."
    ),
)
subject = choose_subject(key="impossibility")
outcomes, digest = outcomes_of(subject)
st.markdown(as_it_is(base_rate_sentence(noise_of(digest, outcomes))))
chosen = st.pills(
    tr("View"),
    list(VIEWS),
    default=next(iter(VIEWS)),
    format_func=translated,
    required=True,
    key="impossibility.view",
    bind="query-params",
)
show_view(chosen, subject, outcomes, digest)
