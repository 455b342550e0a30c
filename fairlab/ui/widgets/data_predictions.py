"""A table of predictions made elsewhere: which column is what, then on to Audit."""

from typing import Any

import streamlit as st

from fairlab.data import TaskData, read_predictions
from fairlab.data.controls import possible_controls
from fairlab.data.values import distinct_text, kind
from fairlab.errors import InputError
from fairlab.language import tr
from fairlab.results import ScoredPeople
from fairlab.runs.store_errors import QuotaError
from fairlab.ui import state
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.data_roles import bins_form
from fairlab.ui.widgets.data_source import show_problems, uploaded
from fairlab.ui.widgets.fold import fold
from fairlab.ui.widgets.starting import say_no_disk, say_no_room

_SCORES, _DECISIONS = "Scores (numbers)", "Decisions (selected or not)"
_RISK = ("risk", "decile", "recid", "default", "fraud")
_USUAL = ("score", "prob", "pred", "p_", "risk", "decile", "yhat", "y_hat", "decision")


def predictions_form() -> None:
    """Draw upload, roles and the button that takes the predictions to Audit."""
    st.markdown(
        tr(
            "Audit a model trained elsewhere: a file with what truly happened, "
            "the model's score or decision, and the attributes whose groups "
            "are compared."
        )
    )
    data = uploaded("predictions")
    if data is None:
        return
    people = _roles(data)
    if people is None:
        return
    st.success(
        tr(
            "{n_y_true:,} people ready. {notes}",
            n_y_true=len(people.y_true),
            notes=as_it_is(" ".join(people.notes)),
        ),
        icon=":material/check:",
    )
    if st.button(tr("Use these predictions → Audit"), type="primary", key="data.use_predictions"):
        _take_to_audit(people, data.data.filename or "predictions")


def _take_to_audit(people: ScoredPeople, name: str) -> None:
    """Keep the predictions and open Audit, or say why they cannot be kept."""
    try:
        state.set_predictions(people, name)
    except QuotaError as error:
        say_no_room(error)
    except OSError:
        say_no_disk(tr("The predictions"))
    else:
        st.switch_page("pages/audit.py")


def _roles(data: TaskData) -> ScoredPeople | None:
    frame, given = data.frame, data.task
    key = f"predictions.{data.data.fingerprint[:12]}"
    columns = [str(name) for name in frame.columns]
    left, right = st.columns(2, gap="large")
    with left:
        label = st.selectbox(
            tr("What truly happened (the label)"),
            columns,
            index=columns.index(given.label),
            key=f"{key}.label",
            persist_state="session",
        )
        values = distinct_text(frame[label])[:50]
        good = st.multiselect(
            tr("Favourable outcome"),
            values,
            default=[v for v in given.favourable if v in values and label == given.label],
            key=f"{key}.good.{label}",
            persist_state="session",
        )
        sensitive = st.multiselect(
            tr("Sensitive attributes"),
            [name for name in columns if name != label],
            default=[name for name in given.sensitive if name != label],
            key=f"{key}.sensitive.{label}",
            persist_state="session",
        )
    with right:
        what = st.segmented_control(
            tr("The model gives"),
            [_SCORES, _DECISIONS],
            default=_SCORES,
            required=True,
            key=f"{key}.what",
            persist_state="session",
        )
        free = [name for name in columns if name != label and name not in sensitive]
        roles = _scores(data, free, key) if what == _SCORES else _decisions(data, free, key)
    with left:
        bins, entered = bins_form(data, sensitive, key)
        taken = [label, *sensitive, *(str(roles[r]) for r in ("score", "decision") if r in roles)]
        more = _more(data, taken, key)
    if entered:
        show_problems(tr("To fix before the audit"), tuple(entered))
        return None
    try:
        return read_predictions(
            frame,
            label=label,
            favourable=good,
            sensitive=sensitive,
            bins=bins,
            **roles,
            **more,
        )
    except InputError as error:
        show_problems(tr("To fix before the audit"), error.problems)
        return None


def _more(data: TaskData, taken: list[str], key: str) -> dict[str, Any]:
    """Columns to compare within, and weights: both optional."""
    free = possible_controls(data.frame, taken)
    with fold(tr("More: compare within strata, weights, small groups"), key=f"{key}.more"):
        controls = st.multiselect(
            tr("Also compare groups within"),
            free,
            key=f"{key}.controls",
            persist_state="session",
            help=tr(
                "Such as a department or a number of prior convictions: groups "
                "are then also compared among people alike in it. Numbers with "
                "many values are cut at quartiles."
            ),
        )
        numeric = [name for name in free if kind(data.frame[name]) == "number"]
        weight = st.selectbox(
            tr("Weight of each person"),
            numeric,
            index=None,
            placeholder=tr("Everyone counts once"),
            key=f"{key}.weight",
            persist_state="session",
        )
        merge = st.number_input(
            tr("Merge groups with fewer people than"),
            min_value=0,
            max_value=100_000,
            value=0,
            key=f"{key}.merge",
            persist_state="session",
            help=tr("They become one group, 'other groups'. 0 keeps every group by itself."),
        )
    chosen = tuple(name for name in controls if name in free and name != weight)
    return {"controls": chosen, "weight": weight, "merge_groups_below": int(merge)}


def _scores(data: TaskData, free: list[str], key: str) -> dict[str, Any]:
    numeric = [name for name in free if kind(data.frame[name]) in ("number", "yes/no")] or free
    score = st.selectbox(
        tr("Score"), numeric, index=_guess(numeric), key=f"{key}.score", persist_state="session"
    )
    column = data.frame[score] if score is not None else None
    middle = 0.5
    if column is not None and kind(column) == "number" and column.max() > 1:
        middle = float(column.median())
    risk = st.toggle(
        tr("It is a risk score: low is good"),
        any(word in str(score).lower() for word in _RISK),
        key=f"{key}.risk.{score}",
        persist_state="session",
    )
    threshold = st.number_input(
        tr(
            "Threshold: selected if the score is at {word} this",
            word=tr("most") if risk else tr("least"),
        ),
        value=middle,
        step=0.01 if middle <= 1 else 1.0,
        format="%.3f" if middle <= 1 else "%g",
        key=f"{key}.threshold.{score}",
        persist_state="session",
    )
    return {"score": score, "threshold": float(threshold), "higher_is_better": not risk}


def _decisions(data: TaskData, free: list[str], key: str) -> dict[str, Any]:
    decision = st.selectbox(
        tr("Decision"), free, index=_guess(free), key=f"{key}.decision", persist_state="session"
    )
    values = distinct_text(data.frame[decision])[:50] if decision is not None else ()
    usual = [v for v in values if v.lower() in ("1", "yes", "true", "approved", "selected")]
    selected = st.multiselect(
        tr("Selected means"),
        values,
        default=usual[:1],
        key=f"{key}.selected.{decision}",
        persist_state="session",
    )
    return {"decision": decision, "selected": tuple(selected)}


def _guess(names: list[str]) -> int:
    for i, name in enumerate(names):
        if any(word in name.lower() for word in _USUAL):
            return i
    return 0
