"""The report as one HTML file that needs nothing else: no server, no network, no library."""

from fairlab.reports.html.page import html_report

__all__ = ["html_report"]
