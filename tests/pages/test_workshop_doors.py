"""Who may be in a workshop room, and leading it from another device, as screens show it."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.settings import settings
from fairlab.ui import rooms
from tests.pages.conftest import OTHER, OTHER_TOKEN
from tests.pages.test_workshop_session import Open, Workshop, labels, words, workshop

__all__ = ["workshop"]


def test_who_is_removed_sees_why_and_nothing_else(workshop: Workshop) -> None:
    """Also after a reload; others stay picked while somebody comes; letting in again works."""
    workshop.lead("phase", phase="ask", seconds=None)
    phone = workshop.phone()
    assert "Send" in labels(phone)
    desk = workshop.desk()
    me = workshop.store.room_participant(workshop.room.id, OTHER)
    desk.multiselect(key="room.remove.who").set_value([me]).run()
    workshop.answers(1)  # somebody comes meanwhile
    desk.run()
    assert desk.multiselect(key="room.remove.who").value == [me]
    desk.button(key="room.remove").click().run()
    assert not desk.exception
    assert me not in workshop.state.participants
    for seen in (phone.run(), workshop.phone()):
        assert "The facilitator removed this device" in words(seen)
        assert "Which" not in words(seen)
        assert labels(seen) >= {"Try again", "Leave"}
        assert "Send" not in labels(seen)
    desk.button(key="room.remove.undo").click().run()
    assert "Send" in labels(phone.run())


def test_all_who_sent_nothing_are_removed_with_one_press(workshop: Workshop) -> None:
    """Invented cookies go at once; those who answered stay. Not before anybody was asked."""
    for n in range(5):
        workshop.says(f"{n:064x}", "joined")
    desk = workshop.desk()
    assert "room.remove" in [str(one.key) for one in desk.button]
    assert "room.remove.silent" not in [str(one.key) for one in desk.button]
    workshop.lead("phase", phase="ask", seconds=None)
    workshop.answers(2)
    desk = workshop.desk()
    button = desk.button(key="room.remove.silent")
    assert button.label == "Remove the 5 who sent nothing"
    button.click().run()
    assert len(workshop.state.participants) == 2
    assert len(workshop.state.answers) == 2


def test_a_closed_door_is_said_to_newcomers_and_to_the_facilitator(workshop: Workshop) -> None:
    desk = workshop.desk()
    desk.button(key="room.door").click().run()
    assert "door closed to newcomers" in words(desk)
    phone = workshop.phone()
    assert "closed the door of this room" in words(phone)
    desk.button(key="room.door").click().run()
    assert "closed the door" not in words(phone.run())
    assert workshop.store.room_participant(workshop.room.id, OTHER) in workshop.state.participants


def test_one_address_lets_a_class_in_and_no_crowd(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty behind one router come in at once by the usual limit; beyond the limit it is said."""
    assert settings().room_newcomers >= 60
    monkeypatch.setenv("FAIRLAB_ROOM_NEWCOMERS", "1")
    settings.cache_clear()
    rooms.newcomers.clear()
    monkeypatch.setattr(rooms, "crowd_at", lambda room: f"{room.id} 10.0.0.1")
    workshop.phone()
    assert len(workshop.state.participants) == 1
    second = workshop._open("workshop", room=workshop.room.code, token="0" * 31 + "3")
    assert "Very many people came into this room from your network" in words(second)
    assert len(workshop.state.participants) == 1
    assert "from your network" not in words(workshop.phone()), "who is in comes back"


def test_one_address_opens_no_crowd_of_rooms(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms of others that ended would make way for them."""
    monkeypatch.setattr(rooms, "address", lambda: "10.0.0.1")
    rooms.openers.clear()
    for _ in range(rooms.OPENED_FROM_ONE_PLACE):
        rooms.openers().wrong("10.0.0.1")
    page = open_page("workshop")
    page.text_input[1].input("Mine")
    next(one for one in page.button if one.label == "Open").click().run()
    assert "Very many rooms were opened from your network" in words(page)


def test_another_device_leads_by_a_link_that_is_shown_once(
    workshop: Workshop, open_page: Open
) -> None:
    """Made on demand, hidden again, gone from the address once used; revoked, it is said."""
    desk = workshop.desk()
    assert not shown(desk)
    desk.button(key="room.lead.make").click().run()
    (link,) = shown(desk)
    desk.button(key="room.lead.hide").click().run()
    assert not shown(desk)
    assert desk.button(key="room.lead.make").label == "Make a new link"
    token = parse_qs(urlsplit(link).query)["lead"][0]

    def other() -> AppTest:
        return open_page("workshop", room=workshop.room.code, token=OTHER_TOKEN, lead=token)

    tablet = other()
    assert "lead" not in tablet.query_params
    assert "Close the room" in labels(tablet)
    assert not {"Delete the room", "Make a link", "Make a new link"} & labels(tablet)
    tablet.button(key="room.next").click().run()
    assert workshop.state.phase_began is not None
    assert workshop.state.participants == ()
    desk.run()
    desk.button(key="room.lead.revoke").click().run()
    tablet.run()
    assert "Close the room" not in labels(tablet)
    assert "does not lead the room any more" in words(other())


def shown(desk: AppTest) -> list[str]:
    """Private links on the page."""
    found = [json.loads(one.proto.json) for one in desk.get("bidi_component")]
    return [one["link"] for one in found if "lead=" in str(one.get("link"))]
