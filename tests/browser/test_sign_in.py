"""Signing in with OpenID Connect: runs follow the account, and are moved only when asked."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fairlab.runs.store import RunStore
from fairlab.ui.owner import COOKIE, owner_of_account, owner_of_token
from tests.browser.provider import Provider
from tests.browser.server import Server
from tests.browser.test_journeys import try_it_now


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Somebody to sign in with."""
    running = Provider("ada")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def signed(tmp_path: Path, provider: Provider) -> Iterator[Server]:
    """A server where sign-in is set up."""
    home = tmp_path / "home"
    home.mkdir()
    running = Server(home)
    secret = tmp_path / "secrets.toml"
    secret.write_text(provider.secrets_toml(running.url), encoding="utf-8")
    running.options = (f"--secrets.files={secret}",)
    running.variables = {"FAIRLAB_OWN_WORKER": "false"}  # whose a run is does not wait for it
    running.start()
    yield running
    running.stop(kill=True)


def test_runs_are_taken_over_when_asked_and_found_from_another_browser(
    page: Page, elsewhere: Callable[..., Page], signed: Server, provider: Provider
) -> None:
    """Before the answer they stay the browser's; signing out shows what is the browser's."""
    try_it_now(page, signed)
    page.get_by_role("link", name="Home").first.click()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Signed in as Ada *L*")).to_be_visible()
    expect(page.get_by_text("started in this browser. Are they yours?")).to_be_visible()
    (cookie,) = [one["value"] for one in page.context.cookies() if one["name"] == COOKIE]
    account = owner_of_account({"is_logged_in": True, "iss": provider.issuer, "sub": "ada"})
    store = RunStore(signed.home)
    assert [record.owner for record in store.list()] == [owner_of_token(cookie)]
    page.get_by_role("button", name="Move them to my account").click()
    expect(page.get_by_role("heading", name="Your runs")).to_be_visible()
    assert [record.owner for record in store.list()] == [account]

    abroad = elsewhere()
    abroad.goto(signed.url)
    expect(abroad.get_by_text("Nothing of yours is kept yet")).to_be_visible()
    abroad.get_by_role("button", name="Sign in").click()
    expect(abroad.get_by_role("heading", name="Your runs")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Nothing of yours is kept yet")).to_be_visible()
