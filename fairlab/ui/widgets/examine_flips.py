"""The "What if" part of Audit: decisions when only the group, or also its proxies, were other."""

import streamlit as st

from fairlab.errors import FairlabError
from fairlab.examine.changes import FlipTest
from fairlab.examine.flips import Crowd, flip_test
from fairlab.examine.models import ExaminedModel
from fairlab.examine.suppression import suppress_flips
from fairlab.language import in_english, later, tr
from fairlab.reports.figures import examine as figures
from fairlab.reports.sentences import examine as sentences
from fairlab.reports.tables import examine as tables
from fairlab.ui.markdown import as_it_is
from fairlab.ui.spinner import with_spinner
from fairlab.ui.widgets.chart import show_chart
from fairlab.ui.widgets.examine_models import Examined, open_examined, proxies_of
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.subject import Subject

STRONG = 0.6
_MOST = 3


@with_spinner(later("Deciding everybody twice …"))
@st.cache_resource(show_spinner=False, max_entries=32)
@in_english
def _flips(
    digest: str,  # noqa: ARG001 - stands for the model and the people
    attribute: str,
    proxies: tuple[str, ...],
    caliper: float | None,
    _model: ExaminedModel,
    _people: Crowd,
    _others: Crowd,
) -> FlipTest:
    return flip_test(
        _model.decide,
        _people,
        _others,
        attribute,
        columns=_model.columns,
        proxies=proxies,
        caliper=caliper,
    )


def show_what_if(subject: Subject, threshold: float, smallest: int = 0) -> None:
    """Decisions changed by the attribute alone, and together with its strongest proxies.

    Args:
        subject: A model trained here; for others it is said why not.
        threshold: Where scores are read.
        smallest: Pairs that rest on fewer people are left out; 0 shows all.
    """
    examined = open_examined(subject, threshold)
    if examined is None:
        return
    attribute = _choose_attribute(subject, examined)
    try:
        _show_alone(examined, attribute, smallest)
        _show_proxies(examined, attribute, smallest)
    except FairlabError as error:
        st.info(as_it_is(tr("We cannot tell: {error}", error=error)))
    with fold(tr("What this does not show"), key="audit.flip.limits"):
        st.markdown("\n".join(f"- {text}" for text in sentences.FLIP_CAVEATS))


def _choose_attribute(subject: Subject, examined: Examined) -> str:
    names = list(examined.people.attributes)
    if len(names) == 1:
        return names[0]
    first = names.index(subject.by[0]) if subject.by and subject.by[0] in names else 0
    chosen: str = st.selectbox(
        tr("What if this were other"), names, index=first, key="audit.flip.attribute", width=420
    )
    return chosen


def _show_alone(examined: Examined, attribute: str, smallest: int) -> None:
    st.markdown(tr("#### Only {attribute} changed", attribute=as_it_is(attribute)))
    seen = examined.model.sees(attribute)
    if not seen:
        people = len(examined.people.frame)
        st.markdown(as_it_is(sentences.alone_sentence(attribute, (), None, people)))
        return
    test = _asked(examined, attribute, (), None)
    shown, note = suppress_flips(test, smallest)
    if note:
        st.info(as_it_is(note))
    if shown.flips:
        show_chart(
            figures.flips_figure(shown),
            sentence=as_it_is(sentences.alone_sentence(attribute, seen, shown, 0)),
            table=tables.flips_table(shown),
            key="audit.flip.alone",
        )
        if test.notes:
            st.markdown(as_it_is(" ".join(test.notes)))


def _show_proxies(examined: Examined, attribute: str, smallest: int) -> None:
    st.markdown(tr("#### {attribute} and what goes with it changed", attribute=as_it_is(attribute)))
    found = proxies_of(examined.run_id, attribute)
    strength = {s.column: s.auc for s in found.columns if s.column in examined.model.columns}
    strength.pop(attribute, None)
    if not strength:
        st.info(
            tr("We cannot tell which columns go with the group: too few people, or no columns.")
        )
        return
    strong = [name for name, auc in strength.items() if auc >= STRONG][:_MOST]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    chosen = left.multiselect(
        tr("Taken from the nearest person of the other group"),
        list(strength),
        default=strong or list(strength)[:1],
        format_func=lambda name: tr(
            "{name} (AUC {strength:.2f})", name=name, strength=strength[name]
        ),
        key=f"audit.flip.proxies.{attribute}",
        help=tr(
            "Strongest first: how well the column alone tells the groups apart; 0.5 is guessing."
        ),
    )
    caliper = right.number_input(
        tr("Nearest person at most this far (0: any)"),
        min_value=0.0,
        max_value=100.0,
        value=0.0,
        step=0.5,
        key="audit.flip.caliper",
        help=tr(
            "One category that differs, or a number that differs by its "
            "interquartile range, is a distance of 1."
        ),
    )
    if not chosen:
        st.info(tr("Choose at least one column to change."))
        return
    test = _asked(examined, attribute, tuple(chosen), float(caliper) or None)
    shown, note = suppress_flips(test, smallest)
    if note:
        st.info(as_it_is(note))
    if not shown.flips:
        return
    show_chart(
        figures.flips_figure(shown),
        sentence=as_it_is(sentences.proxies_sentence(shown)),
        table=tables.flips_table(shown),
        key="audit.flip.proxies",
    )
    st.markdown(as_it_is(" ".join([sentences.match_sentence(shown), *test.notes])))


def _asked(
    examined: Examined, attribute: str, proxies: tuple[str, ...], caliper: float | None
) -> FlipTest:
    return _flips(
        examined.digest,
        attribute,
        proxies,
        caliper,
        examined.model,
        examined.people,
        examined.others,
    )
