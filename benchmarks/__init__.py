"""Reproducible comparisons with named peers, side by side in one process.

Before torch is loaded: its threads sleep while they wait, as they do when fairlab trains. Threads
that spin make every small matrix product wait for a neighbour's time slice on cores that others
use too; both sides of a comparison run with the same setting.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
