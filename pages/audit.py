"""Audit."""

from fairlab.ui.shell import begin_page

begin_page("Audit")
