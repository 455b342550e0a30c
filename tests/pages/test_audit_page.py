"""The Audit page: every part on real scores, on uploaded decisions, on weights, and empty."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from fairlab.metrics import GAPS, audit
from fairlab.reports.sentences import audit as sentences
from fairlab.results import Attribute, ScoredPeople, SweepResult
from fairlab.ui.state import Predictions
from tests.pages.conftest import APP

PARTS = [
    "Rates",
    "Gaps",
    "Chance",
    "Scores",
    "All attributes",
    "Crossed groups",
    "Within strata",
    "Other tools",
]


def words_on(app: AppTest) -> str:
    """All Markdown, headings and boxes of the page as one text, escapes removed."""
    boxes = [*app.markdown, *app.info, *app.subheader, *app.title]
    return "\n".join(element.value for element in boxes).replace("\\", "")


def with_predictions(people: ScoredPeople) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state["fairlab.predictions"] = Predictions(people, "scores.csv", digest="test")
    app.run()
    app.switch_page("pages/audit.py").run()
    return app


def made_up(n: int = 400, **changes: object) -> ScoredPeople:
    rng = np.random.default_rng(0)
    sex = rng.integers(0, 2, n)
    y = (rng.random(n) < 0.6 - 0.2 * sex).astype(int)
    given = {
        "y_true": y,
        "score": np.clip(0.3 + 0.3 * y + 0.2 * rng.normal(size=n), 0, 1),
        "attributes": {
            "sex": Attribute(sex, ("women", "men")),
            "region": Attribute(rng.integers(0, 2, n), ("*north*", "<b>south</b>", "nowhere")),
        },
    }
    return ScoredPeople(**{**given, **changes})


def test_without_a_model_the_page_offers_the_next_step(open_page: Callable[..., AppTest]) -> None:
    """Opened cold the page says what it needs and shows no numbers."""
    app = open_page("audit")
    assert [button.label for button in app.button] == ["Train models", "Upload predictions"]
    assert not app.metric


def test_three_numbers_first_and_they_are_those_of_the_library(
    open_page: Callable[..., AppTest],
    finished_run: str,
    trained: tuple[object, SweepResult],
) -> None:
    """The three headline gaps equal the library's audit of the same people."""
    app = open_page("audit", run=finished_run, chosen=(1,))
    result = trained[1]
    people = result.scored(1, "test")
    expected = audit(people.outcomes(), 0.5)
    assert [metric.value for metric in app.metric] == [
        sentences.points(expected.gaps[name].value)
        for name in (
            "demographic_parity_difference",
            "equal_opportunity_difference",
            "predictive_equality_difference",
        )
    ]
    assert "loan approved" in words_on(app)


@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_on_a_trained_model(
    part: str, open_page: Callable[..., AppTest], finished_run: str
) -> None:
    """Each part of the page draws without an error, with a chart or a table."""
    app = open_page("audit", run=finished_run, chosen=(1,))
    app.segmented_control(key="audit.part").set_value(part).run()
    assert not app.exception
    assert app.dataframe


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"score": (np.arange(400) % 3 == 0).astype(float), "has_scores": False},
        {"weight": np.linspace(0.5, 2, 400)},
        {"score": np.linspace(-4, 4, 400), "threshold": 0.0},
        {"y_true": np.ones(400, dtype=int)},
        {"attributes": {"all": Attribute(np.zeros(400, dtype=int), ("everyone there is",))}},
    ],
    ids=["scores", "decisions", "weights", "logits", "one outcome", "one group"],
)
def test_every_part_opens_on_any_predictions(part: str, changes: dict[str, object]) -> None:
    """Decisions only, weights, logits, a single outcome or group: sentences, never an error."""
    app = with_predictions(made_up(**changes))
    app.segmented_control(key="audit.part").set_value(part).run()
    assert not app.exception, [error.message for error in app.exception]
    assert "nan" not in words_on(app).lower().replace("nano", "")


def test_a_higher_threshold_selects_fewer() -> None:
    """Changing the threshold recomputes the audit."""
    app = with_predictions(made_up())
    before = words_on(app)
    app.number_input(key="audit.threshold.Uploaded predictions: scores.csv").set_value(0.9).run()
    assert words_on(app) != before


def test_decisions_have_no_threshold() -> None:
    """For decisions the page says that there is no threshold to choose."""
    decisions = (np.arange(400) % 2).astype(float)
    app = with_predictions(made_up(score=decisions, has_scores=False))
    assert not [n for n in app.number_input if "threshold" in str(n.key)]
    assert "no threshold to choose" in words_on(app)


def test_group_names_are_text_and_never_markup() -> None:
    """A group called <b>south</b> is shown as these characters, in HTML and in Markdown."""
    app = with_predictions(made_up())
    app.selectbox(key="audit.by").set_value(("region",)).run()
    assert not app.exception
    tables = [element.proto.body for element in app.get("html")]
    assert any("&lt;b&gt;south&lt;/b&gt;" in body for body in tables)
    assert not any("<b>south" in body for body in tables)
    raw = "\n".join(element.value for element in app.markdown)
    assert "\\<b\\>south" in raw
    assert "<b>south" not in raw.replace("\\<b\\>south", "")


def test_too_few_people_are_told_so() -> None:
    """With a dozen people the page says that it cannot tell, and how small a gap it could see."""
    people = made_up()
    few = ScoredPeople(
        y_true=people.y_true[:12],
        score=people.score[:12],
        attributes={
            name: Attribute(a.codes[:12], a.names) for name, a in people.attributes.items()
        },
    )
    assert "We cannot tell" in words_on(with_predictions(few))


def test_each_chart_has_its_sentence_as_alternative_text() -> None:
    """The chart's alternative text is the sentence under it."""
    app = with_predictions(made_up())
    for part in ("Rates", "Gaps", "Scores", "Crossed groups"):
        app.segmented_control(key="audit.part").set_value(part).run()
        charts = app.get("plotly_chart")
        assert len(charts) == 1
        assert charts[0].proto.alt
        assert charts[0].proto.alt in words_on(app)
        assert json.loads(charts[0].proto.spec)["data"]


def test_what_was_left_out_before_is_disclosed() -> None:
    """Notes that travelled with the people are on the page."""
    app = with_predictions(made_up(notes=("3 rows without a label were dropped.",)))
    assert "3 rows without a label were dropped." in words_on(app)


def test_every_gap_can_be_read_in_words() -> None:
    """Each gap of the registry has a sentence."""
    people = made_up()
    result = audit(people.outcomes(("region",)), 0.5, draws=100)
    for name in GAPS:
        sentence = sentences.gap_sentence(result, name)
        assert sentence.endswith((".", ")."))
        assert "nan" not in sentence
        assert sentences.certainty_sentence(result, name)


def test_groups_left_out_on_the_page_are_named_and_the_rest_is_audited():
    """The group of nine goes, with its number; the gap is of the others."""
    town = np.array([0] * 200 + [1] * 191 + [2] * 9)
    people = made_up(400, attributes={"town": Attribute(town, ("east", "west", "tiny"))})
    app = with_predictions(people)
    assert "tiny (9)" not in words_on(app)
    app.number_input(key="audit.fewest").set_value(10).run()
    assert not app.exception
    assert "Left out, groups of fewer than 10 people: tiny (9)" in words_on(app)
    assert "391 of 400" in words_on(app)
    kept = town < 2
    alone = audit(
        ScoredPeople(
            people.y_true[kept],
            people.score[kept],
            {"town": Attribute(town[kept], ("east", "west"))},
        ).outcomes(("town",))
    )
    said = sentences.gap_sentence(alone, "demographic_parity_difference")
    assert said in words_on(app)


def test_a_gap_between_a_handful_of_people_leads_with_we_cannot_tell():
    """Two groups of two: the tile says so, with what was found beneath; the download warns."""
    people = ScoredPeople(
        np.array([0, 1, 0, 1]),
        np.array([0.9, 0.8, 0.1, 0.2]),
        {"g": Attribute(np.array([0, 0, 1, 1]), ("a", "b"))},
    )
    app = with_predictions(people)
    assert app.metric[0].value == "We cannot tell"
    assert app.metric[0].delta == "found: 100.0 points"
    assert "numbers will be left out" in words_on(app)
