"""The summary of a workshop session in Markdown; everything people wrote is escaped."""

from collections.abc import Mapping
from typing import Any

from fairlab.language import tr, tr_n
from fairlab.metrics import GAPS
from fairlab.metrics.gap_names import gap_name
from fairlab.reports.plain_markdown import md, md_quote, md_table

_OTHERS = "others"


def summary(content: Mapping[str, Any]) -> str:
    """The session as :func:`fairlab.reports.workshop_export.session` holds it, for reading."""
    people = content["participants"]
    parts = [
        f"# {md(content['title'])}",
        tr_n(
            "A workshop with fairlab: {n} participant, {minutes} minutes.",
            "A workshop with fairlab: {n} participants, {minutes} minutes.",
            people,
            minutes=content["minutes"],
        ),
        f"> {warning(content)}",
    ]
    for number, one in enumerate(content["rounds"], 1):
        parts += _round(number, one, content)
    if not content["rounds"]:
        parts.append(tr("Nothing was asked in this room."))
    return "\n\n".join(part for part in parts if part) + "\n"


def warning(content: Mapping[str, Any]) -> str:
    """What whoever passes the files on should know."""
    words = tr(
        "No names, no times of answers and no order of people are in this file. Reasons are in "
        "people's own words, which may say who wrote them: read them before you pass this on."
    )
    if content["smallest"] < 1:
        return f"{words} " + tr(
            "Every count is given, however small: those who were there may work out who chose what."
        )
    return f"{words} " + tr(
        "Counts of fewer than {smallest} answers in all are left out, because few answers tell "
        "those who were there who chose what. Choices of fewer than {few} people each are counted "
        "together, and no reason stands beside them.",
        smallest=content["smallest"],
        few=content["counted_together_below"],
    )


def _round(number: int, one: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    parts = [f"## {tr('Round {number}', number=number)}"]
    if one["question"]:
        parts.append(md_quote(one["question"]))
    parts.append(tr("Everybody looked at: {curve}.", curve=md(one["curve"])))
    parts.append(_phases(one))
    parts += _answers(one, content)
    parts += _said(one)
    for place, proposal in enumerate(one["proposals"], 1):
        parts += _proposal(place, proposal)
    parts += _decision(one["decision"])
    return parts


def _phases(one: Mapping[str, Any]) -> str:
    names = phase_words()
    rows = [
        [
            names[phase["phase"]],
            str(phase["minute"]),
            "" if phase["seconds"] is None else tr("{s} s", s=phase["seconds"]),
        ]
        for phase in one["phases"]
    ]
    return md_table([tr("Phase"), tr("Minute"), tr("Timer")], rows) if rows else ""


def _answers(one: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    told = [tr_n("{n} person answered.", "{n} people answered.", one["answers"])]
    if one["changed_their_answer"] is not None:
        told.append(
            tr_n(
                "{n} of them changed the answer at least once.",
                "{n} of them changed the answer at least once.",
                one["changed_their_answer"],
            )
        )
    if one["by_model"] is None and one["answers"]:
        told.append(
            tr(
                "Their choices are not counted here, because fewer than {smallest} answered.",
                smallest=content["smallest"],
            )
        )
    parts = [" ".join(told)]
    for title, counts, names in (
        (tr("Point"), one["by_model"], {}),
        (tr("What matters"), one["by_metric"], {name: gap_name(name) for name in GAPS}),
    ):
        parts.append(_counts(title, counts, names))
    return parts


def _counts(title: str, counts: Mapping[str, int] | None, names: Mapping[str, str]) -> str:
    if counts is None:
        return ""
    others = tr("others, chosen by few each")
    rows = [
        [others if name == _OTHERS else names.get(name, name), str(people)]
        for name, people in counts.items()
    ]
    return md_table([title, tr("People")], rows)


def _said(one: Mapping[str, Any]) -> list[str]:
    parts = []
    for kind, title in (("reason", tr("Reasons")), ("dissent", tr("Doubts and dissent"))):
        own = [said for said in one["words"] if said["kind"] == kind]
        if own:
            parts.append(f"### {title}")
            parts += [_quoted(said["words"], said["model"]) for said in own]
    if one["words_hidden"]:
        parts.append(
            tr_n(
                "The facilitator hid the words of {n} contribution.",
                "The facilitator hid the words of {n} contributions.",
                one["words_hidden"],
            )
        )
    return parts


def _quoted(words: str, name: str | None) -> str:
    return md_quote(words) if name is None else f"{md(name)}:\n\n{md_quote(words)}"


def _proposal(place: int, proposal: Mapping[str, Any]) -> list[str]:
    parts = [
        f"### {tr('Proposal {place}: {point}', place=place, point=md(proposal['model']))}",
        md_quote(proposal["words"]) if proposal["words"] else "",
        _counts(tr("Stance"), proposal["stances"], stance_words()),
    ]
    return parts + [md_quote(words) for words in proposal["said"]]


def _decision(made: Mapping[str, Any] | None) -> list[str]:
    if made is None:
        return [tr("Nothing was decided in this round.")]
    parts = [f"### {tr('Decision: {point}', point=md(made['model']))}"]
    if made["threshold"] is not None:
        parts.append(tr("Threshold {threshold:.2f}.", threshold=made["threshold"]))
    if made["reason"]:
        parts.append(md_quote(made["reason"]))
    if made["dissent"]:
        parts.append(f"### {tr('Dissent from the decision')}")
        parts += [md_quote(words) for words in made["dissent"]]
    else:
        parts.append(tr("No dissent was recorded."))
    return parts


def phase_words() -> dict[str, str]:
    """Phases as people read them."""
    return {
        "explain": tr("Explain"),
        "ask": tr("Ask"),
        "review": tr("Review"),
        "negotiate": tr("Negotiate"),
        "decided": tr("Decided"),
    }


def stance_words() -> dict[str, str]:
    """Stances as people read them."""
    return {
        "support": tr("supports it"),
        "accept": tr("can live with it"),
        "object": tr("objects"),
    }
