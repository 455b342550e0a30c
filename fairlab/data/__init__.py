"""Tables: built in, generated, downloaded or uploaded; checked once, split and encoded."""

from fairlab.config import Task
from fairlab.data.catalog import Source, catalog, load
from fairlab.data.prepare import People, feature_columns, prepare, read_people
from fairlab.data.task import PreparedData, SplitData, TaskData

__all__ = [
    "People",
    "PreparedData",
    "Source",
    "SplitData",
    "Task",
    "TaskData",
    "catalog",
    "feature_columns",
    "load",
    "prepare",
    "read_people",
]
