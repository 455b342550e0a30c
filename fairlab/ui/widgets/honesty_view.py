"""Under the curve: the best within a gap, how far points would move, and the run's health."""

from collections.abc import Callable

import streamlit as st

from fairlab.language import later, tr, tr_n, translated
from fairlab.pareto.honesty import Honesty
from fairlab.reports.sentences.health import health_sentence
from fairlab.reports.sentences.noise import (
    comparison_sentence,
    curve_noise_sentence,
    overfit_sentence,
    setting_sentence,
)
from fairlab.reports.sentences.point import point_label
from fairlab.reports.sentences.selection import (
    cost_sentence,
    needs_group_sentence,
    pick_sentence,
)
from fairlab.reports.tables.honesty import folds_table, health_table
from fairlab.reports.tables.seeds import seeds_table
from fairlab.results import SweepResult
from fairlab.runs.records import RunRecord
from fairlab.ui.markdown import as_it_is
from fairlab.ui.store import result
from fairlab.ui.widgets.chart import draw_table, show_table
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.honesty_cache import folds_of, honesty_of, picked
from fairlab.ui.widgets.on_screen import on_screen

USUAL_GAP = 5.0  # points: where the control starts; not a recommendation
_BLIND = later("That do not use the attribute")
_WHO = {later("Any model"): None, _BLIND: False, later("That use the attribute"): True}
_CURSE = later(
    "Picked on validation people only: among the models within the gap there, the most "
    "accurate, less what chance is expected to widen its gap beyond it on others. The "
    "best of many noisy numbers is partly luck, so the picked model does somewhat "
    "worse on others: the winner's curse. How much is estimated by picking again on "
    "validation people drawn anew, 500 times. Test people play no part in the choice; "
    "their numbers are beside it with 95 % intervals. Models with warnings are not "
    "picked."
)


def health_view(record: RunRecord) -> None:
    """Both noises in a sentence, the run's health in another, and both as tables; folded away."""
    found, key = result(record.id), record.result_key or ""
    known = honesty_of(record.id, key)
    findings = len(known.health.findings)
    title = tr("Noise and health: no findings")
    if findings:
        title = tr_n("Noise and health: {n} finding", "Noise and health: {n} findings", findings)
    with fold(title, key="train.health", icon=":material/monitor_heart:"):
        st.markdown(tr("**Noise.** {said}", said=curve_noise_sentence(known.noise)))
        said = as_it_is(health_sentence(known.health, found))
        st.markdown(tr("**Health.** {said}", said=said))
        if known.health.findings:
            table = health_table(known.health, found)
            st.table(
                on_screen(table).map(lambda cell: as_it_is(str(cell))), hide_index=True
            )  # it wraps
        draw_table(seeds_table(found, known), key="train.seeds_table")
        st.markdown(
            tr(
                "Standard deviations. Retraining: over seeds, on the same "
                "people. Other people: test people drawn again from those "
                "there are. A model counts as told from the unmitigated one "
                "when the 97.5 % interval of its change of accuracy or of gap "
                "leaves 0 out; of models that change nothing, 5 in 100 are."
            )
        )


def best_within(record: RunRecord, show: Callable[[str, int], None]) -> None:
    """Pick the best model within a gap on validation people, and say what picking costs.

    Args:
        record: A finished run.
        show: Called with run and model to look at.
    """
    gap, who = st.columns(2, vertical_alignment="bottom")
    slack = gap.number_input(
        tr("Best within a gap of, points"),
        0.0,
        100.0,
        USUAL_GAP,
        1.0,
        key=f"train.best.{record.id}",
        help=translated(_CURSE),
    )
    among = who.selectbox(
        tr("Among models"),
        list(_WHO),
        format_func=translated,
        key=f"train.best.who.{record.id}",
    )
    found = picked(record.id, record.result_key or "", slack / 100, _WHO[among])
    if isinstance(found, str):
        st.markdown(as_it_is(found))
        return
    points = result(record.id).points
    point = points[found.index]
    needs = needs_group_sentence(point.uses_attribute)
    st.markdown(as_it_is(f"{pick_sentence(found, point_label(point))} {needs}".strip()))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(tr("Show this point"), key="train.best.show"):
            show(record.id, found.index)
            st.rerun()
        with st.popover(tr("What picking costs")):
            st.markdown(as_it_is(cost_sentence(found)))
        if needs and any(one.uses_attribute is False for one in points):
            st.button(
                tr("Pick among those that do not need it"),
                key="train.best.blind",
                on_click=_pick_among,
                args=(f"train.best.who.{record.id}", _BLIND),
            )


def _pick_among(key: str, who: str) -> None:
    st.session_state[key] = who


def point_honesty(index: int, known: Honesty) -> None:
    """Whether a point can be told from the unmitigated model, and how far it would move."""
    split = known.noise.split
    words = [
        comparison_sentence(known.comparisons[index], split),
        setting_sentence(known.noise.of(index), split),
    ]
    said = " ".join(one for one in words if one)
    if said:
        st.markdown(as_it_is(said))
    warning = overfit_sentence(known.overfit.get(index))
    if warning:
        st.warning(warning)


def point_folds(run_id: str, found: SweepResult, index: int, result_key: str) -> None:
    """The same setting over folds; nothing for one split."""
    if found.folds is None:
        return
    one = folds_of(run_id, result_key)[index]
    st.markdown(
        tr(
            "**Over {folds} folds**, everybody in test once, each time by a "
            "model that had not seen them: accuracy {interval} %, gap "
            "{one_gap} points.",
            folds=one.folds,
            interval=_interval(one.accuracy),
            one_gap=_interval(one.gap),
        )
    )
    show_table(folds_table(one), key="train.folds", label=tr("Each fold, as a table"))


def _interval(number: object) -> str:
    value, lower, upper = (getattr(number, name) for name in ("value", "lower", "upper"))
    if value is None:
        return tr("undefined")
    if lower is None or upper is None:
        return tr("{value:.1f}", value=100 * value)
    return tr(
        "{value:.1f} ({lower:.1f} to {upper:.1f})",
        value=100 * value,
        lower=100 * lower,
        upper=100 * upper,
    )
