"""The Pareto curve: accuracy against gap, one marker per trained model."""

import plotly.graph_objects as go

from fairlab.reports.figures.theme import layout


def live_layout(gap_words: str, split_words: str) -> go.Layout:
    """Axes of the curve: accuracy to the right, gap upwards, "more equal" pointing down.

    Args:
        gap_words: What the vertical axis measures ("selection rate").
        split_words: On which people points are measured ("test people").
    """
    result = layout(
        x=f"Accuracy, % of {split_words}  (more accurate →)",
        y=f"Gap in {gap_words}, points  (↓ more equal)",
        height=460,
        showlegend=True,
    )
    result.yaxis.autorangeoptions = {"include": 0}
    return result
