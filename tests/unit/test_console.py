"""What the commands write: a stranger's names reach the terminal as text."""

import pytest

from fairlab import cli
from fairlab.commands.console import say, say_aside, say_table
from fairlab.errors import InputError

HOSTILE = "name\x1b[2J\x1b]52;c;aGk=\x07\rAll numbers are the same.\x9b1A\x7f"


def test_a_terminal_obeys_nothing_of_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    """It could clear the screen, write to the clipboard, or go back and write another verdict."""
    say(f"Column {HOSTILE}\twas\nhere")
    say_aside(HOSTILE)
    found = capsys.readouterr()
    for text in found:
        assert not {sign for sign in text if ord(sign) < 32 or 126 < ord(sign) < 160} - {"\n", "\t"}
        assert "[U+001B][2J" in text
    assert "\twas\nhere" in found.out


def test_errors_are_said_so_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They name what a file holds."""

    def fails() -> None:
        raise InputError("One.", (f"Found {HOSTILE}.", "Two."))

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit):
        cli.main()
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert said.endswith("Two.\n")


def test_a_table_for_another_program_is_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is piped must be the data; what a person sees must not be obeyed."""
    say_table(HOSTILE)
    assert capsys.readouterr().out == f"{HOSTILE}\n"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    say_table(HOSTILE)
    assert "\x1b" not in capsys.readouterr().out
