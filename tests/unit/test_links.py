"""Addresses that can be passed on, whatever the address the app is reached by."""

import pytest

from fairlab.ui.links import PAGES, _link
from fairlab.ui.widgets.sign_in import providers
from tests.browser.server import ROOT


@pytest.mark.parametrize(
    ("seen", "link"),
    [
        ("http://localhost:8501", "http://localhost:8501/train?run=a-_b"),
        ("http://localhost:8501/", "http://localhost:8501/train?run=a-_b"),
        ("http://10.0.0.2:8501/report", "http://10.0.0.2:8501/train?run=a-_b"),
        ("https://x.org/tools/fairlab/workshop", "https://x.org/tools/fairlab/train?run=a-_b"),
        ("https://x.org/tools/fairlab/", "https://x.org/tools/fairlab/train?run=a-_b"),
        (None, "/train?run=a-_b"),
    ],
)
def test_a_link_keeps_host_and_folder_and_changes_the_page(seen: str | None, link: str) -> None:
    """Behind a proxy in a folder of its own as well."""
    assert _link(seen, "train", {"run": "a-_b"}) == link


def test_home_has_no_name_and_values_are_escaped() -> None:
    """A value cannot add another part to the address, nor leave the attribute it stands in."""
    assert _link("http://h/audit", "", {}) == "http://h/"
    link = _link("http://h", "workshop", {"room": 'A&b=c#"<x>'})
    assert link == "http://h/workshop?room=A%26b%3Dc%23%22%3Cx%3E"


def test_every_page_is_known_to_links() -> None:
    """A page that is not would stay in the addresses made on it."""
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(PAGES)


@pytest.mark.parametrize(
    ("auth", "known"),
    [
        ({}, ()),
        ({"redirect_uri": "x", "cookie_secret": "y"}, ()),
        ({"client_id": "a"}, ("",)),
        ({"google": {"client_id": "a"}, "okta": {"client_id": "b"}}, ("google", "okta")),
        ({"client_id": "a", "client_kwargs": {"prompt": "login"}}, ("",)),
    ],
)
def test_a_button_for_each_provider(auth: dict[str, object], known: tuple[str, ...]) -> None:
    """Sections that are no providers make no button."""
    assert providers(auth) == known
