"""What a logistic regression of a sweep adds to a person's log-odds, feature by feature."""

import numpy as np
import pandas as pd

from fairlab.errors import InputError
from fairlab.language import later, tr
from fairlab.results import SweepResult

INTERCEPT = "(intercept)"


def has_coefficients(result: SweepResult, index: int) -> bool:
    """Whether model ``index`` is a logistic regression whose weights were kept."""
    networks = result.networks
    if networks is None or index not in networks:
        return False
    own = next(family for family in networks.families if (family.models == index).any())
    return len(own.weights) == 1


def coefficients(result: SweepResult, index: int) -> pd.DataFrame:
    """Coefficients of model ``index``, the intercept first, then from the largest to the smallest.

    Returns:
        ``column`` of the table, ``feature`` made of it, ``coefficient`` in log-odds, and
        ``odds_ratio``, its exponential. A number is encoded as hats between named values: at a
        named value its coefficient counts, between two of them the line through both, and at the
        highest 0. A category counts with the coefficient of its own column.

    Raises:
        InputError: For a model with hidden layers, or a result without weights.
        UnknownNameError: For a model whose weights were not kept, such as a baseline.
    """
    if result.networks is None:
        raise InputError(
            tr(
                "The weights of this run were not kept, so its coefficients "
                "are not known. Train it again, with fewer models if it said "
                "so."
            )
        )
    value, intercept = result.networks.coefficients(index)
    networks = result.networks
    columns = [networks.columns[place] for place in networks.origin.tolist()]
    order = np.argsort(-np.abs(value), kind="stable")
    found = np.concatenate([[intercept], value[order]])
    return pd.DataFrame(
        {
            "column": ["", *(columns[i] for i in order)],
            "feature": [INTERCEPT, *(networks.feature_names[i] for i in order)],
            "coefficient": found,
            "odds_ratio": np.exp(found),
        }
    )


def coefficients_table(result: SweepResult, index: int) -> pd.DataFrame:
    """The same for reading: three digits, and names of columns in words."""
    table = coefficients(result, index)
    return pd.DataFrame(
        {
            "Column": table["column"],
            "Feature": table["feature"],
            "Coefficient (log-odds)": table["coefficient"].round(3),
            "Odds ×": [float(f"{ratio:.3g}") for ratio in table["odds_ratio"]],
        }
    )


COEFFICIENTS_SENTENCE = later(
    "What each feature adds to the log-odds of the favourable outcome, before the "
    "fairness layer where there is one. A number counts with the coefficient of the "
    "value named, between two of them with the line through both, and with 0 at the "
    "highest. These are associations in a model trained to predict, not causes; "
    "features that go together share their weight."
)
