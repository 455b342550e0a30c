"""The web server asks models about people without paying for torch."""

import subprocess
import sys

CODE = """
import sys
import numpy as np
from fairlab.config import SplitConfig
from fairlab.data import load, prepare
from fairlab.examine import flips, importance, models, proxies_effect, shapley
from fairlab.networks import Networks, NetworkFamily
from fairlab.training.learners import FITS

data = load("loanapp")
prepared = prepare(data, SplitConfig(), data.task.sensitive[:1])
FITS["logistic"](prepared, {"train": None, "validation": None}, 0)
shapley.shapley(lambda places: places.sum(axis=1) * 1.0, 1, 2, 8)
size = len(prepared.feature_names)
family = NetworkFamily(
    "penalty",
    np.array([0]),
    (np.ones((1, 1, size), dtype=np.float32),),
    (np.zeros((1, 1), dtype=np.float32),),
)
Networks((family,), prepared.feature_names).score(0, prepared.splits["test"].features)
sys.exit("torch" in sys.modules or "streamlit" in sys.modules or "matplotlib" in sys.modules)
"""


def test_flips_refits_shapley_values_and_kept_networks_need_no_torch() -> None:
    """All of it in a process of its own; shap's plots and streamlit stay away too."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_shap_is_not_imported_before_it_is_asked_for() -> None:
    """The modules of the page's part cost neither its second nor its memory."""
    code = (
        "import sys, fairlab.examine.importance, fairlab.examine.models, fairlab.examine.flips;"
        "sys.exit('shap' in sys.modules or 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
