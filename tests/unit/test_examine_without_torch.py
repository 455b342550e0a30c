"""The web server asks models about people without paying for torch, and late for shap."""

import subprocess
import sys

CODE = """
import sys
import numpy as np
from fairlab.config import SplitConfig
from fairlab.data import load, prepare
from fairlab.examine import flips, importance, models, proxies_effect, shapley

if {"shap", "numba"} & set(sys.modules):
    sys.exit("shap was imported before it was asked for")
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
unwanted = {"torch", "streamlit", "matplotlib"} & set(sys.modules)
sys.exit(", ".join(unwanted) or 0)
"""


def test_flips_refits_shapley_values_and_kept_networks_need_no_torch() -> None:
    """All of it in a process of its own; shap's plots and streamlit stay away too.

    Importing the modules costs neither the second nor the memory of shap itself.
    """
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
