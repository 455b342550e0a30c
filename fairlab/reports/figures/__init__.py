"""Plotly figures, one file per topic. Pure functions: records in, ``go.Figure`` out."""
