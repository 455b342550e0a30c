"""How a room answered, as bars with words: drawn by the browser from plain HTML, on any screen."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from fairlab.reports.invisible import visible


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar chart.

    Attributes:
        label: What is counted; a user's words are shown as they are.
        value: How many.
        said: What stands at the end of the bar.
        pattern: 0 is full, 1 striped, 2 hollow: told apart without colour.
    """

    label: str
    value: int
    said: str
    pattern: int = 0


_STYLE = """
<style>
.fl-bars {display: grid; gap: 0.55rem; margin: 0.25rem 0 0.75rem 0 !important;
  padding: 0 !important; list-style: none;}
.fl-bars li {margin: 0 !important; padding: 0 !important;}
.fl-bars .fl-bar-row {display: flex; justify-content: space-between; gap: 1rem; line-height: 1.35;}
.fl-bars .fl-bar-label {overflow-wrap: anywhere;}
.fl-bars .fl-bar-said {font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 600;}
.fl-bars .fl-bar-track {height: 0.7em; border-radius: 0.35em; background: rgba(128,128,128,0.18);}
.fl-bars .fl-bar-fill {height: 100%; border-radius: 0.35em; background: #0072B2;}
.fl-bars .fl-p1 {background: repeating-linear-gradient(45deg, #0072B2 0 4px, transparent 4px 8px);
  border: 1.5px solid #0072B2; box-sizing: border-box;}
.fl-bars .fl-p2 {background: transparent; border: 2px solid #D55E00; box-sizing: border-box;}
</style>
"""


def bars_html(bars: Sequence[Bar], label: str, of: int | None = None) -> str:
    """A list whose lines carry their number in words and as the length of a bar.

    Args:
        label: What the list is, for screen readers.
        of: How many a full bar stands for; None for the most of them.
    """
    most = max((bar.value for bar in bars), default=0) if of is None else of
    lines = "".join(_line(bar, most) for bar in bars)
    return f'{_STYLE}<ul class="fl-bars" aria-label="{html.escape(label)}">{lines}</ul>'


def _line(bar: Bar, most: int) -> str:
    share = min(100 * bar.value / most, 100.0) if most else 0.0
    fill = f'<div class="fl-bar-fill fl-p{bar.pattern}" style="width:{share:.1f}%"></div>'
    label, said = html.escape(visible(bar.label)), html.escape(bar.said)
    return (
        f'<li><div class="fl-bar-row"><span class="fl-bar-label">{label}</span>'
        f'<span class="fl-bar-said">{said}</span></div><div class="fl-bar-track" '
        f'aria-hidden="true">{fill if bar.value else ""}</div></li>'
    )


def steps_html(titles: Sequence[str], now: int, label: str) -> str:
    """The phases in a row, with the one that is on.

    Args:
        titles: In order.
        now: Which one is on.
        label: What the list is, for screen readers.
    """
    lines = "".join(
        f'<li class="{"fl-now" if i == now else "fl-past" if i < now else ""}"'
        f"{' aria-current=step' if i == now else ''}>"
        f'<span aria-hidden="true">{i + 1}</span> {html.escape(title)}</li>'
        for i, title in enumerate(titles)
    )
    return f'{_STEPS}<ol class="fl-steps-list" aria-label="{html.escape(label)}">{lines}</ol>'


_STEPS = """
<style>
.fl-steps-list {display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; list-style: none;
  margin: 0 !important; padding: 0 !important;}
.fl-steps-list li {margin: 0 !important; padding: 0 !important; opacity: 0.75;}
.fl-steps-list li span {display: inline-block; min-width: 1.5em; line-height: 1.5em;
  text-align: center; border: 1.5px solid currentColor; border-radius: 50%; margin-right: 0.25em;
  font-size: 0.9em;}
.fl-steps-list .fl-now {font-weight: 700; opacity: 1;}
.fl-steps-list .fl-now span {background: #0072B2; border-color: #0072B2; color: #fff;}
</style>
"""
