"""Tables: built in, generated, downloaded or uploaded; checked once, split and encoded."""

from fairlab.config import Task
from fairlab.data.catalog import Source, catalog, load
from fairlab.data.findings import Finding, Findings
from fairlab.data.fingerprint import fingerprint
from fairlab.data.limits import Limits
from fairlab.data.predictions import read_predictions
from fairlab.data.prepare import People, feature_columns, prepare, read_people
from fairlab.data.proxies import Proxies, Strength, label_predictors, proxies
from fairlab.data.roles import guess_bins, guess_roles
from fairlab.data.tables import load_data, load_table, open_task, read_path, save_table
from fairlab.data.task import PreparedData, SplitData, TaskData
from fairlab.data.upload import ReadTable, read_table
from fairlab.data.validation import validate

__all__ = [
    "Finding",
    "Findings",
    "Limits",
    "People",
    "PreparedData",
    "Proxies",
    "ReadTable",
    "Source",
    "SplitData",
    "Strength",
    "Task",
    "TaskData",
    "catalog",
    "feature_columns",
    "fingerprint",
    "guess_bins",
    "guess_roles",
    "label_predictors",
    "load",
    "load_data",
    "load_table",
    "open_task",
    "prepare",
    "proxies",
    "read_path",
    "read_people",
    "read_predictions",
    "read_table",
    "save_table",
    "validate",
]
