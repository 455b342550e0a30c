"""Names that strangers chose, in Markdown files: shown as they are, whatever they hold."""

import re

from fairlab.reports.invisible import visible

_SIGNS = frozenset(r"\`*_[]$~#|:!{}")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A backslash does not keep these from becoming links where a reader looks for bare addresses; a
# word joiner, which has no width, does.
_LIVE = re.compile(r"(?<=\S)(?=@\S)|(?<=www)(?=\.)|(?<=http)(?=s?:)|(?<=ftp)(?=:)", re.IGNORECASE)
_FIRST = re.compile(r"^(\d*)([-+=.)])")  # a list, or a line under a heading


def md(text: str) -> str:
    """One line of Markdown that reads as the text: no markup, link, picture, formula or HTML."""
    plain = _LIVE.sub("\u2060", visible(" ".join(text.split())))
    shown = "".join(_ENTITIES.get(sign) or _escaped(sign) for sign in plain)
    return _FIRST.sub(r"\1\\\2", shown)


def md_quote(text: str) -> str:
    """What somebody wrote, line by line, as a quotation."""
    return "\n".join(f"> {md(line)}".rstrip() + "  " for line in text.strip().splitlines())


def md_table(head: list[str], rows: list[list[str]]) -> str:
    """A table; cells are escaped here."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell if at == 1 else md(cell) for cell in row)} |"
        for at, row in enumerate(lines)
    )


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign in _SIGNS else sign
