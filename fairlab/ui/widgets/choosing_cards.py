"""One way to decide as a card: how many are decided wrongly, and how groups fare, of 100."""

import html
from collections.abc import Sequence

import streamlit as st

from fairlab.language import tr
from fairlab.reports.invisible import visible
from fairlab.reports.sentences.audit import people as number
from fairlab.reports.sentences.choosing import rate_heading
from fairlab.reports.tables.choosing import Bar, Bars, Card

_STYLE = """
<style>
.fl-way {max-width: 40rem;}
.fl-way p {margin: 0 0 .5rem 0;}
.fl-way .fl-wrong {font-size: 1.05rem;}
.fl-way .fl-wrong b {font-size: 1.9rem; font-weight: 600; margin-right: .35rem;}
.fl-way table {width: 100%; border-collapse: collapse; margin: .2rem 0 .6rem 0;}
.fl-way caption {text-align: left; font-weight: 600; padding: .4rem 0 .2rem 0;}
.fl-way th {text-align: left; font-weight: 400; padding: .15rem .6rem .15rem 0; width: 38%;
  overflow-wrap: anywhere;}
.fl-way td {padding: .15rem 0;}
.fl-way td.fl-n {text-align: right; width: 3rem; font-variant-numeric: tabular-nums;
  font-weight: 600;}
.fl-way .fl-bar {height: .7rem; background: rgba(128,128,128,.22); border-radius: .2rem;}
.fl-way .fl-bar div {height: 100%; background: #0072B2; border-radius: .2rem; min-width: 2px;}
.fl-way small {opacity: .8; font-size: .85em; white-space: nowrap;}
</style>
"""


def draw_card(card: Card, words: tuple[str, str]) -> None:
    """Draw a card; see :func:`card_html`."""
    st.html(_STYLE + card_html(card, words))


def card_html(card: Card, words: tuple[str, str]) -> str:
    """A card as HTML, names that users gave escaped.

    Args:
        card: Its numbers.
        words: How to speak of the favourable and the unfavourable outcome.
    """
    wrong = tr("wrong decisions per 1,000 people")
    split = tr(
        "{selected:.0f} selected, outcome “{unfavourable}”; {refused:.0f} not selected, outcome "
        "“{favourable}”",
        selected=card.wrongly_selected,
        refused=card.wrongly_refused,
        unfavourable=words[1],
        favourable=words[0],
    )
    parts = [
        f'<p class="fl-wrong"><b>{card.wrong}</b>{_text(wrong)}</p>',
        f"<p>{_text(split)}</p>",
        *(_table(bars, words) for bars in card.bars),
        f"<p>{_text(_gap_words(card))}</p>",
    ]
    return f'<div class="fl-way">{"".join(parts)}</div>'


def draw_bars(caption: str, rows: Sequence[Bar]) -> None:
    """Draw one rate of several groups, of 100."""
    st.html(f'{_STYLE}<div class="fl-way">{_drawn(caption, rows)}</div>')


def _gap_words(card: Card) -> str:
    if card.gap is None:
        return tr("The gap is undefined.")
    return tr(
        "Gap: {gap:.1f} points. Right: {accuracy:.1f} %.",
        gap=100 * card.gap,
        accuracy=100 * card.accuracy,
    )


def _table(bars: Bars, words: tuple[str, str]) -> str:
    more = ""
    if bars.left_out:
        between = tr("{count} groups between these are not shown", count=bars.left_out)
        more = f'<tr><td colspan="3"><small>{_text(between)}</small></td></tr>'
    return _drawn(rate_heading(bars.rate, words), bars.rows, more)


def _drawn(caption: str, rows: Sequence[Bar], more: str = "") -> str:
    drawn = "".join(_row(bar) for bar in rows)
    return f"<table><caption>{_text(caption)}</caption>{drawn}{more}</table>"


def _row(bar: Bar) -> str:
    people = tr("n = {n}", n=number(bar.people))
    name = f"{_text(bar.group)} <small>({_text(people)})</small>"
    if bar.value is None:
        return f'<tr><th scope="row">{name}</th><td colspan="2">{_text(tr("undefined"))}</td></tr>'
    width = min(100.0, abs(100 * bar.value))
    drawn = f'<div class="fl-bar" aria-hidden="true"><div style="width:{width:.1f}%"></div></div>'
    return (
        f'<tr><th scope="row">{name}</th><td>{drawn}</td>'
        f'<td class="fl-n">{100 * bar.value:.0f}</td></tr>'
    )


def _text(words: str) -> str:
    return html.escape(visible(words))
