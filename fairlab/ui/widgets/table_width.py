"""How wide a table is once encoded, for the estimate beside the button that trains."""

import pandas as pd
import streamlit as st

from fairlab.config import RunConfig, Task
from fairlab.data import TaskData
from fairlab.data.width import encoded_width
from fairlab.duration import Encoded, train_share


def table_width(data: TaskData, config: RunConfig) -> Encoded:
    """Cached by content and by what decides which columns are features."""
    share = round(train_share(config.sweep), 2)
    return _width(data.data.fingerprint, config.task.model_dump_json(), share, data.frame)


@st.cache_resource(show_spinner=False, max_entries=64)
def _width(fingerprint: str, task: str, share: float, _frame: pd.DataFrame) -> Encoded:
    del fingerprint
    return encoded_width(_frame, Task.model_validate_json(task), share)
