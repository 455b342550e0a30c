"""What logs hold, and what they never hold."""

import ast
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlab import logs
from fairlab.logs import Public, configure, scrub, short
from fairlab.settings import settings

ROOT = Path(__file__).parents[2]
RUN = "Ab3_-fGh1jKlMn0pQrStUv"  # 22 characters, as the store makes them


class Lines:
    """What was written to standard error so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""

    def getvalue(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What a configured process writes to standard error; all is as before afterwards."""
    factory, shown = logging.getLogRecordFactory(), warnings.showwarning
    hook, thread_hook = sys.excepthook, threading.excepthook
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Lines(capsys)
    logging.setLogRecordFactory(factory)
    warnings.showwarning = shown
    sys.excepthook, threading.excepthook = hook, thread_hook
    root.handlers[:], root.level = handlers, level
    logs._secrets = ()


def test_a_run_is_named_by_too_few_characters_to_open_it(lines: Lines) -> None:
    configure("worker")
    logging.getLogger("fairlab.runs").info("Run %s: attempt %d.", RUN, 2)
    assert "Run Ab3_-f…: attempt 2." in lines.getvalue()
    assert RUN not in lines.getvalue()


def test_text_that_fills_a_message_is_left_out_and_numbers_stay(lines: Lines) -> None:
    configure("server")
    logging.getLogger("x").warning("%s has %d rows and %.1f MB", "salaries.csv", 12, 0.5)
    assert "… has 12 rows and 0.5 MB" in lines.getvalue()
    assert "salaries" not in lines.getvalue()


def test_words_of_the_program_stay(lines: Lines) -> None:
    configure("server")
    logging.getLogger("x").warning("part %s", Public("penalty"))
    assert "part penalty" in lines.getvalue()


def test_of_an_error_its_type_and_place_stay_and_not_its_words(lines: Lines) -> None:
    """Also of the errors it came from: a database's error quotes the values it refused."""
    configure("worker")
    try:
        try:
            raise ValueError("income of Maria Lopez is <=50K")
        except ValueError as error:
            raise RuntimeError("column 'diagnosis'") from error
    except RuntimeError:
        logging.getLogger("x").exception("Run %s failed.", RUN)
    text = lines.getvalue()
    assert "RuntimeError at unit/test_logs.py:" in text
    assert "after ValueError at unit/test_logs.py:" in text
    for secret in ("Maria", "income", "diagnosis", "Traceback", "raise "):
        assert secret not in text


def test_an_error_given_as_text_is_named_by_its_type(lines: Lines) -> None:
    configure("worker")
    logging.getLogger("x").warning("%s", ValueError("column 'diagnosis'"))
    assert "ValueError" in lines.getvalue()
    assert "diagnosis" not in lines.getvalue()


def test_secrets_of_the_settings_are_taken_out_wherever_they_turn_up(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLAB_ADMIN_TOKEN", "open-sesame")
    monkeypatch.setenv("FAIRLAB_DATABASE_URL", "postgresql://lab:p%40ssw0rd@db/fairlab")
    settings.cache_clear()
    configure("server")
    logging.getLogger("x").error("got open-sesame, p%40ssw0rd and p@ssw0rd from here")
    text = lines.getvalue()
    assert "from here" in text
    for secret in ("sesame", "p%40ssw0rd", "p@ssw0rd"):
        assert secret not in text


@pytest.mark.parametrize(
    ("text", "kept", "gone"),
    [
        ("connect to postgresql://u:pw@db:5432/x", "@db:5432/x", "pw"),
        ("GET /train?run=abc&name=Maria HTTP/1.1", "/train", "Maria"),
        ("10.1.2.3:5522 - accepted", "accepted", "10.1.2.3"),
        ("from 2001:db8::ff00:42:8329 now", "now", "8329"),
        ("from [::1]:80 now", "now", "::1"),
        ("Cookie: fairlab=deadbeef", "", "deadbeef"),
        ("mail maria@example.org twice", "twice", "maria"),
        ("Column 'income' is new", "is new", "income"),
        ('key "col: income" made', "made", "income"),
        ("first\nincome,age\n1,2", "first", "income"),
        (f"GET /api/runs/{RUN}/points", "/points", RUN),
        (f"owner {'a1' * 32} left", "left", "a1" * 32),
        ("room K7QF-9M2X-T4BD closed", "closed", "9M2X"),
        ("session 0f8fad5b-d9cb-469f-a165-70867728950e left", "left", "469f"),
    ],
)
def test_what_names_a_person_a_table_or_a_run_is_left_out(text: str, kept: str, gone: str) -> None:
    cleaned = scrub(text)
    assert kept in cleaned
    assert gone not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "The training process isn't there; it's started again.",
        "Stopping: answers under way finish, runs go back to the queue.",
        "Ending now, after 9 seconds: something did not stop.",
        "Started server process [4711]",
    ],
)
def test_sentences_stay_as_they_are(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize("word", ["www.", "ab.", "1", "-", "a@", "'a "])
def test_words_of_any_length_are_looked_through_at_once(word: str) -> None:
    """A stranger's text in an error's message does not hold the server up while it is logged."""
    assert scrub(f"{word * 200_000} maria@example.org")


@given(st.text(alphabet="abcXYZ019_-", min_size=22, max_size=22))
def test_no_token_of_the_length_of_a_run_stays(token: str) -> None:
    assert token not in scrub(f"/api/runs/{token}/points and {token}, {token}.")


def test_a_wrong_number_of_arguments_loses_the_numbers_not_the_line(lines: Lines) -> None:
    configure("server")
    logging.getLogger("x").warning("%d of %d", "secret")
    assert "%d of %d" in lines.getvalue()
    assert "secret" not in lines.getvalue()


def test_json_lines_are_one_object_each(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLAB_LOG_FORMAT", "json")
    settings.cache_clear()
    configure("worker")
    try:
        raise ValueError("x")
    except ValueError:
        logging.getLogger("fairlab.x").exception("Run %s\nfailed.", RUN)
    (line,) = lines.getvalue().splitlines()
    record = json.loads(line)
    assert record["level"] == "ERROR"
    assert record["role"] == "worker"
    assert record["message"] == "Run Ab3_-f…"
    assert record["where"].startswith("ValueError at unit/test_logs.py:")
    assert record["time"].endswith("Z")


def test_warnings_and_threads_lose_their_words(lines: Lines) -> None:
    """Both would write to standard error past every logger."""
    configure("server")
    warnings.showwarning("Columns (income) have mixed types", UserWarning, "/home/maria/a.py", 3)

    def fail() -> None:
        raise ValueError("income")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    text = lines.getvalue()
    assert "UserWarning at maria/a.py:3" in text or "UserWarning" in text
    assert "A thread ended on an error. [ValueError" in text
    assert "income" not in text


def test_wrong_settings_do_not_keep_a_process_from_logging(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAIRLAB_LOG_FORMAT", "xml")
    settings.cache_clear()
    configure("server")
    logging.getLogger("x").warning("here")
    assert "here" in lines.getvalue()


def test_a_file_takes_the_same_lines(lines: Lines, tmp_path: Path) -> None:
    configure("worker", tmp_path / "worker.log", to_stderr=False)
    logging.getLogger("x").info("Run %s.", RUN)
    for handler in logging.getLogger().handlers:
        handler.close()
    assert "Ab3_-f…" in (tmp_path / "worker.log").read_text(encoding="utf-8")
    assert lines.getvalue() == ""


def test_messages_are_constant_sentences() -> None:
    """An f-string would be filled before anything can tell data from words."""
    levels = {"debug", "info", "warning", "error", "critical", "exception", "log"}
    for path in sorted((ROOT / "fairlab").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in levels
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "logger"
            ):
                found = node.args[0]
                assert isinstance(found, ast.Constant), f"{path.name}:{node.lineno}"


def test_short_keeps_six() -> None:
    assert short(RUN) == "Ab3_-f…"


def test_what_a_training_process_tells_of_an_error_has_no_words() -> None:
    """It travels to the worker's log as text."""
    from fairlab.runs.child import _failure

    try:
        raise ValueError("Maria Lopez earns 7")
    except ValueError as error:
        failure = _failure(error)
    assert failure.trace.startswith("ValueError at unit/test_logs.py:")
    assert "Maria" not in failure.trace + failure.sentence
