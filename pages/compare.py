"""Compare: choices, metrics or runs side by side, in people, and by each other's standards."""

from fairlab.language import tr
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets import compare_view as view
from fairlab.ui.widgets.choosing_view import show_choosing
from fairlab.ui.widgets.compare_changes import show_changes
from fairlab.ui.widgets.compare_judged import show_judged
from fairlab.ui.widgets.compare_people import show_people, show_worth
from fairlab.ui.widgets.compare_sources import choose_side

begin_page(
    tr("Compare"), tr("Choices side by side: how often they are right, for whom, and who moves.")
)
part, drawn = view.choose_part()
if part == "judged":
    show_judged(drawn)
elif part is not None and (side := choose_side()) is not None:
    if part == "side":
        view.show_overview(side, drawn)
        show_changes(side, drawn)
    elif part == "people":
        show_people(side, drawn)
        show_worth(side, drawn)
    else:
        view.show_rates(side, drawn)
        view.show_gaps(side, drawn)
show_choosing()
