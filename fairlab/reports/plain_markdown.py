"""Names that strangers chose, in Markdown files: shown as they are, whatever they hold."""

import re

from fairlab.language import tr
from fairlab.reports.invisible import visible
from fairlab.retelling import retold

_SIGNS = frozenset(r"\`*_[]$~#|!{}")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A backslash does not keep these from becoming links where a reader looks for bare addresses; a
# word joiner, which has no width, does.
_LIVE = re.compile(r"(?<=\S)(?=@\S)|(?<=www)(?=\.)|(?<=http)(?=s?:)|(?<=ftp)(?=:)", re.IGNORECASE)
# Signs that make a list or a heading where a line begins, and an icon or a colour in Streamlit.
_FIRST = re.compile(r"^(\d*)([-+=.)])(?=\s|$|[-=])")
# Counts in notes: "3 rows left out", "unit (2)".
_COUNTED = re.compile(r"(^|\()([\d,]+)(\)| rows?\b)")
_ICON = re.compile(r":(?=[+\w-]+:|[\w-]+\\?\[|material/)")


def md(text: str) -> str:
    """One line of Markdown that reads as the text: no markup, link, picture, formula or HTML."""
    return _line(retold(text))


def _line(text: str) -> str:
    plain = _LIVE.sub("\u2060", visible(" ".join(text.split())))
    shown = "".join(_ENTITIES.get(sign) or _escaped(sign) for sign in plain)
    return _ICON.sub(r"\\:", _FIRST.sub(r"\1\\\2", shown))


def md_quote(text: str) -> str:
    """What somebody wrote, line by line, as a quotation."""
    return "\n".join(f"> {_line(line)}".rstrip() + "  " for line in text.strip().splitlines())


def md_table(head: list[str], rows: list[list[str]]) -> str:
    """A table; cells are escaped here."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell if at == 1 else md(cell) for cell in row)} |"
        for at, row in enumerate(lines)
    )


def _escaped(sign: str) -> str:
    return f"\\{sign}" if sign in _SIGNS else sign


def few_in_note(note: str, smallest: int) -> str:
    """A note on how a table was read, with its counts of few rows as "fewer than"."""

    def shown(found: re.Match[str]) -> str:
        few = 0 < int(found[2].replace(",", "")) < smallest
        number = tr("fewer than {n}", n=smallest) if few else found[2]
        return f"{found[1]}{number}{found[3]}"

    return _COUNTED.sub(shown, note)


def prompt(question: str) -> str:
    """A question that only people can answer, with room for the answer."""
    return f"**{md(tr('To be written'))}.** {md(question)}"
