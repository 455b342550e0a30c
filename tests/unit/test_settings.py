"""What an installation can be told by environment variables."""

import pytest

from fairlab.errors import InputError
from fairlab.settings import Settings, settings


def test_every_setting_has_a_default_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FAIRLAB_{name.upper()}", raising=False)
    assert Settings().upload_mb == 50
    assert Settings().own_worker


def test_all_wrong_values_are_named_with_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLAB_UPLOAD_MB", "lots")
    monkeypatch.setenv("FAIRLAB_RUNS_AT_ONCE", "-1")
    settings.cache_clear()
    with pytest.raises(InputError, match=r"FAIRLAB_RUNS_AT_ONCE.*FAIRLAB_UPLOAD_MB is 'lots'"):
        settings()


def test_a_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKEN", "open sesame")
    assert "sesame" not in repr(Settings())
