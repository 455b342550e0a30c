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
        x=f"Accuracy, % of {split_words}",
        y=f"Gap in {gap_words}, percentage points",
        height=460,
        annotations=[
            {
                "text": "more equal ↓",
                "xref": "paper",
                "yref": "paper",
                "x": 0.005,
                "y": 0.005,
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            },
            {
                "text": "more accurate →",
                "xref": "paper",
                "yref": "paper",
                "x": 0.995,
                "y": 0.005,
                "xanchor": "right",
                "yanchor": "bottom",
                "showarrow": False,
            },
        ],
        showlegend=True,
    )
    result.yaxis.rangemode = "tozero"
    return result
