"""A trained model of fairlab as scikit-learn and Fairlearn know models."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from fairlab.artefact.files import read_model
from fairlab.artefact.model import Artefact
from fairlab.errors import InputError
from fairlab.language import tr, tr_n
from fairlab.outcomes import FloatArray, IntArray


class FairlabModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A model that left its run, with scikit-learn's methods; open one with :func:`load_model`.

    It is fitted and stays as it is: ``clone`` gives the same fitted model, and ``fit`` refuses.
    Where a meta-estimator wants to fit what it is given, wrap it in
    ``sklearn.frozen.FrozenEstimator``. People come as a pandas DataFrame with the columns of
    ``feature_names_in_``; further columns are not read. Labels of ``predict`` are 1 for the
    favourable outcome and 0.

    Args:
        artefact: What :func:`fairlab.artefact.files.read_model` gives.
    """

    def __init__(self, artefact: Artefact) -> None:
        self.artefact = artefact

    @property
    def classes_(self) -> IntArray:
        """0 and 1, the favourable outcome."""
        return np.array([0, 1])

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Columns a table needs; sensitive ones are among them where a decision reads them."""
        return np.array(self.artefact.columns, dtype=object)

    @property
    def n_features_in_(self) -> int:
        """How many columns a table needs."""
        return len(self.artefact.columns)

    @property
    def sentences_(self) -> tuple[str, ...]:
        """How decisions are made, and whether sensitive attributes are used."""
        return self.artefact.sentences

    def fit(self, X: Any, y: Any = None) -> "FairlabModel":
        """Refuse: what was trained is kept as it is.

        Raises:
            InputError: Always.
        """
        del X, y
        raise InputError(
            tr(
                "This model is fitted and cannot be fitted again: it is the record of one "
                "training. Train a new run with fairlab, or, where a meta-estimator calls fit, "
                "wrap it: sklearn.frozen.FrozenEstimator(model)."
            )
        )

    def predict(self, X: pd.DataFrame) -> IntArray:
        """(n,) decisions, 1 or 0, by the model's own policy: its threshold, thresholds or draw.

        Raises:
            InputError: As :meth:`decide`; or if somebody cannot be decided, which
                :meth:`decide` tells row by row.
        """
        found = self.artefact.decide(X)
        self._refuse_undecided(found.undecided, found.reason)
        return found.decision

    def predict_proba(self, X: pd.DataFrame) -> FloatArray:
        """(n, 2) one minus the score, and the score.

        Whether the score is a probability of the outcome says ``sentences_``. ``predict`` need
        not be the likelier column: it goes by the model's policy.

        Raises:
            InputError: As :meth:`predict`.
        """
        found = self.artefact.decide(X)
        self._refuse_undecided(found.undecided, found.reason)
        return np.column_stack([1.0 - found.score, found.score])

    def decide(self, X: pd.DataFrame, *, seed: int | None = None) -> pd.DataFrame:
        """``score``, ``decision`` and ``reason`` of everybody, with the index of ``X``.

        Nobody is left out: who cannot be decided has no score, and the reason. What was found in
        the table stands in ``.attrs["notes"]``, in sentences with counts.

        Args:
            X: One row per person.
            seed: For decisions that are drawn.

        Raises:
            InputError: Listing every problem of the table.
        """
        found = self.artefact.decide(X, seed=seed)
        frame = found.to_frame(X.index)
        frame.attrs["notes"] = list(found.notes)
        return frame

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.classifier_tags.multi_class = False
        tags.requires_fit = False
        return tags

    @staticmethod
    def _refuse_undecided(undecided: int, reasons: np.ndarray) -> None:
        if undecided:
            why = "; ".join(sorted({str(reason) for reason in reasons if reason})[:3])
            raise InputError(
                tr_n(
                    "1 person cannot be decided ({why}). decide(X) says who; leave those rows out "
                    "on purpose, or fill in what is missing.",
                    "{n:,} people cannot be decided ({why}). decide(X) says who; leave those rows "
                    "out on purpose, or fill in what is missing.",
                    undecided,
                    why=why,
                )
            )


def load_model(source: str | Path | bytes) -> FairlabModel:
    """A trained model from the file fairlab wrote: its path, its folder or its bytes.

    Needs neither torch nor the run. Nothing of the file is unpickled or run.

    Raises:
        InputError: If it is no model of fairlab, was written by a newer one, or is damaged.
    """
    return FairlabModel(read_model(source))
