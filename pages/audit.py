"""Audit: who is decided how, group by group, and how sure the data let us be."""

import streamlit as st

from fairlab.language import later, tr, translated
from fairlab.metrics.suppression import suppress
from fairlab.reports.own_units import in_own_units
from fairlab.ui.permissions import is_closed
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import audit_groups as groups
from fairlab.ui.widgets import audit_view as view
from fairlab.ui.widgets.audit_scores import show_scores
from fairlab.ui.widgets.examine_flips import show_what_if
from fairlab.ui.widgets.examine_looks import show_looks
from fairlab.ui.widgets.subject import choose_subject

begin_page(tr("Audit"), tr("Who is selected and who is not, group by group, and how sure that is."))
subject = choose_subject(key="audit")
left, middle, right = st.columns([3, 2, 1], vertical_alignment="bottom")
with left:
    threshold = view.choose_threshold(subject, key="audit")
with middle:
    subject, left_out = view.leave_out_small(subject)
closed = subject.point is not None and is_closed(subject.point.run_id)
with right:
    smallest, in_export = view.choose_smallest(closed=closed)
result = in_own_units(view.audited(subject.people, subject.by, threshold), subject.people)
shown = suppress(result, smallest)
tests = view.pairs_tested(result, shown)

view.show_headlines(shown, subject.people.notes, tests, left_out)
view.show_confusion(shown, subject.outcome_words)

parts = {
    later("Rates"): lambda: view.show_rates(shown),
    later("Gaps"): lambda: view.show_gaps(shown, tests),
    later("Chance"): lambda: view.show_chance(result, shown),
    later("Scores"): lambda: show_scores(subject, shown, smallest),
    later("All attributes"): lambda: groups.show_overview(subject.people, threshold, smallest),
    later("Crossed groups"): lambda: groups.show_crossed(subject.people, threshold, smallest),
    later("Within strata"): lambda: groups.show_strata(subject, threshold, smallest),
    later("What if"): lambda: show_what_if(subject, threshold, smallest),
    later("What it looks at"): lambda: show_looks(subject, threshold, smallest),
    later("Other tools"): lambda: view.show_dictionary(result, shown),
}
st.subheader(tr("Look closer"), anchor=False)
part = st.segmented_control(
    tr("Part of the audit"),
    list(parts),
    default="Rates",
    format_func=translated,
    required=True,
    key="audit.part",
    label_visibility="collapsed",
)
if part is not None:
    parts[part]()
view.offer_download(result, subject.by, in_export)
