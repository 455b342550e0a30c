"""What this visitor is working on, behind typed functions.

Three tiers: the address bar holds what survives a reload and can be shared (runs, chosen points);
the session holds drafts and the table in use; everything else lives in the run store.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

import numpy as np
import streamlit as st

from fairlab.choosing.records import HowChosen
from fairlab.config import GroupCuts, RunConfig
from fairlab.data import TaskData, save_table
from fairlab.data.kept_predictions import load_predictions, predictions_frame
from fairlab.data.tables import kept_bytes
from fairlab.errors import FairlabError
from fairlab.language import tr
from fairlab.reports.sentences.curve import point_label as words_of
from fairlab.results import CROSSING, ScoredPeople, crossed_size
from fairlab.runs.records import RunRecord
from fairlab.ui.owner import owner
from fairlab.ui.permissions import fingerprints, may_open_table
from fairlab.ui.store import builtin, result, run_exists, store, task_data

_DATA = "fairlab.data"
_RUNS = "fairlab.runs"
_CHOSEN = "fairlab.chosen"
_HOW = "fairlab.how_chosen"
_PREDICTIONS = "fairlab.predictions"
_IN_USE = "fairlab.in_use"
_GONE = "fairlab.runs_gone"
_NOT_HERE = "fairlab.link_not_here"
_RUN_PATTERN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_DIGEST_PATTERN = re.compile(r"[0-9a-f]{64}")
_NUMBER = r"-?\d{1,15}(?:\.\d{1,17})?(?:e-?\d{1,3})?"
_POINT_PATTERN = re.compile(
    r"([A-Za-z0-9_-]{8,64}):(\d{1,6})@(0?\.\d{1,20})(?:~([01]?(?:\.\d{1,6})?))?"
    # Thresholds per group: attributes, then a number for each group of their crossing.
    rf"(?:;([A-Za-z0-9_.~%*-]{{1,2000}});({_NUMBER}(?:\*{_NUMBER})*))?"
)
MAX_RUNS = 6
MAX_CHOSEN = 6
PREDICTIONS = "predictions"


@dataclass(frozen=True, slots=True)
class ChosenPoint:
    """A model somebody picked on Train: which run, which model, at which threshold.

    ``within`` is the gap of decisions its threshold was picked for on validation people, if so.
    With ``cuts``, groups by ``by`` are decided at a threshold each, and ``threshold`` is only what
    was in use before. The same model may be chosen both ways.
    """

    run_id: str
    index: int
    label: str
    threshold: float = 0.5
    within: float | None = None
    by: tuple[str, ...] = ()
    cuts: tuple[float, ...] = ()

    @property
    def group_cuts(self) -> GroupCuts | None:
        """The thresholds per group, if there are any."""
        return GroupCuts(by=self.by, cuts=self.cuts) if self.cuts else None

    @property
    def key(self) -> str:
        """Tells it from the other chosen points, in the keys of widgets."""
        return f"{self.run_id}.{self.index}" + (".cuts" if self.cuts else "")

    def with_cuts(self, by: tuple[str, ...], cuts: tuple[float, ...]) -> "ChosenPoint":
        """The same model, decided at a threshold per group."""
        label = tr(
            "{point_label} with a threshold per group",
            point_label=point_label(self.run_id, self.index),
        )
        label += f" ({CROSSING.join(by)})"
        return replace(self, label=label, within=None, by=by, cuts=cuts)

    def with_threshold(self, threshold: float) -> "ChosenPoint":
        """The same model, decided at one threshold for everyone."""
        label = point_label(self.run_id, self.index)
        return ChosenPoint(self.run_id, self.index, label, threshold)


@dataclass(frozen=True, slots=True)
class Predictions:
    """An uploaded table of predictions, its name, and a hash of its content."""

    people: ScoredPeople
    name: str
    digest: str


def sync_with_address() -> None:
    """Take runs and chosen points from the address bar, or write them back to it.

    Runs that were deleted meanwhile leave the screen; see :func:`runs_gone`.
    """
    if _RUNS not in st.session_state:
        found = _RUN_PATTERN.findall(st.query_params.get("run", ""))
        known = [run_id for run_id in found if run_exists(run_id)]
        st.session_state[_NOT_HERE] = "run" in st.query_params and len(known) < max(len(found), 1)
        st.session_state[_RUNS] = tuple(dict.fromkeys(known))[:MAX_RUNS]
        links = _POINT_PATTERN.findall(st.query_params.get("chosen", ""))
        chosen = [point for link in links if (point := _point(*link)) is not None]
        st.session_state[_CHOSEN] = tuple(chosen[:MAX_CHOSEN])
        _open_predictions(st.query_params.get(PREDICTIONS, ""))
    else:
        _drop_deleted()
    _write_address()


def _drop_deleted() -> None:
    held = {*run_ids(), *(point.run_id for point in chosen_points())}
    gone = {run_id for run_id in held if not run_exists(run_id)}
    if gone:
        st.session_state[_RUNS] = tuple(r for r in run_ids() if r not in gone)
        kept = tuple(p for p in chosen_points() if p.run_id not in gone)
        st.session_state[_CHOSEN] = kept
        st.session_state[_GONE] = len(gone)


def link_not_here() -> bool:
    """Whether the address this visitor came by names a run that does not exist; told once."""
    return bool(st.session_state.pop(_NOT_HERE, False))


def runs_gone() -> int:
    """How many runs left the screen because they were deleted; told once."""
    return int(st.session_state.pop(_GONE, 0))


def _point(
    run_id: str, index: str, threshold: str, within: str, by: str, cuts: str
) -> ChosenPoint | None:
    """A chosen point as a link holds it; None if the run, model or groups do not exist."""
    if not 0 < float(threshold) < 1 or not _may_have(run_id, int(index)):
        return None
    point = ChosenPoint(
        run_id,
        int(index),
        point_label(run_id, int(index)),
        float(threshold),
        float(within) if within.strip(".") else None,
    )
    if not by:
        return point
    names = tuple(unquote(name) for name in by.split("*"))
    values = tuple(float(cut) for cut in cuts.split("*"))
    try:
        GroupCuts(by=names, cuts=values)  # each name once, every threshold finite
        people = result(run_id).splits
        groups = crossed_size(next(iter(people.values())).attributes, names)
    except (FairlabError, ValueError):
        return None
    return point.with_cuts(names, values) if groups == len(values) else None


def _link(point: ChosenPoint) -> str:
    cut = np.format_float_positional(point.threshold, trim="-")
    text = f"{point.run_id}:{point.index}@{cut}"
    if point.within is not None:
        text += tr("~{within:.6g}", within=point.within)
    if point.cuts:
        by = "*".join(quote(name, safe="") for name in point.by)
        text += f";{by};{'*'.join(repr(cut) for cut in point.cuts)}"
    return text


def _may_have(run_id: str, index: int) -> bool:
    """Whether the run is known and has this model, or has no result yet to tell by."""
    if not run_exists(run_id):
        return False
    try:
        return index < len(result(run_id).points)
    except FairlabError:
        return True


def address() -> dict[str, str]:
    """What the address bar holds of the runs and chosen points, for links."""
    wanted = {}
    if run_ids():
        wanted["run"] = ",".join(run_ids())
    if chosen_points():
        wanted["chosen"] = ",".join(_link(point) for point in chosen_points())
    return wanted


def _write_address() -> None:
    wanted = address()
    if predictions_digest():  # not part of links that are shared: it opens for this visitor alone
        wanted[PREDICTIONS] = predictions_digest()
    for key in ("run", "chosen", PREDICTIONS):
        if key in wanted and st.query_params.get(key) != wanted[key]:
            st.query_params[key] = wanted[key]
        elif key not in wanted and key in st.query_params:
            del st.query_params[key]


def current_data() -> TaskData:
    """The table in use: the visitor's, else that of the latest run, else the built-in one."""
    data = st.session_state.get(_DATA)
    if data is None:
        data = _data_of_latest_run() or builtin()
        st.session_state[_DATA] = data
    assert isinstance(data, TaskData)
    return data


def _data_of_latest_run() -> TaskData | None:
    for run_id in reversed(run_ids()):
        try:
            if may_open_table(store().get(run_id).config.data):
                return task_data(run_id)
        except (FairlabError, OSError):
            continue
    return None


def set_current_data(data: TaskData) -> None:
    """Use this table on every page from now on. Runs and chosen points stay."""
    st.session_state[_DATA] = data


def has_table(fingerprint: str) -> bool:
    """Whether this visitor has a table of their own: it is in use here, or they uploaded it.

    Who knows a fingerprint alone has not: exported files and links say it, and are passed on.
    """
    held = st.session_state.get(_DATA)
    in_use = held.data if isinstance(held, TaskData) and held.data.source == "file" else None
    if in_use is not None and in_use.fingerprint == fingerprint:
        return True
    return fingerprint in fingerprints()


def keep_table(data: TaskData) -> None:
    """Keep an uploaded table in the store, as this visitor's; other tables need no keeping.

    Raises:
        QuotaError: If there is no room for it.
        OSError: If the disk is full or not writable.
    """
    if data.data.source != "file":
        return
    name = save_table(data.frame)
    rows = len(data.frame)
    size = kept_bytes(name)
    there = store().keep_upload(owner(), name, data.data.filename or "", size, rows)
    if not there:  # cleaned away between the two, having been nobody's for a day
        save_table(data.frame)


def run_ids() -> tuple[str, ...]:
    """Runs on screen, oldest first."""
    return tuple(st.session_state.get(_RUNS, ()))


def add_run(run_id: str) -> None:
    """Show this run, beside the ones already on screen (at most six, oldest leave first)."""
    kept = [r for r in run_ids() if r != run_id]
    st.session_state[_RUNS] = tuple([*kept, run_id][-MAX_RUNS:])
    _write_address()


def open_run(record: RunRecord) -> None:
    """Show this run alone, with its table in use where that is open to this visitor."""
    st.session_state[_RUNS] = (record.id,)
    if may_open_table(record.config.data):
        st.session_state.pop(_DATA, None)
    _write_address()


def start_run(config: RunConfig, table: TaskData, *, priority: int = 0) -> str:
    """Queue a run on a table, show it, and give back its id.

    The rows it records are those of the table, whatever a file says: later runs are timed by them.

    Args:
        config: What to train.
        table: The table in use.
        priority: Higher goes first.

    Raises:
        QuotaError: If this visitor has too much here, or waits for too many runs.
    """
    data = config.data.model_copy(update={"rows": len(table.frame)})
    asked = config.model_copy(update={"data": data})
    run_id = store().submit(asked, priority=priority, owner=owner())
    add_run(run_id)
    return run_id


def forget_everything() -> None:
    """Empty this session: table, runs, choices, uploads, and the address."""
    for key in list(st.session_state):
        del st.session_state[key]
    st.query_params.clear()


def remove_run(run_id: str) -> None:
    """Take a run off the screen. It stays in the store."""
    st.session_state[_RUNS] = tuple(r for r in run_ids() if r != run_id)
    _write_address()


def chosen_points() -> tuple[ChosenPoint, ...]:
    """Points chosen on Train, oldest first."""
    return tuple(st.session_state.get(_CHOSEN, ()))


def choose(point: ChosenPoint) -> None:
    """Keep a point for the later pages; the newest is what they open with."""
    kept = [p for p in chosen_points() if p.key != point.key]
    st.session_state[_CHOSEN] = tuple([*kept, point][-MAX_CHOSEN:])
    use(point)
    _write_address()


def choose_because(point: ChosenPoint, how: HowChosen) -> None:
    """Keep a point together with how it was chosen, and its words for the report."""
    choose(point)
    st.session_state[_HOW] = {**st.session_state.get(_HOW, {}), (point.key, point.threshold): how}
    for name, words in (("reason", how.reason), ("dissent", how.dissent)):
        st.session_state[f"report.{name}.{point.key}"] = words


def remember_how(point: ChosenPoint, how: HowChosen) -> None:
    """Keep how a point was chosen, as a decision record tells it."""
    st.session_state[_HOW] = {**st.session_state.get(_HOW, {}), (point.key, point.threshold): how}


def how_chosen(point: ChosenPoint) -> HowChosen | None:
    """How a point was chosen; None for one picked on the curve, or opened by a link."""
    found = st.session_state.get(_HOW, {}).get((point.key, point.threshold))
    return found if isinstance(found, HowChosen) else None


def in_use() -> "ChosenPoint | str | None":
    """What pages open with: what was chosen, uploaded or selected last; see :func:`use`."""
    found = st.session_state.get(_IN_USE)
    return found if isinstance(found, ChosenPoint | str) else None


def use(option: "ChosenPoint | str") -> None:
    """Let every page open with this model, or with the uploaded predictions (their name there)."""
    st.session_state[_IN_USE] = option


def point_label(run_id: str, index: int) -> str:
    """A model of a run in words; its number if the run has no result."""
    try:
        return words_of(result(run_id).points[index])
    except (FairlabError, IndexError):
        return tr("model {index}", index=index)


def forget(point: ChosenPoint) -> None:
    """Drop a chosen point."""
    st.session_state[_CHOSEN] = tuple(p for p in chosen_points() if p.key != point.key)
    _write_address()


def predictions() -> ScoredPeople | None:
    """The uploaded table of predictions, if any."""
    held = st.session_state.get(_PREDICTIONS)
    return held.people if isinstance(held, Predictions) else None


def predictions_name() -> str:
    """File name of the uploaded predictions ("" if none)."""
    held = st.session_state.get(_PREDICTIONS)
    return held.name if isinstance(held, Predictions) else ""


def set_predictions(people: ScoredPeople, name: str) -> None:
    """Keep these predictions as this visitor's and audit them on the later pages.

    The address bar then names them, so that they are there again after a reload.

    Raises:
        QuotaError: If there is no room for them.
        OSError: If the disk is full or not writable.
    """
    frame = predictions_frame(people, name)
    digest = save_table(frame)
    there = store().keep_upload(owner(), digest, name, kept_bytes(digest), len(frame))
    if not there:  # cleaned away between the two, having been nobody's for a day
        save_table(frame)
    st.session_state[_PREDICTIONS] = Predictions(people, name, digest)
    use(PREDICTIONS)
    _write_address()


def _open_predictions(digest: str) -> None:
    """Predictions the address names, if this visitor uploaded them and they are still kept."""
    if not _DIGEST_PATTERN.fullmatch(digest):
        return
    try:
        if digest not in fingerprints():
            return
        people, name = load_predictions(digest)
    except FairlabError:
        return
    st.session_state[_PREDICTIONS] = Predictions(people, name, digest)
    if not chosen_points():
        use(PREDICTIONS)


def predictions_digest() -> str:
    """Identifies the uploaded predictions by their content ("" if none)."""
    held = st.session_state.get(_PREDICTIONS)
    return held.digest if isinstance(held, Predictions) else ""
