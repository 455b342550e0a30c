"""The file of a model is made once for all who take it away: baselines are fitted again for it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from fairlab.ui.state import ChosenPoint
from fairlab.ui.widgets import report_files


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Models that were fitted again; the test fails where two are at once."""
    found: list[int] = []
    now = threading.Lock()

    def fit(_config: Any, _result: Any, _data: Any, index: int, **_more: Any) -> bytes:
        assert now.acquire(blocking=False), "two at once"
        now.release()
        found.append(index)
        return b"model %d" % index

    monkeypatch.setattr(report_files, "artefact_bytes", fit)
    monkeypatch.setattr(report_files, "result", lambda _run: None)
    monkeypatch.setattr(report_files, "task_data", lambda _run: None)
    stored = SimpleNamespace(get=lambda _run: SimpleNamespace(result_key="k"))
    monkeypatch.setattr(report_files, "store", lambda: stored)
    report_files._model_file.clear()
    yield found
    report_files._model_file.clear()


def test_many_who_click_at_once_get_one_fit_each_model_after_another(fits: list[int]) -> None:
    """Thirty people after a workshop take the same model; a few take another."""

    def take(n: int) -> bytes:
        chosen: Any = SimpleNamespace(point=ChosenPoint("run", n % 2, "label"))
        return report_files._artefact(chosen, None, ("en", "de")[n % 3 == 0])  # type: ignore[arg-type]

    with ThreadPoolExecutor(6) as pool:
        files = list(pool.map(take, range(12)))
    assert files == [b"model 0", b"model 1"] * 6
    assert sorted(fits) == [0, 1]
