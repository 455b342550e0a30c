"""Workshop rooms: who gets in, who sees what, who may change what."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.errors import InputError
from fairlab.reports.tables.curve import curve_rows
from fairlab.reports.tables.room import (
    RoomRun,
    drawn_once,
    points_of_room,
    question,
    room_table,
)
from fairlab.results import SweepResult
from fairlab.runs.holdings import Room
from fairlab.runs.store import RunStore
from fairlab.ui import rooms
from fairlab.ui.widgets import room_invite
from fairlab.ui.widgets.room_invite import qr_svg
from tests.pages.conftest import OTHER, OTHER_TOKEN, OWNER
from tests.stored import stored_run

Open = Callable[..., AppTest]
Trained = tuple[RunConfig, SweepResult]


def words(app: AppTest) -> str:
    """Everything said on the page."""
    return " ".join(text.value for text in (*app.markdown, *app.error))


def headings(app: AppTest) -> list[str]:
    """The page's subheaders."""
    return [text.value for text in app.subheader]


def labels(app: AppTest) -> set[str]:
    """What the buttons say."""
    return {button.label for button in app.button}


@pytest.fixture
def room(fairlab_home: Path) -> Room:
    """A room of the visitor."""
    return RunStore(fairlab_home).open_room(OWNER, "Tuesday *group*")


def test_opening_a_room_gives_code_link_and_qr_code(open_page: Open, fairlab_home: Path) -> None:
    """The facilitator is in it at once, and alone can close it."""
    app = open_page("workshop")
    assert headings(app) == ["Join a room", "Open a room"]
    app.text_input[1].set_value("Loans")
    next(button for button in app.button if button.label == "Open").click().run()
    assert not app.exception
    (opened,) = RunStore(fairlab_home).rooms_of(OWNER)
    assert opened.code in headings(app)
    assert opened.code in app.query_params["room"]
    assert app.get("image")
    assert "Close the room" in labels(app)


def test_a_wrong_code_says_how_codes_look(open_page: Open) -> None:
    """And an empty one is not looked up."""
    app = open_page("workshop")
    app.text_input[0].set_value("nope")
    app.button[0].click().run()
    assert "There is no room with this code" in words(app)


def test_codes_cannot_be_tried_at_will(open_page: Open, room: Room) -> None:
    """After ten wrong ones even the right one is not looked at, for this visitor only."""
    app = open_page("workshop", token=OTHER_TOKEN)
    for _ in range(10):
        rooms.guesses().wrong(OTHER)
    app.text_input[0].set_value(room.code)
    app.button[0].click().run()
    assert "Too many codes that were wrong" in words(app)
    again = open_page("workshop", room=room.code)
    assert "No runs yet" in headings(again)


def test_one_visitor_does_not_keep_others_out_with_wrong_codes(open_page: Open, room: Room) -> None:
    """A thousand wrong codes, each of a new visitor: the room is found all the same."""
    rooms.guesses.clear()
    for number in range(1000):
        rooms.guesses().wrong(f"new visitor {number}")
    try:
        app = open_page("workshop", token=OTHER_TOKEN)
        app.text_input[0].set_value(room.code)
        app.button[0].click().run()
        assert "No runs yet" in headings(app)
        assert "Train models" not in labels(app)  # thirty phones that wait start no training
    finally:
        rooms.guesses.clear()


def test_the_link_and_the_code_let_others_in_to_see_not_to_rule(
    open_page: Open, room: Room, fairlab_home: Path, finished_run: str
) -> None:
    """A participant sees the runs put in and no others, and cannot close or empty the room."""
    RunStore(fairlab_home).put_in_room(finished_run, room.id, OWNER)
    app = open_page("workshop", room=room.code.lower().replace("-", " "), token=OTHER_TOKEN)
    assert r"Tuesday \*group\*" in headings(app)
    assert not {"Close the room", "Empty the list", "Take it out"} & labels(app)
    assert f"Run {finished_run[:4]}" in app.dataframe[0].value["Run"].tolist()
    assert "1 run · open" in words(app)
    assert "Leave" in labels(app)


def test_own_runs_only_are_offered_and_put_in(
    open_page: Open, room: Room, fairlab_home: Path, trained: Trained, finished_run: str
) -> None:
    """The list has no run of anybody else; the store refuses one as well."""
    store = RunStore(fairlab_home)
    theirs = stored_run(fairlab_home, trained[0], trained[1], OTHER)
    app = open_page("workshop", room=room.code, token=OTHER_TOKEN)
    assert len(app.selectbox(key="room.own").options) == 1
    app.button(key="room.put").click().run()
    assert not app.exception
    assert store.get(theirs).room == room.id
    assert store.get(finished_run).room == ""
    with pytest.raises(InputError):
        store.put_in_room(finished_run, room.id, OTHER)


def test_a_participant_takes_out_only_their_own(
    open_page: Open, room: Room, fairlab_home: Path, trained: Trained, finished_run: str
) -> None:
    """The facilitator may take out any; the runs stay with whoever started them."""
    store = RunStore(fairlab_home)
    theirs = stored_run(fairlab_home, trained[0], trained[1], OTHER)
    store.put_in_room(finished_run, room.id, OWNER)
    store.put_in_room(theirs, room.id, OTHER)
    app = open_page("workshop", room=room.code, token=OTHER_TOKEN)
    assert len(app.selectbox(key="room.out").options) == 1
    with pytest.raises(InputError):
        store.take_out_of_room(finished_run, OTHER)
    own = open_page("workshop", room=room.code)
    assert len(own.selectbox(key="room.out").options) == 2
    own.button(key="room.empty").click().run()
    assert "No runs yet" in headings(own)
    assert store.get(theirs).owner == OTHER


def test_a_closed_room_takes_no_runs_and_still_shows_them(
    open_page: Open, room: Room, fairlab_home: Path, finished_run: str
) -> None:
    """Only who opened it can close it."""
    store = RunStore(fairlab_home)
    store.put_in_room(finished_run, room.id, OWNER)
    with pytest.raises(InputError):
        store.close_room(room.id, OTHER)
    app = open_page("workshop", room=room.code)
    app.button(key="room.close").click().run()
    assert "closed: no more runs" in words(app)
    assert len(app.dataframe[0].value) == 1
    with pytest.raises(InputError):
        store.put_in_room(finished_run, room.id, OWNER)


def test_a_room_of_yesterday_lets_nobody_in_but_who_opened_it(
    open_page: Open, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms last a day, so that codes on old slides open nothing."""
    assert not rooms.is_over(room, room.created + rooms.LASTS - 1)
    assert rooms.is_over(room, room.created + rooms.LASTS)
    monkeypatch.setattr(rooms, "LASTS", 0.0)
    app = open_page("workshop", room=room.code, token=OTHER_TOKEN)
    assert "This room has ended" in words(app)
    assert "Join a room" in headings(app)
    assert "has ended, and is yours to see" in words(open_page("workshop", room=room.code))


def test_a_point_of_somebody_elses_run_can_be_chosen_in_the_room(
    open_page: Open, room: Room, fairlab_home: Path, finished_run: str
) -> None:
    """Picked on the chart, it goes to the other pages."""
    RunStore(fairlab_home).put_in_room(finished_run, room.id, OWNER)
    app = open_page("workshop", room=room.code, token=OTHER_TOKEN)
    app.session_state["fairlab.selected"] = (finished_run, 2)
    app.run()
    app.button(key="room.choose").click().run()
    assert finished_run in str(app.query_params["chosen"])


def test_runs_share_a_chart_when_they_ask_the_same_of_the_same_people(trained: Trained) -> None:
    """Another constraint, other groups or another table is another question."""
    config = trained[0]
    sweep = config.sweep
    for other in (
        config.model_copy(update={"sweep": sweep.model_copy(update={"group_by": ("sex",)})}),
        config.model_copy(
            update={"sweep": sweep.model_copy(update={"constraint": "equalized_odds"})}
        ),
        config.model_copy(update={"data": config.data.model_copy(update={"source": "adult"})}),
    ):
        assert question(other) != question(config)
    named = sweep.model_copy(update={"group_by": config.task.sensitive[:1]})
    assert question(config.model_copy(update={"sweep": named})) == question(config)
    longer = config.model_copy(update={"sweep": sweep.model_copy(update={"epochs": 9})})
    assert question(longer) == question(config)


def test_runs_of_one_computation_are_drawn_once_and_say_how_many_they_are(
    finished_run: str, fairlab_home: Path
) -> None:
    """Thirty people who press the same button make one curve, not thirty on top of each other."""
    record = RunStore(fairlab_home).get(finished_run)
    a, b, c = (
        RoomRun(replace(record, id=one), mine=one == "cccc") for one in ("aaaa", "bbbb", "cccc")
    )
    b = RoomRun(replace(b.record, result_key="another"), mine=False)
    waits = replace(record, result_key=None)
    d, e = (RoomRun(replace(waits, id=one, job=one), mine=False) for one in ("dddd", "eeee"))
    drawn = drawn_once([a, b, c, d, e])
    assert [(run.record.id, name) for run, name in drawn] == [
        ("bbbb", "Run bbbb"),
        ("cccc", "Run cccc, yours and 1 alike"),
        ("dddd", "Run dddd"),
        ("eeee", "Run eeee"),
    ]


def test_the_table_of_a_room_tells_whose_and_leaves_out_models_with_warnings(
    finished_run: str, fairlab_home: Path, trained: Trained
) -> None:
    """A model that decides alike for everybody has the smallest gap, and says nothing."""
    record = RunStore(fairlab_home).get(finished_run)
    rows = [replace(row, gap=row.index / 100) for row in curve_rows(trained[1])]
    flagged = [replace(row, flags=("alike",) if row.gap == 0.01 else ()) for row in rows]
    runs = [RoomRun(record, mine=True)]
    table = room_table(runs, {finished_run: flagged})
    assert table["Run"].tolist() == [f"Run {finished_run[:4]} (yours)"]
    least = min(row.gap or 0 for row in flagged if not row.flags and not row.baseline)
    assert table["Smallest gap, test people"][0].endswith(f"gap {100 * least:.1f} points")
    assert len(points_of_room(runs, {finished_run: rows})) == len(rows)
    assert room_table(runs, {})["Smallest gap, test people"][0] is None


def test_the_qr_code_is_an_image_of_its_own() -> None:
    """Drawn here, dark on white: nothing is asked of another site."""
    drawn = qr_svg("http://192.168.0.10:8501/workshop?room=K7QF-9M2X-T4BD")
    assert drawn.startswith("<svg")
    assert "#fff" in drawn
    assert "href" not in drawn


def test_a_link_that_works_here_alone_says_so_in_plain_sight(
    monkeypatch: pytest.MonkeyPatch, open_page: Open, room: Room
) -> None:
    """A facilitator who opened fairlab as localhost is told before thirty phones fail."""
    monkeypatch.setattr(room_invite, "only_here", lambda _: True)
    app = open_page("workshop", room=room.code)
    assert "Other devices cannot follow this link." in [one.value for one in app.warning]
    wall = open_page("workshop", room=room.code, token=OTHER_TOKEN, present="1")
    assert any("start it for the network" in one.value for one in wall.warning)
