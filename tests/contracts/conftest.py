"""Fixtures of the run store: the same tests on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest

from fairlab.settings import settings
from tests.contracts import postgres


@pytest.fixture
def postgres_url() -> str:
    """A PostgreSQL database with the store's tables, for one test."""
    return postgres.server().new_database(postgres.prepared())


@pytest.fixture
def empty_postgres_url() -> str:
    """A PostgreSQL database with nothing in it, for one test."""
    return postgres.server().new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, fairlab_home: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Kind of the database that every store and process of this test opens by default."""
    if request.param == "postgresql":
        monkeypatch.setenv("FAIRLAB_DATABASE_URL", request.getfixturevalue("postgres_url"))
        settings.cache_clear()
    return str(request.param)


@pytest.fixture(autouse=True)
def _settings_of_this_test() -> None:
    """Settings are read anew by each test."""
    settings.cache_clear()
