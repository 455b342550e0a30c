"""The Pareto curve: accuracy against gap, one marker per trained model."""

import textwrap

import plotly.graph_objects as go

from fairlab.language import tr
from fairlab.reports.figures.theme import layout

LONGEST_LINE = 50  # characters of an axis title that fit the height of the chart


def live_layout(gap_words: str, split_words: str) -> go.Layout:
    """Axes of the curve: accuracy to the right, gap upwards, "more equal" pointing down.

    Args:
        gap_words: What the vertical axis measures ("selection rate").
        split_words: On which people points are measured ("test people").
    """
    result = layout(
        x=tr("Accuracy, % of {split}  (more accurate →)", split=split_words),
        y="<br>".join(
            textwrap.wrap(tr("Gap in {gap}, points  (↓ more equal)", gap=gap_words), LONGEST_LINE)
        ),
        height=460,
        showlegend=True,
    )
    result.yaxis.autorangeoptions = {"include": 0}
    return result
