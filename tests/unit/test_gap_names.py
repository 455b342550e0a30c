"""One gap has one name for a reader, and the field's term beside it where it is first met."""

from fairlab.language import speaking
from fairlab.metrics import GAPS, audit
from fairlab.metrics.gap_names import gap_name, gap_title
from fairlab.reports.facts import gather
from fairlab.reports.html.content import report_content
from fairlab.reports.model_card import model_card
from fairlab.reports.sentences.curve import GAP_WORDS
from fairlab.reports.tables.audit import gaps_table
from fairlab.reports.tables.compare import Compared, overview_table
from tests.reported import reported

NAME = "demographic_parity_difference"


def test_every_gap_has_a_plain_name_of_its_own() -> None:
    names = [gap_name(name) for name in GAPS]
    assert len(set(names)) == len(GAPS)
    assert not any("parity" in n or "odds" in n or "opportunity" in n for n in names)


def test_the_plain_name_is_that_of_the_curve() -> None:
    assert gap_name(NAME) == f"Gap in {GAP_WORDS['demographic_parity']}"
    assert gap_name("equal_opportunity_difference") == f"Gap in {GAP_WORDS['equal_opportunity']}"
    assert gap_name("accuracy_difference") == f"Gap in {GAP_WORDS['accuracy_parity']}"


def test_the_term_stands_beside_the_name_once() -> None:
    assert gap_title(NAME) == "Gap in selection rate (demographic parity difference)"
    assert gap_title("accuracy_difference") == "Gap in accuracy"
    with speaking("de"):
        assert gap_title(NAME) == "Abstand der Auswahlrate, Demografische Parität (Differenz)"


def test_pages_and_files_of_one_run_call_its_gap_alike() -> None:
    config, result = reported(sizes=(300, 200))
    facts = gather(config, result, smallest=0)
    found = audit(result.scored(1).outcomes(result.group_by), 0.5, 100)
    title = gap_title(NAME)
    content = report_content(facts)
    assert content["tiles"][2]["label"] == title
    assert title in dict(content["words"])
    assert title in [row["label"] for row in content["groups"][0]["gaps"]]
    assert title in list(gaps_table(found)["Gap"])
    assert title in list(overview_table([Compared("A", "one", found)], [NAME])["Measure"])
    assert title in model_card(facts).replace("\\", "")
