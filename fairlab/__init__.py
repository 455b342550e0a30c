"""fairlab: explore fairness trade-offs in machine learning on your own data."""

__version__ = "0.1.0"
