"""Where fairlab keeps runs, results and tables on this machine."""

import os
from pathlib import Path

import platformdirs

VARIABLE = "FAIRLAB_HOME"


def home() -> Path:
    """The folder of this installation: ``FAIRLAB_HOME``, else the user's data folder.

    Returns:
        An absolute path; created, for its owner alone, if it does not exist.
    """
    chosen = os.environ.get(VARIABLE, "")
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("fairlab"))
    folder = folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
