"""The roles of the columns: what is predicted, what is favourable, whose groups are compared."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from fairlab.config import Task
from fairlab.data import TaskData, guess_bins
from fairlab.data.values import distinct_text, kind
from fairlab.language import later, told, tr
from fairlab.ui.markdown import as_it_is
from fairlab.ui.widgets.fold import fold

MANY = 12
MOST_LABEL_VALUES = 50
MISSING_WORDS = told(
    {
        "group": later("keep them as a group 'missing'"),
        "drop": later("leave them out, and say how many"),
        "stop": later("stop: there must be none"),
    }
)


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles as entered, and entries that could not be understood."""

    task: Task
    problems: tuple[str, ...] = ()


def roles_form(data: TaskData) -> Roles:
    """Draw the form, filled in from ``data.task``; every entry survives errors and other pages."""
    key = f"roles.{data.data.fingerprint[:12]}"
    given, columns = data.task, [str(name) for name in data.frame.columns]
    label = st.selectbox(
        tr("What is predicted (the label)"),
        columns,
        index=columns.index(given.label) if given.label in columns else None,
        key=f"{key}.label",
        persist_state="session",
        placeholder=tr("Choose a column"),
    )
    label = label if label is not None else given.label
    favourable, unfavourable = _sides(data, label, key)
    words = _words(data, label, favourable, unfavourable, key)
    sensitive = st.multiselect(
        tr("Sensitive attributes: whose groups are compared"),
        [name for name in columns if name != label],
        default=[name for name in given.sensitive if name in columns and name != label],
        key=f"{key}.sensitive",
        persist_state="session",
    )
    bins, problems = bins_form(data, sensitive, key)
    with fold(tr("Missing values, small groups, columns left out"), key="data.roles.more"):
        more = _more(data, label, tuple(sensitive), key)
    task = Task(
        label=label,
        favourable=favourable,
        unfavourable=unfavourable,
        sensitive=tuple(sensitive),
        bins=bins,
        outcome_words=words,
        **more,
    )
    return Roles(task, tuple(problems))


def _sides(data: TaskData, label: str, key: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    values = distinct_text(data.frame[label]) if label in data.frame.columns else ()
    if len(values) > MOST_LABEL_VALUES:
        st.warning(
            tr(
                "This column has {n_values:,} different values. A label has "
                "two outcomes: choose another column, or cut it in two before "
                "loading.",
                n_values=len(values),
            ),
            icon=":material/warning:",
        )
        return (), None
    own = label == data.task.label
    good = st.multiselect(
        tr("Favourable outcome: the value that is good for the person"),
        values,
        default=[v for v in data.task.favourable if v in values] if own else _first_guess(values),
        key=f"{key}.good.{label}",
        persist_state="session",
    )
    rest = [value for value in values if value not in good]
    if len(values) <= 2:
        return tuple(good), None
    before = data.task.unfavourable or ()
    bad = st.multiselect(
        tr("Unfavourable outcome (people with any other value are left out)"),
        rest,
        default=[v for v in before if v in rest] if own else [],
        key=f"{key}.bad.{label}",
        persist_state="session",
    )
    return tuple(good), tuple(bad) if bad else None


def _first_guess(values: tuple[str, ...]) -> list[str]:
    usual = ("1", "yes", "true", "good", "approved")
    return [value for value in values if value.lower() in usual][:1]


def _words(
    data: TaskData,
    label: str,
    favourable: tuple[str, ...],
    unfavourable: tuple[str, ...] | None,
    key: str,
) -> tuple[str, str]:
    given = data.task
    if label == given.label and given.outcome_words != Task.model_fields["outcome_words"].default:
        first, second = given.outcome_words
    else:
        bad = unfavourable or _others(data, label, favourable)
        first, second = _named(label, favourable), _named(label, bad)
    value = ".".join(favourable)
    left, right = st.columns(2)
    good_words = left.text_input(
        tr("Favourable, in words"), first, max_chars=80, key=f"{key}.good_words.{label}.{value}",
        persist_state="session",
    )  # fmt: skip
    bad_words = right.text_input(
        tr("Unfavourable, in words"), second, max_chars=80, key=f"{key}.bad_words.{label}.{value}",
        persist_state="session",
    )  # fmt: skip
    good, other = good_words.strip() or first, bad_words.strip() or second
    return (good, other) if good != other else (good, tr("not {good}", good=good))


def _others(data: TaskData, label: str, favourable: tuple[str, ...]) -> tuple[str, ...]:
    if label not in data.frame.columns or not favourable:
        return ()
    values = distinct_text(data.frame[label])
    return tuple(v for v in values if v not in favourable) if len(values) == 2 else ()


def _named(label: str, values: tuple[str, ...]) -> str:
    """ "income >50K": the label and its values, spellings that differ by a final dot once."""
    once = tuple(dict.fromkeys(value.rstrip(".") for value in values))
    return f"{label} {' or '.join(once)}" if once else tr("other {label}", label=label)


def bins_form(
    data: TaskData, sensitive: list[str], key: str
) -> tuple[dict[str, tuple[float, ...]], list[str]]:
    """One line per numeric attribute with many values: where to cut it; and what is wrong."""
    bins: dict[str, tuple[float, ...]] = {}
    problems: list[str] = []
    for name in sensitive:
        column = data.frame[name]
        if kind(column) != "number" or column.dropna().nunique() <= MANY:
            continue
        start = data.task.bins.get(name) or guess_bins(column)
        text = st.text_input(
            tr("Cut '{name}' into groups at", name=as_it_is(name)),
            ", ".join(tr("{edge:g}", edge=edge) for edge in start),
            key=f"{key}.bins.{name}",
            persist_state="session",
            help=tr("Numbers from small to large. 25, 60 makes: under 25, 25 to 59, 60 and over."),
        )
        edges = _numbers(text)
        if edges is None:
            problems.append(
                tr(
                    "'{text}' are not numbers to cut '{name}' at. Write them "
                    "from small to large with commas between, for example 25, "
                    "60.",
                    text=text,
                    name=name,
                )
            )
            edges = start
        bins[name] = edges
    return bins, problems


def _numbers(text: str) -> tuple[float, ...] | None:
    try:
        found = tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError:
        return None
    finite = all(abs(edge) < 1e300 for edge in found)
    return found if found and finite else None


def _more(data: TaskData, label: str, sensitive: tuple[str, ...], key: str) -> dict[str, Any]:
    given, columns = data.task, [str(name) for name in data.frame.columns]
    free = [name for name in columns if name != label and name not in sensitive]
    missing = st.selectbox(
        tr("People whose sensitive attribute is missing"),
        list(MISSING_WORDS),
        index=list(MISSING_WORDS).index(given.missing_sensitive),
        format_func=MISSING_WORDS.__getitem__,
        key=f"{key}.missing",
        persist_state="session",
    )
    merge = st.number_input(
        tr("Merge groups with fewer people than this into 'other groups' (0: keep all)"),
        0,
        100_000,
        given.merge_groups_below,
        key=f"{key}.merge",
        persist_state="session",
    )
    kept = f"{key}.exclude"  # the choices differ with the other roles; what was entered stays
    exclude = st.multiselect(
        tr("Columns left out (repeats of the outcome, known only after it, identifiers)"),
        free,
        default=[name for name in st.session_state.get(kept, given.exclude) if name in free],
        key=f"{key}.exclude.{label}.{'.'.join(sensitive)}",
        persist_state="session",
    )
    st.session_state[kept] = tuple(exclude)
    numeric = [name for name in free if kind(data.frame[name]) == "number"]
    before = st.session_state.get(f"{key}.weight", given.weight)
    weight = st.selectbox(
        tr("Weight of each person (usually none)"),
        [None, *numeric],
        index=[None, *numeric].index(before) if before in numeric else 0,
        format_func=lambda name: tr("none: everyone counts once") if name is None else name,
        key=f"{key}.weight.{label}.{'.'.join(sensitive)}",
        persist_state="session",
    )
    st.session_state[f"{key}.weight"] = weight
    use = st.toggle(
        tr("Let the model see the sensitive attributes"),
        given.sensitive_as_features,
        key=f"{key}.use",
        persist_state="session",
        help=tr(
            "Off: they are used to measure gaps and to train under a constraint, not as inputs."
        ),
    )
    return {
        "missing_sensitive": missing,
        "merge_groups_below": int(merge),
        "exclude": tuple(name for name in exclude if name != weight),
        "weight": weight,
        "sensitive_as_features": use,
    }
