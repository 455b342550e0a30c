"""How many groups a plug-in rule would learn, before it starts."""

import numpy as np

from fairlab.baselines import check_plugin_groups
from fairlab.config import RunConfig
from fairlab.data import TaskData
from fairlab.errors import FairlabError, InputError
from fairlab.results import cross
from fairlab.ui.widgets.data_view import people_with_roles


def plugin_groups(data: TaskData, config: RunConfig) -> tuple[int | None, str]:
    """Groups of all compared attributes together, and why they cannot be learnt ("" if they can).

    None where no plug-in rule on boosting is asked for, or the roles cannot be read.
    """
    sweep = config.sweep
    if "plugin_boosting" not in sweep.baselines:
        return None, ""
    by = sweep.group_by if sweep.group_by else config.task.sensitive[:1]
    apart = [(name,) for name in by] if sweep.grouping == "marginal" else [by]
    try:
        attributes = people_with_roles(data, config.task).attributes
        groups = [len(np.unique(cross(attributes, names).codes)) for names in apart]
    except FairlabError:
        return None, ""  # training says what is wrong with them
    try:
        check_plugin_groups(sweep.baselines, groups)
    except InputError as error:
        return sum(groups), str(error)
    return sum(groups), ""
