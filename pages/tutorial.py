"""Tutorial: ten steps on the built-in table, then three questions."""

from fairlab.language import tr
from fairlab.ui.shell import begin_page
from fairlab.ui.widgets.tutorial_view import show_tutorial

begin_page(
    tr("Tutorial"),
    tr("Three rates, why they conflict, and what each mode does: ten steps on a real table."),
)
show_tutorial()
