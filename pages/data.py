"""Data."""

from fairlab.ui.shell import begin_page

begin_page("Data")
