"""Addresses that can be passed on, whatever the address the app is reached by."""

import pytest

from fairlab.ui import links
from fairlab.ui.links import PAGES, _from_network, _link, only_here, origin
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


@pytest.mark.parametrize(
    ("link", "passed_on"),
    [
        ("http://localhost:8501/workshop?room=A", "http://192.168.1.5:8501/workshop?room=A"),
        ("http://127.0.0.1:80/workshop", "http://192.168.1.5:80/workshop"),
        ("http://[::1]:8501/", "http://192.168.1.5:8501/"),
        ("http://localhost/train", "http://192.168.1.5/train"),
        ("https://fairlab.example.org/train", "https://fairlab.example.org/train"),
        ("http://10.0.0.2:8501/train", "http://10.0.0.2:8501/train"),
        ("/workshop?room=A", "/workshop?room=A"),
    ],
)
def test_links_for_others_name_the_network_address_in_place_of_this_machine(
    link: str, passed_on: str
) -> None:
    """A QR code that says localhost leads each phone to itself."""
    assert _from_network(link, "192.168.1.5") == passed_on
    assert _from_network(link, None) == link
    assert not only_here(passed_on)


@pytest.mark.parametrize("listens", ["localhost", "127.0.0.1", "10.0.0.2"])
def test_a_server_that_keeps_to_one_address_is_named_by_no_other(
    listens: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody could open it there; nor at the address inside of a container."""
    monkeypatch.setattr(links, "CONTAINER", ())
    monkeypatch.setattr(links.st, "get_option", lambda _: listens)
    assert links._address_in_network() is None
    monkeypatch.setattr(links.st, "get_option", lambda _: "0.0.0.0")
    monkeypatch.setattr(links, "CONTAINER", (__file__,))
    assert links._address_in_network() is None


def test_what_is_typed_to_come_to_a_room_is_the_link_without_page_and_code() -> None:
    """Short enough for a board; the folder of a proxy stays."""
    assert origin("http://10.0.0.2:8501/workshop?room=A") == "http://10.0.0.2:8501"
    assert origin("https://x.org/tools/fairlab/workshop?room=A") == "https://x.org/tools/fairlab"
    assert origin("/workshop?room=A") == ""


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
