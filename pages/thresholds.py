"""Thresholds: move one for everyone, or one per group, and see people, rates and gaps move."""

import streamlit as st

from fairlab.impossibility import within_tolerance
from fairlab.language import tr
from fairlab.reports.figures.explorer import NamedCuts, explorer_payload, slider_grid
from fairlab.reports.sentences.sweep import (
    at_threshold_sentence,
    tolerance_sentence,
)
from fairlab.sweeps.cuts import counts_at_cuts
from fairlab.ui.components.threshold_explorer import threshold_explorer
from fairlab.ui.explorer_choice import as_offered
from fairlab.ui.markdown import as_it_is
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import explorer_view as view
from fairlab.ui.widgets.rule_view import import_rule
from fairlab.ui.widgets.subject import choose_subject
from fairlab.ui.widgets.surface_view import show_surface
from fairlab.ui.widgets.sweep_view import (
    choose_gaps,
    least_worst,
    nothing_to_sweep,
    outcomes_of,
    say_intervals,
    say_thinned,
    sweep_of,
)

begin_page(
    tr("Thresholds"),
    tr(
        "A person is selected when the score reaches the threshold. Move it, "
        "for everyone or for one group, and watch who is selected, what it "
        "costs, and every gap at once."
    ),
)
subject = choose_subject(key="thresholds", scores=True, linked=True)
if not subject.people.has_scores:
    nothing_to_sweep(subject)
    st.stop()

outcomes, digest = outcomes_of(subject)
sweep = sweep_of(digest, outcomes)
gaps, tolerance, within = choose_gaps("thresholds", linked=True)
risk = not subject.people.higher_is_better
found, sentence = least_worst(subject, digest, sweep, gaps, within)
in_use = view.in_use_cuts(subject, outcomes.n_groups)
view.say_other_groups(subject)
say_thinned(sweep)


@st.fragment
def explorer() -> None:
    """The handles with everything that follows them; only this part runs when they are let go."""
    view.redraw_page()
    costs = view.ask_costs(subject.outcome_words)
    fitted = view.fitting_people(subject, outcomes, digest)
    stood = view.where_it_stood(digest, outcomes.n_groups, in_use)
    strategies, missing = view.offered(
        fitted, costs, in_use, found, outcomes.n_groups, view.asked(digest, stood)
    )
    payload = explorer_payload(
        outcomes,
        sweep,
        gaps=gaps,
        strategies=strategies,
        in_use=in_use.cuts if in_use.mode == "each" else in_use.cuts * outcomes.n_groups,
        shown=NamedCuts(stood.strategy, "", "", stood.mode, stood.cuts),
        costs=costs,
        bands=view.bands_of(
            digest, gaps, tuple(slider_grid(sweep).positions.tolist()), sweep, outcomes
        ),
        tolerance=tolerance,
        outcome_words=subject.outcome_words,
        digest=digest,
        higher_is_better=not risk,
    )
    moved = threshold_explorer(payload, alt=sentence, key=f"explorer.{digest}")
    choice = as_offered(stood if moved is None else moved, payload["strategies"])
    view.keep(digest, choice)
    for text in missing:
        st.info(as_it_is(text))
    counts = counts_at_cuts(sweep, choice.per_group(outcomes.n_groups))
    threshold = choice.cuts[0] if choice.mode == "one" else None
    st.markdown(as_it_is(at_threshold_sentence(counts, threshold, gaps, risk=risk)))
    if threshold is not None and choice.cuts == in_use.cuts:
        say_intervals(subject, threshold, gaps)
    view.offer_use(subject, choice, costs)
    st.markdown(sentence)
    if found is not None and tolerance is not None:
        ranges = within_tolerance(sweep, gaps, tolerance, within)
        st.markdown(tolerance_sentence(ranges, gaps, tolerance, within, risk=risk))
    view.show_sweep_table(sweep, gaps, risk=risk)
    show_surface(subject, outcomes, digest, costs=costs)


explorer()
import_rule(subject, outcomes)
