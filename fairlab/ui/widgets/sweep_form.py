"""The form on Train: what must be nearly equal, for whom, how strongly, with which model."""

import streamlit as st

from fairlab.config import (
    MODES,
    TRAINED_CONSTRAINTS,
    Constraint,
    Grouping,
    LayerParams,
    Mode,
    RunConfig,
    SweepConfig,
    Task,
    modes_for,
)
from fairlab.data import TaskData
from fairlab.language import later, told, tr, tr_n, translated
from fairlab.reports.figures.theme import MODE_LABELS
from fairlab.reports.sentences.curve import CONSTRAINT_WORDS
from fairlab.runs.estimate import estimate_seconds, too_long
from fairlab.ui.store import store
from fairlab.ui.widgets.baseline_form import USUAL, choose_baselines, choose_plugin
from fairlab.ui.widgets.plugin_groups import plugin_groups
from fairlab.ui.widgets.table_width import table_width
from fairlab.ui.widgets.training_form import (
    MODEL_WORDS,
    Asked,
    class_weight_in_use,
    more_settings,
)

_MODE_HELP = later(
    "**Penalty** adds the gap to the loss. **Adversarial** trains a second model that "
    "tries to guess the group from the score. **Fairness layer** moves scores to the "
    "nearest ones whose group means differ by at most the slack: that is promised on "
    "training batches, measured on new people, and deciding uses the group."
)
_PENALTY_WORDS = told(
    {
        "strength": later("A range of strengths"),
        "slack": later("A range of gaps: the strength is found for each"),
    }
)
_GROUPING_WORDS: dict[Grouping, str] = told(
    {
        "crossed": later("Every combination of them"),
        "marginal": later("Each by itself, all at once"),
    }
)
_NO_ADVERSARY = later(
    "Adversarial is not offered here: preventing the group from being guessed says "
    "nothing about how often decisions are right, or by how much they exceed the "
    "outcomes."
)


def default_config(data: TaskData) -> RunConfig:
    """What "Try it now" trains: three families, 21 strengths each, and the usual baselines."""
    layer = LayerParams(span="unmitigated", decisions="held")
    sweep = SweepConfig(modes=MODES, baselines=USUAL, layer=layer)
    return RunConfig(data=data.data, task=data.task, sweep=sweep)


def sweep_form(data: TaskData) -> tuple[RunConfig | None, bool]:
    """Draw the form.

    Returns:
        The configuration (None while something is missing, which the form then says), and
        whether Train was pressed.
    """
    left, right = st.columns([3, 2], gap="large")
    with right:
        group_by = _group_by(data.task)
        grouping = _grouping(group_by)
        kind = st.segmented_control(
            tr("Model"),
            list(MODEL_WORDS),
            default="mlp",
            format_func=MODEL_WORDS.__getitem__,
            key="train.model",
        )
    with left:
        constraint = st.selectbox(
            tr("What must be nearly equal"),
            TRAINED_CONSTRAINTS,
            format_func=CONSTRAINT_WORDS.__getitem__,
            key="train.constraint",
            persist_state="session",
        )
        constraint = constraint or TRAINED_CONSTRAINTS[0]
        modes = _modes(constraint)
        control = _penalty_control(modes)
        weighted = data.task.weight is not None or class_weight_in_use() != "none"
        baselines, reductions = choose_baselines(constraint, grouping, weighted)
        plugin = choose_plugin(baselines)
    sweep = more_settings(Asked(constraint, modes, group_by, grouping, kind or "mlp", control))
    beside = {"baselines": baselines, "reductions": reductions, "plugin": plugin}
    sweep = sweep.model_copy(update=beside)
    if not data.task.sensitive:
        st.warning(tr("No sensitive attribute is chosen yet. Choose one on the Data page."))
        return None, False
    if not modes:
        st.warning(tr("Choose at least one family to train."))
        return None, False
    config = RunConfig(data=data.data, task=data.task, sweep=sweep)
    groups, refusal = plugin_groups(data, config)
    past, width = store().list(limit=20), table_width(data, config)
    seconds = estimate_seconds(config, len(data.frame), past, groups, width)
    refusal = refusal if refusal else too_long(seconds)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            tr("Train"),
            type="primary",
            key="train.start",
            icon=":material/play_arrow:",
            disabled=bool(refusal),
        )
        st.markdown(tr("Takes about {duration} once it starts.", duration=_duration(seconds)))
    if refusal:
        st.warning(refusal)
    return config, pressed


def _duration(seconds: float) -> str:
    """In words, in the visitor's language."""
    if seconds < 90:
        return tr_n("{n} second", "{n} seconds", round(seconds))
    if seconds < 5400:
        return tr_n("{n} minute", "{n} minutes", round(seconds / 60))
    return tr("{hours:.1f} hours", hours=seconds / 3600)


def _modes(constraint: Constraint) -> tuple[Mode, ...]:
    """The families to train, of those that can; why one is missing is said."""
    offered = list(modes_for(constraint))
    kept = [m for m in st.session_state.get("train.modes", MODES) if m in offered]
    if "train.modes" in st.session_state:
        st.session_state["train.modes"] = kept
    picked = st.pills(
        tr("How (one family or several)"),
        offered,
        default=None if "train.modes" in st.session_state else kept,
        selection_mode="multi",
        format_func=MODE_LABELS.__getitem__,
        key="train.modes",
        help=translated(_MODE_HELP),
    )
    if "adversarial" not in offered:
        st.markdown(translated(_NO_ADVERSARY))
    return tuple(mode for mode in MODES if mode in picked)


def _penalty_control(modes: tuple[Mode, ...]) -> str:
    """Whether the penalty is given strengths, or asked for gaps."""
    if "penalty" not in modes:
        return "strength"
    picked = st.radio(
        tr("The penalty is given"),
        list(_PENALTY_WORDS),
        format_func=_PENALTY_WORDS.__getitem__,
        key="train.control",
        horizontal=True,
        help=tr(
            "With gaps you say how far apart decisions may be, for example 5 "
            "points, and training adapts the strength until validation people "
            "are about that far apart."
        ),
    )
    return picked or "strength"


def _grouping(group_by: tuple[str, ...]) -> Grouping:
    """With several attributes, whether their combinations are compared or each by itself."""
    if len(group_by) < 2:
        return "crossed"
    picked = st.radio(
        tr("Several attributes"),
        list(_GROUPING_WORDS),
        format_func=_GROUPING_WORDS.__getitem__,
        key="train.grouping",
        help=tr(
            "Combinations are more groups of fewer people each. Each attribute "
            "by itself says nothing about combinations."
        ),
    )
    return "marginal" if picked == "marginal" else "crossed"


def _group_by(task: Task) -> tuple[str, ...]:
    names = task.sensitive
    options: list[tuple[str, ...]] = [(name,) for name in names]
    options += [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    if len(names) > 2:
        options.append(tuple(names))
    if not options:
        return ()
    picked = st.selectbox(
        tr("Between the groups of"), options, format_func=tr(" and ").join, key="train.by"
    )
    return tuple(picked) if picked else options[0]
