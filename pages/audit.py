"""Audit: who is decided how, group by group, and how sure the data let us be."""

import streamlit as st

from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import audit_view as view
from fairlab.ui.widgets.audit_scores import show_scores
from fairlab.ui.widgets.subject import choose_subject

begin_page("Audit", "Who is selected and who is not, group by group, and how sure that is.")
subject = choose_subject(key="audit")
threshold = view.choose_threshold(subject, key="audit")
result = view.audited(subject.people, subject.by, threshold)

view.show_headlines(result, subject.people.notes)
view.show_confusion(result, subject.outcome_words)

parts = {
    "Rates": lambda: view.show_rates(result),
    "Gaps": lambda: view.show_gaps(result),
    "Chance": lambda: view.show_chance(result),
    "Scores": lambda: show_scores(subject, result),
    "Crossed groups": lambda: view.show_crossed(subject.people, threshold),
    "Other tools": lambda: view.show_dictionary(result),
}
st.subheader("Look closer", anchor=False)
part = st.segmented_control(
    "Part of the audit",
    list(parts),
    default="Rates",
    required=True,
    key="audit.part",
    label_visibility="collapsed",
)
if part is not None:
    parts[part]()
view.offer_download(result, subject.by)
