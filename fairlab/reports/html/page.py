"""One HTML file: markup, style, script and numbers, under a policy that lets nothing else in."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from fairlab.config import RunConfig
from fairlab.language import language, tr
from fairlab.metrics.suppression import SMALLEST
from fairlab.reports.facts import Facts, gather
from fairlab.reports.html.content import report_content
from fairlab.reports.html.own_words import Own
from fairlab.reports.html.thresholds import RATES_MOVED, slider_words
from fairlab.reports.invisible import visible
from fairlab.reports.tables.curve import CurveRow
from fairlab.results import SweepResult
from fairlab.retelling import retold

_FOLDER = Path(__file__).parent
# What a script element must not hold as it is: the end of the element, or of a line of a script.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def html_report(
    config: RunConfig,
    result: SweepResult,
    *,
    smallest: int = SMALLEST,
    how: Sequence[str] = (),
    facts: Facts | None = None,
    rows: Sequence[CurveRow] | None = None,
) -> bytes:
    """The report on the model that a run's choice names, as one file for any browser, offline.

    It holds aggregates only. The same run and choice give the same bytes, in each language.

    Args:
        config: With its choice.
        result: What the run gave.
        smallest: Cells of fewer people are withheld; 0 for one's own use, or of public tables.
        how: How the point was chosen, in sentences.
        facts, rows: What :func:`fairlab.reports.facts.gather` and ``curve_rows`` said of the
            same run, where they are known already.

    Raises:
        InputError: If there is no choice, or the run has no such model.
    """
    known = gather(config, result, smallest) if facts is None else facts
    content = report_content(known, how, rows)
    style, script = _text("report.css"), _text("report.js")
    words = {
        **slider_words(),
        "locale": language(),
        "rates": list(RATES_MOVED),
    }
    data = {
        "words": words,
        "thresholds": (content["thresholds"] or {}).get("data"),
        "names": (content["thresholds"] or {}).get("names"),
    }
    page: str = _template().render(
        **content,
        tr=tr,
        style=Markup(style),
        script=Markup(script),
        data=script_json(data),
        policy=_policy(style, script),
    )
    return page.encode()


def script_json(value: Mapping[str, Any]) -> Markup:
    """JSON that may stand in a script element, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign, written in _UNSAFE.items():
        text = text.replace(sign, written)
    return Markup(text)


def _policy(style: str, script: str) -> str:
    """Nothing is loaded, nothing is sent; this very style and script, and no other, are used."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shown(value: object) -> object:
    """Texts with signs nobody sees written out, and kept sentences in the language in use."""
    if type(value) is str:
        return visible(retold(value))
    return Own(visible(value)) if isinstance(value, Own) else value


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    return environment.get_template("report.html.j2")
