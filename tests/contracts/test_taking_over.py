"""What somebody had before signing in becomes their account's: all of it, and only on request."""

import pytest

from fairlab.errors import InputError
from fairlab.runs.store import RunStore
from tests.contracts.small import config

BROWSER, ACCOUNT, OTHER = "b" * 64, "a" * 64, "c" * 64


@pytest.fixture
def store(database: object) -> RunStore:
    """A store on either database."""
    return RunStore()


def test_runs_tables_and_rooms_move_and_others_stay(store: RunStore) -> None:
    """A table both had is had once; quotas count what moved."""
    moved = [store.submit(config(seed), owner=BROWSER) for seed in (1, 2)]
    kept = store.submit(config(3), owner=OTHER)
    for fingerprint, owner in (("1" * 64, BROWSER), ("2" * 64, BROWSER), ("2" * 64, ACCOUNT)):
        store.keep_upload(owner, fingerprint, "t.csv", 10, 5)
    room = store.open_room(BROWSER, "Room")
    assert store.take_over(BROWSER, ACCOUNT) == 2
    assert {record.id for record in store.list(owner=ACCOUNT)} == set(moved)
    assert store.get(kept).owner == OTHER
    assert store.list(owner=BROWSER) == []
    assert {upload.fingerprint for upload in store.uploads_of(ACCOUNT)} == {"1" * 64, "2" * 64}
    assert store.uploads_of(BROWSER) == ()
    assert [found.id for found in store.rooms_of(ACCOUNT)] == [room.id]
    assert store.usage(BROWSER).runs == 0
    assert store.take_over(BROWSER, ACCOUNT) == 0


@pytest.mark.parametrize(("browser", "account"), [("", ACCOUNT), (BROWSER, ""), (ACCOUNT, ACCOUNT)])
def test_nobodys_runs_cannot_be_taken_over(store: RunStore, browser: str, account: str) -> None:
    """Runs of before are nobody's, and stay so."""
    run_id = store.submit(config(), owner=browser)
    with pytest.raises(InputError):
        store.take_over(browser, account)
    assert store.get(run_id).owner == browser
