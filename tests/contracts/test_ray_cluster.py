"""The same sweep on a Ray cluster of several nodes, of which one is lost meanwhile."""

import dataclasses
import logging
import os
from collections.abc import Iterator

import pytest
import ray
import torch
from ray.cluster_utils import Cluster

from fairlab.config import RunConfig
from fairlab.data import open_task
from fairlab.errors import InputError
from fairlab.results import Progress, SweepResult
from fairlab.runs.artefacts import encode
from fairlab.runs.executors import Limits, PartFailed, choose_executor
from fairlab.runs.parts import merge, parts_of
from fairlab.settings import Settings
from fairlab.training import fit_sweep
from tests.contracts import small

STORE = 80 * 2**20


def config(**changes: object) -> RunConfig:
    """Long enough for a node to be lost meanwhile."""
    return small.sweep(**{"epochs": 12, **changes})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A head that trains nothing and two nodes of one core each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    quick = {
        "health_check_period_ms": 500,
        "health_check_failure_threshold": 6,
        "memory_monitor_refresh_ms": 0,
    }
    head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE}
    found = Cluster(initialize_head=True, head_node_args={**head, "_system_config": quick})
    for _ in range(2):
        found.add_node(wait=False, num_cpus=1, object_store_memory=STORE)
    found.wait_for_nodes()
    yield found
    ray.shutdown()
    found.shutdown()


def same(one: SweepResult, other: SweepResult) -> None:
    assert one.points == other.points
    assert one.notes == other.notes
    bare = [dataclasses.replace(result, seconds=0.0) for result in (one, other)]
    assert encode(bare[0]) == encode(bare[1])


def test_a_lost_node_changes_no_number_and_cancelling_ends_soon(
    cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """The part that was on it is trained again on another; the result is that of one process."""
    caplog.set_level(logging.INFO, logger="fairlab.runs.ray_executor")
    executor = choose_executor(Settings(ray_address=cluster.address))
    run = config()
    lost: list[str] = []
    shares: list[float] = []

    def begun(part: str) -> list[str]:
        said = [r.args for r in caplog.records if "begins on node" in r.msg]
        return [str(args[1]) for args in said if isinstance(args, tuple) and args[0] == part]

    def lose_its_node(progress: Progress) -> None:
        shares.append(progress.share_done)
        if not lost and progress.mode == "layer":
            where = begun("layer")[-1]
            node = next(n for n in cluster.worker_nodes if n.node_id == where)
            lost.append(where)
            cluster.remove_node(node, allow_graceful=False)

    parts = parts_of(run)
    found = {}
    for part, result in executor.train(run, parts, lose_its_node, lambda: False, Limits()):
        found[part.name] = result
    assert set(found) == {part.name for part in parts}
    assert begun("layer")[0] == lost[0]
    assert begun("layer")[-1] != lost[0]
    assert shares == sorted(shares)
    assert shares[-1] <= 1.0

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    same(merge(run, found), fit_sweep(open_task(run), run))
    torch.set_num_threads(threads)

    told: list[Progress] = []
    endless = config(epochs=9_999, baselines=())
    trained = dict(
        executor.train(endless, parts_of(endless), told.append, lambda: len(told) > 2, Limits())
    )
    assert all(result.cancelled for result in trained.values())
    assert merge(endless, {part.name: r for part, r in trained.items()}).cancelled

    with pytest.raises(PartFailed, match="no GPU"):
        list(
            executor.train(
                config(device="cuda"), parts_of(run), told.append, lambda: False, Limits()
            )
        )


def test_a_cluster_that_does_not_answer_is_refused_with_the_remedy() -> None:
    """At once, not after the minutes that Ray tries."""
    ray.shutdown()
    with pytest.raises(InputError, match=r"cannot be reached.*FAIRLAB_RAY_ADDRESS"):
        choose_executor(Settings(ray_address="127.0.0.1:1"))
