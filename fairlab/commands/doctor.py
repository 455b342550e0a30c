"""``fairlab doctor``: is this installation in order, and if not, what to do."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from fairlab.commands import doctor_checks as checks
from fairlab.commands import doctor_services as services
from fairlab.commands.console import AsJson, say, say_json
from fairlab.commands.doctor_findings import Finding, Status, note, wrong
from fairlab.errors import FairlabError
from fairlab.logs import configure, without_secrets

_SIGNS = {Status.OK: "ok   ", Status.NOTE: "note ", Status.WRONG: "WRONG"}


def doctor(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port the app is, or will be, on.")
    ] = 8501,
    training: Annotated[
        bool, typer.Option("--training/--no-training", help="Train for a second, as a trial.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Check this installation: what was found, what it means, what to do. Changes nothing."""
    configure("command", level="ERROR")
    looks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
        ("Python", checks.python),
        ("packages", checks.packages),
        ("settings", checks.settings_valid),
        ("machine", checks.machine),
        ("data folder", checks.home_folder),
        ("database", services.database),
        ("sign-in", services.sign_in),
        ("Ray", services.ray),
        ("port", lambda: services.port(port)),
        ("Streamlit", services.streamlit),
    ]
    if training:
        looks.append(("trial training", services.trial))
    found = _told_once([finding for name, look in looks for finding in _tried(name, look)])
    fine = all(finding.status is not Status.WRONG for finding in found)
    if as_json:
        say_json({"ok": fine, "checks": [_clean(finding) for finding in found]})
    else:
        for finding in found:
            _say(_clean(finding))
        count = sum(finding.status is Status.WRONG for finding in found)
        say("Nothing is wrong." if fine else f"{count} to put right.")
    if not fine:
        raise typer.Exit(1)


def _tried(name: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What a check finds; one that breaks is a finding too, and the others go on."""
    found: list[Finding] = []
    try:
        found.extend(look())
    except FairlabError as error:
        found.append(wrong(name, str(error), "This could not be checked.", "As it says."))
    except Exception as error:  # the next check may tell why
        found.append(
            wrong(
                name,
                f"the check ended on {type(error).__name__}",
                "This could not be checked.",
                "Look at the other lines first; if all else is well, report it.",
            )
        )
    return found


def _told_once(found: list[Finding]) -> list[Finding]:
    """What several checks stumble over (wrong settings) is told by the first that does."""
    kept: list[Finding] = []
    for finding in found:
        told = [one.found for one in kept if one.status is Status.WRONG]
        if finding.status is Status.WRONG and any(words in finding.found for words in told):
            means = "Something above keeps it from being looked at."
            finding = note(finding.name, "not checked", means, "Put that right first.")
        kept.append(finding)
    return kept


def _clean(finding: Finding) -> dict[str, str]:
    """A finding as text, without any password or token of the settings."""
    return {key: without_secrets(str(value)) for key, value in asdict(finding).items()}


def _say(finding: dict[str, str]) -> None:
    say(f"{_SIGNS[Status(finding['status'])]} {finding['name']}: {finding['found']}")
    if finding["means"]:
        say(f"        {finding['means']}")
    if finding["remedy"]:
        say(f"        → {finding['remedy']}")
