"""The audit of all crossed groups as a table."""

import pandas as pd

from fairlab.metrics import Multicalibration
from fairlab.reports.sentences.multicalibration import range_words


def subgroups_table(result: Multicalibration) -> pd.DataFrame:
    """One row per subgroup and score range, strongest evidence first."""
    rows = [
        (
            s.subgroup,
            range_words(s),
            s.n,
            s.mean_score,
            s.rate,
            s.residual,
            s.lower,
            s.upper,
            s.shrunk,
            s.p_adjusted,
        )
        for s in result.subgroups
    ]
    columns = [
        "Subgroup",
        "Scores",
        "People",
        "Mean score",
        "Favourable outcome",
        "Outcome − score",
        "Lower (all at once)",
        "Upper (all at once)",
        "Expected of new people",
        "p (corrected)",
    ]
    return pd.DataFrame(rows, columns=columns)
