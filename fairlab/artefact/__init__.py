"""Trained models that left their run: as files, at the command line, in notebooks.

``load_model`` opens one as scikit-learn knows models; torch and streamlit are not needed.
"""

from fairlab.artefact.estimator import FairlabModel, load_model
from fairlab.artefact.files import read_model, write_model
from fairlab.artefact.model import Artefact, Decided
from fairlab.artefact.schema import ModelRecord, json_schema

__all__ = [
    "Artefact",
    "Decided",
    "FairlabModel",
    "ModelRecord",
    "json_schema",
    "load_model",
    "read_model",
    "write_model",
]
