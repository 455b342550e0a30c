"""A workshop as its facilitator, its participants and the wall see it, phase by phase."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fairlab.config import RunConfig
from fairlab.decision.records import DecisionRecord
from fairlab.reports.tables.curve import curve_rows
from fairlab.results import SweepResult
from fairlab.runs.holdings import Room
from fairlab.runs.store import RunStore
from fairlab.ui.owner import owner_of_token
from fairlab.ui.widgets.room_session import Curve, Here, curve_of
from fairlab.ui.widgets.workshop_files import decision_record
from tests.pages.conftest import OTHER, OTHER_TOKEN, OWNER

Open = Callable[..., AppTest]
REASON = "Wrong refusals *hurt* most <b>here</b>"


class Workshop:
    """A room with a pinned curve, and what happens in it."""

    def __init__(self, home: Path, run_id: str, open_page: Open) -> None:
        self.store = RunStore(home)
        self.run_id = run_id
        self.room: Room = self.store.open_room(OWNER, "Tuesday")
        self._open = open_page
        self.lead("pinned", run_id=run_id, question="Which *point*?")

    def lead(self, kind: str, **payload: Any) -> int:
        """The facilitator does something."""
        return self.store.room_event(self.room.id, OWNER, kind, payload)

    def says(self, who: str, kind: str, **payload: Any) -> int:
        """A participant does something."""
        return self.store.room_event(self.room.id, who, kind, payload)

    def answers(self, people: int, reason: str = "", index: int = 2) -> None:
        """So many people choose a point."""
        for n in range(people):
            who = owner_of_token(f"{n + 10:032x}")
            said = f"{reason} {n}" if reason else ""
            self.says(who, "answer", run_id=self.run_id, index=index, reason=said)

    def phone(self) -> AppTest:
        """A participant opens the link."""
        return self._open("workshop", room=self.room.code, token=OTHER_TOKEN)

    def desk(self) -> AppTest:
        """The facilitator opens it."""
        return self._open("workshop", room=self.room.code)

    def wall(self) -> AppTest:
        """A projector that is nobody's opens it."""
        return self._open("workshop", room=self.room.code, token=OTHER_TOKEN, present="1")

    @property
    def state(self) -> Any:
        """What the room is now."""
        return self.store.room_state(self.room.id)


@pytest.fixture
def workshop(fairlab_home: Path, finished_run: str, open_page: Open) -> Workshop:
    """A room of the visitor with their finished run before it."""
    return Workshop(fairlab_home, finished_run, open_page)


def words(app: AppTest) -> str:
    """Everything said on the page."""
    kinds = (*app.title, *app.subheader, *app.markdown, *app.error, *app.info, *app.success)
    return " ".join(text.value for text in (*kinds, *app.warning))


def labels(app: AppTest) -> set[str]:
    """What the buttons say."""
    return {button.label for button in app.button}


def metric(app: AppTest) -> Any:
    """What matters most."""
    return next(one for one in app.radio if str(one.key).startswith("room.metric"))


def enter(app: AppTest, **form: Any) -> None:
    """Fill in the form as a tap on the curve does."""
    (entered,) = app.session_state["fairlab.room_form"].values()
    entered |= form
    app.run()


def test_the_facilitator_shows_a_finished_run_with_a_question(
    open_page: Open, fairlab_home: Path, finished_run: str
) -> None:
    """The newest run is offered with a question in the words of its outcomes."""
    store = RunStore(fairlab_home)
    room = store.open_room(OWNER, "Tuesday")
    app = open_page("workshop", room=room.code)
    question = app.text_area[0]
    assert "loan approved" in question.value
    question.set_value("What is fair *here*?").run()
    app.button(key="room.pin").click().run()
    state = store.room_state(room.id)
    assert (state.run_id, state.question) == (finished_run, "What is fair *here*?")
    assert r"What is fair \*here\*?" in words(app)
    assert "Begin: Explain" in labels(app)


def test_points_are_offered_by_validation_people_and_shown_on_test_people(
    workshop: Workshop, trained: tuple[RunConfig, SweepResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Test people on whom a room judges points have no say in which points those are."""
    asked = []

    def two(rows: Any, also: Any = ()) -> dict[int, int]:
        asked.append(rows)
        return {0: 1, 2: 2}

    monkeypatch.setattr("fairlab.ui.widgets.room_session.numbered", two)
    judged, shown = curve_rows(trained[1], "validation"), curve_rows(trained[1], "test")
    (curve,) = [
        found
        for one in workshop.wall().get("bidi_component")
        if "points" in (found := json.loads(one.proto.json))
    ]
    assert asked
    assert all(rows == judged for rows in asked)
    assert judged != shown
    for point in curve["points"]:
        row = shown[point["index"]]
        assert (point["x"], point["y"]) == (100 * (row.accuracy or 0), 100 * (row.gap or 0))


def test_without_a_run_one_click_trains_and_shows_one(open_page: Open, fairlab_home: Path) -> None:
    """It is shown at once; phones see that it is being trained, and wait by themselves."""
    store = RunStore(fairlab_home)
    room = store.open_room(OWNER, "Tuesday")
    app = open_page("workshop", room=room.code)
    assert "You have no finished run yet" in words(app)
    app.button(key="room.try").click().run()
    (record,) = store.list(room=room.id)
    assert store.room_state(room.id).run_id == record.id
    phone = open_page("workshop", room=room.code, token=OTHER_TOKEN)
    assert "The curve is being trained" in words(phone)
    store.request_cancel(record.id)
    assert "There is no curve" in words(open_page("workshop", room=room.code, token=OTHER_TOKEN))


def test_who_opens_the_link_is_counted_once_and_the_facilitator_and_the_wall_never(
    workshop: Workshop,
) -> None:
    """A reload is not another person."""
    workshop.phone().run()
    workshop.phone()
    assert len(workshop.state.participants) == 1
    workshop.desk()
    assert len(workshop.state.participants) == 1


def test_the_wall_follows_and_has_no_controls(workshop: Workshop) -> None:
    """A second device with ?present=1 is nobody in the room and can do nothing in it."""
    workshop.lead("phase", phase="ask", seconds=60)
    app = workshop.wall()
    assert workshop.state.participants == ()
    assert labels(app) == set()
    assert not [one for one in app.radio if str(one.key).startswith("room.")]
    assert not app.text_area


def test_before_a_curve_a_phone_waits_and_the_wall_says_how_to_come_in(
    open_page: Open, fairlab_home: Path
) -> None:
    """Nothing to do is said as such."""
    room = RunStore(fairlab_home).open_room(OWNER, "Tuesday")
    assert "You are in" in words(open_page("workshop", room=room.code, token=OTHER_TOKEN))
    wall = words(open_page("workshop", room=room.code, token=OTHER_TOKEN, present="1"))
    assert room.code in wall
    assert "1 person is here" in wall


def test_an_answer_is_sent_seen_changed_and_there_again_after_a_reload(workshop: Workshop) -> None:
    """Nothing is chosen in advance; what was sent is in the store and on the next screen."""
    workshop.lead("phase", phase="ask")
    app = workshop.phone()
    assert metric(app).value is None
    assert app.button(key="room.send").disabled
    enter(app, index=2)
    assert app.button(key="room.send").disabled  # what matters is not said yet
    metric(app).set_value("accuracy_difference").run()
    app.text_area[0].set_value(REASON).run()
    app.button(key="room.send").click().run()
    (answer,) = workshop.state.answers
    assert (answer.metric, answer.index, answer.reason) == ("accuracy_difference", 2, REASON)
    assert "Received at" in words(app)
    app.text_area[0].set_value("Something else").run()
    assert "You changed something" in words(app)

    again = workshop.phone()
    assert again.text_area[0].value == REASON
    assert metric(again).value == "accuracy_difference"
    again.text_area[0].set_value("Second thought").run()
    again.button(key="room.send").click().run()
    (answer,) = workshop.state.answers
    assert (answer.reason, answer.earlier) == ("Second thought", 1)


def test_a_lock_takes_nothing_and_loses_nothing(workshop: Workshop) -> None:
    """What was typed stays on the screen, and can be sent when it opens again."""
    workshop.lead("phase", phase="ask")
    app = workshop.phone()
    enter(app, index=2)
    metric(app).set_value("").run()
    app.text_area[0].set_value("Half a thought").run()
    workshop.lead("locked", locked=True)
    app.run()
    assert "locked the room" in words(app)
    assert app.button(key="room.send").disabled
    assert app.text_area[0].value == "Half a thought"
    workshop.lead("locked", locked=False)
    app.run()
    app.button(key="room.send").click().run()
    assert workshop.state.answers[0].reason == "Half a thought"


def test_what_is_typed_survives_a_look_at_another_phase(workshop: Workshop) -> None:
    """The facilitator goes back to Explain for a moment; the draft is there afterwards."""
    workshop.lead("phase", phase="ask")
    app = workshop.phone()
    app.text_area[0].set_value("Half a thought").run()
    workshop.lead("phase", phase="explain")
    app.run()
    assert not app.text_area
    workshop.lead("phase", phase="ask")
    app.run()
    assert app.text_area[0].value == "Half a thought"


def test_nobodys_answer_is_on_any_screen_before_it_is_revealed(workshop: Workshop) -> None:
    """Not on phones, not on the wall, not on the desk that the wall may show."""
    workshop.lead("phase", phase="ask")
    workshop.answers(4, "secret thought")
    for screen in (workshop.phone, workshop.desk, workshop.wall):
        assert "secret thought" not in words(screen()) + html(screen())
    desk = workshop.desk()
    assert "Only 4 answers" in words(desk)
    desk.button(key="room.next").click().run()
    desk.button(key="room.reveal").click().run()
    for screen in (workshop.phone, workshop.desk, workshop.wall):
        assert "secret thought 3" in words(screen())


def test_a_point_somebody_found_is_on_no_other_curve_before_it_is_revealed(
    workshop: Workshop,
) -> None:
    """Neither as a further point nor by how many chose it where points are proposed."""
    workshop.lead("phase", phase="ask")
    before = curve_of(workshop.state)
    assert isinstance(before, Curve)
    beside = next(i for i in range(len(before.rows)) if before.point(i) is None)
    workshop.answers(1, index=beside)
    hidden = curve_of(workshop.state)
    assert isinstance(hidden, Curve)
    assert hidden.point(beside) is None
    workshop.lead("phase", phase="negotiate")
    assert "chosen by" not in " ".join(str(one.options) for one in workshop.phone().selectbox)
    workshop.lead("revealed", revealed=True)
    shown = curve_of(workshop.state)
    assert isinstance(shown, Curve)
    assert shown.point(beside) is not None
    assert "chosen by 1" in " ".join(str(one.options) for one in workshop.phone().selectbox)


def html(app: AppTest) -> str:
    """What is drawn as HTML."""
    return " ".join(str(one.proto) for one in app.get("html"))


def test_reasons_of_few_stand_apart_from_their_point(workshop: Workshop) -> None:
    """Who alone chose a point would be known by the reason under it."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "common", index=2)
    workshop.says(OTHER, "answer", run_id=workshop.run_id, index=4, reason="alone")
    workshop.lead("revealed", revealed=True)
    said = [text.value for text in workshop.desk().markdown]
    heads = [i for i, text in enumerate(said) if text.startswith("**Point")]
    assert said[heads[0]].endswith(": 3 people**")
    assert "fewer than 3 people, together" in said[heads[1]]
    assert said.index("> alone") > heads[1]
    assert heads[0] < said.index("> common 0") < heads[1]


def test_hidden_words_are_on_no_screen_and_the_choice_counts(workshop: Workshop) -> None:
    """The facilitator takes words off the wall; the desk can bring them back."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "rude")
    workshop.lead("revealed", revealed=True)
    desk = workshop.desk()
    seq = workshop.state.answers[1].seq
    desk.button(key=f"room.hide.{seq}").click().run()
    assert "rude 1" not in words(workshop.phone())
    assert "rude 0" in words(workshop.phone())
    assert "3 people of 4 answered" in words(workshop.desk())


def test_words_of_people_are_shown_as_they_are(workshop: Workshop) -> None:
    """Neither Markdown nor HTML of a stranger is drawn."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "# Big\n\n![x](http://evil.example/x.png) <script>alert(1)</script>")
    workshop.lead("revealed", revealed=True)
    said = words(workshop.desk())
    assert r"\!\[x\]" in said or r"!\[x\]" in said
    assert r"\<script\>" in said
    assert "\n\n!" not in said


def test_a_late_joiner_takes_a_stance_in_the_negotiation(workshop: Workshop) -> None:
    """Who did not answer can still say where they stand, change it, and give words to it."""
    workshop.lead("phase", phase="negotiate")
    seq = workshop.lead("proposal", run_id=workshop.run_id, index=2, words="A middle way")
    app = workshop.phone()
    assert "A middle way" in words(app)
    app.button(key=f"room.stand.{seq}.support").click().run()
    app.text_input(key=f"room.words.{seq}").set_value("On second thought").run()
    app.button(key=f"room.stand.{seq}.object").click().run()
    (proposal,) = workshop.state.negotiation
    assert [proposal.count(s) for s in ("support", "accept", "object")] == [0, 0, 1]
    assert "0 support it, 0 can live with it, 1 object" in words(workshop.desk())
    assert f"room.stand.{seq}.support" not in {b.key for b in workshop.desk().button}


def test_the_decision_is_recorded_with_its_dissent_and_everybody_sees_it(
    workshop: Workshop,
) -> None:
    """Objections are offered as dissent; the record re-runs the room's own choice."""
    workshop.lead("phase", phase="negotiate")
    seq = workshop.lead("proposal", run_id=workshop.run_id, index=4, words="A middle way")
    workshop.says(OTHER, "support", proposal=seq, stance="object", words="Too *costly*")
    desk = workshop.desk()
    reason, dissent = desk.text_area
    assert (reason.value, dissent.value) == ("A middle way", "Too *costly*")
    dissent.set_value("Too *costly*\n\nToo late")
    next(b for b in desk.button if b.label == "Record the decision").click().run()
    decision = workshop.state.decision
    assert (decision.index, decision.proposal) == (4, seq)
    assert decision.dissent == ("Too *costly*", "Too late")
    for screen in (workshop.phone, workshop.wall, workshop.desk):
        assert "The room chose point" in words(screen())
        assert r"Too \*costly\*" in words(screen())
    curve = curve_of(workshop.state)
    assert isinstance(curve, Curve)
    here = Here(workshop.room, workshop.state, "", leads=True, watches=False, over=False)
    record = DecisionRecord.from_yaml(decision_record(here, curve).decode())
    assert [one.words for one in record.dissent] == ["Too *costly*", "Too late"]
    assert record.reason == "A middle way"
    assert record.workshop is not None
    assert record.workshop.support == ()  # one person is too few to count


def test_no_point_is_recorded_that_nobody_chose(workshop: Workshop) -> None:
    """Without a proposal the form suggests no point, least of all the unmitigated one."""
    workshop.lead("phase", phase="negotiate")
    desk = workshop.desk()
    chosen = next(one for one in desk.selectbox if "room.decide.point" in str(one.key))
    assert chosen.value is None
    assert desk.button(key="room.decide").disabled
    chosen.select_index(0).run()
    desk.button(key="room.decide").click().run()
    assert workshop.state.decision is not None


def test_a_decision_being_written_is_not_lost_while_stances_arrive(workshop: Workshop) -> None:
    """A new objection is offered, and changes nothing that was typed."""
    workshop.lead("phase", phase="negotiate")
    seq = workshop.lead("proposal", run_id=workshop.run_id, index=4, words="A middle way")
    desk = workshop.desk()
    desk.text_area[0].set_value("Because we said so").run()
    desk.text_area[1].set_value("Typed by hand").run()
    workshop.says(OTHER, "support", proposal=seq, stance="object", words="Too late")
    desk.run()
    assert [one.value for one in desk.text_area] == ["Because we said so", "Typed by hand"]
    desk.button(key="room.decide.add").click().run()
    assert desk.text_area[1].value == "Typed by hand\nToo late"
    assert "room.decide.add" not in {button.key for button in desk.button}


def test_a_new_round_begins_empty_and_replay_shows_the_old_one(workshop: Workshop) -> None:
    """Reset deletes nothing: step back and the answers of the round before are there."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "first round")
    workshop.lead("revealed", revealed=True)
    desk = workshop.desk()
    desk.button(key="room.reset").click().run()
    assert workshop.state.answers == ()
    assert workshop.state.resets == 1
    desk.segmented_control(key="room.part").set_value("replay").run()
    assert "A new round began." in words(desk)
    desk.button(key="room.replay.back").click().run()
    assert "The answers were shown." in words(desk)
    assert "first round 2" in words(desk)
    assert workshop.state.resets == 1  # looking changes nothing
    assert "first round" not in words(workshop.phone())


def test_replay_tells_nobodys_answer_apart_and_shows_none_before_they_were_shown(
    workshop: Workshop,
) -> None:
    """Step by step, with the time beside it, whoever sat there would know whose answer it was."""
    workshop.lead("phase", phase="ask")
    workshop.answers(3, "a thought")
    desk = workshop.desk()
    desk.segmented_control(key="room.part").set_value("replay").run()
    assert "Somebody answered." in words(desk)
    assert "chose point" not in words(desk)
    assert "a thought" not in words(desk) + html(desk)
    workshop.lead("revealed", revealed=True)
    desk = workshop.desk()
    desk.segmented_control(key="room.part").set_value("replay").run()
    assert "a thought 2" in words(desk)
    desk.button(key="room.replay.back").click().run()
    assert "a thought" not in words(desk) + html(desk)


def test_words_that_were_hidden_are_hidden_in_replay_from_the_first_step(
    workshop: Workshop,
) -> None:
    """A facilitator hides what must not be on the wall; looking back does not bring it there."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "rude word")
    workshop.lead("revealed", revealed=True)
    workshop.lead("hidden", seq=workshop.state.answers[1].seq)
    desk = workshop.desk()
    desk.segmented_control(key="room.part").set_value("replay").run()
    desk.button(key="room.replay.back").click().run()
    assert "The answers were shown." in words(desk)
    assert "rude word 0" in words(desk)
    assert "rude word 1" not in words(desk)


def test_a_closed_room_shows_what_was_said_and_takes_nothing(workshop: Workshop) -> None:
    """The end is said; the session can be taken away."""
    workshop.lead("phase", phase="review")
    workshop.answers(3, "kept")
    workshop.lead("revealed", revealed=True)
    workshop.store.close_room(workshop.room.id, OWNER)
    phone = workshop.phone()
    assert "This workshop has ended" in words(phone)
    assert "kept 1" in words(phone)
    assert "Send" not in labels(phone)
    desk = workshop.desk()
    assert "Take the session away" in words(desk)
    assert not {"Begin: Negotiate", "Lock", "Close the room"} & labels(desk)


def test_a_run_that_was_deleted_leaves_a_sentence_not_an_error(workshop: Workshop) -> None:
    """The facilitator may pin another one."""
    workshop.store.delete_run(workshop.run_id, OWNER)
    assert "You are in" in words(workshop.phone())
    workshop.desk()


def test_present_stays_on_from_page_to_page_until_it_is_turned_off(open_page: Open) -> None:
    """By the address or the switch, which is on every page."""
    app = open_page("audit", present="1")
    assert app.toggle(key="shell.present").value is True
    app.switch_page("pages/compare.py").run()
    assert app.query_params["present"] == "1"
    app.toggle(key="shell.present").set_value(False).run()
    assert "present" not in app.query_params
    app.switch_page("pages/audit.py").run()
    assert app.toggle(key="shell.present").value is False
