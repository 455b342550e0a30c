"""The Pareto curve: accuracy against gap, one marker per trained model."""

import textwrap

import plotly.graph_objects as go

from fairlab.reports.figures.theme import layout

LONGEST_LINE = 50  # characters of an axis title that fit the height of the chart


def live_layout(gap_words: str, split_words: str) -> go.Layout:
    """Axes of the curve: accuracy to the right, gap upwards, "more equal" pointing down.

    Args:
        gap_words: What the vertical axis measures ("selection rate").
        split_words: On which people points are measured ("test people").
    """
    result = layout(
        x=f"Accuracy, % of {split_words}  (more accurate →)",
        y="<br>".join(textwrap.wrap(f"Gap in {gap_words}, points  (↓ more equal)", LONGEST_LINE)),
        height=460,
        showlegend=True,
    )
    result.yaxis.autorangeoptions = {"include": 0}
    return result
