"""Where the table comes from: built in, made up, public, or the visitor's own file."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fairlab.config import DataConfig
from fairlab.data import ReadTable, TaskData, catalog, guess_roles, load
from fairlab.data.findings import cut_name
from fairlab.data.readers import readers
from fairlab.data.sources.acs import STATES
from fairlab.errors import FairlabError, InputError
from fairlab.language import in_english, later, tr, translated
from fairlab.settings import settings
from fairlab.ui import state
from fairlab.ui.kept import Kept
from fairlab.ui.markdown import as_it_is
from fairlab.ui.open_tables import open_tables
from fairlab.ui.owner import owner
from fairlab.ui.store import builtin, table_bytes

BUILTIN, MADE_UP, PUBLIC, OWN, PREDICTIONS = (
    later("Built-in table"),
    later("Made-up people"),
    later("Public tables"),
    later("My table"),
    later("My predictions"),
)
KINDS = (BUILTIN, MADE_UP, PUBLIC, OWN, PREDICTIONS)
FILE_TYPES = ["csv", "tsv", "txt", "gz", "parquet"]
_UPLOADS = "fairlab.uploads"
_OUTCOMES = "fairlab.upload_outcomes"
_PUBLIC = "fairlab.public"
MOST_LOADED = 256 * 2**20  # bytes of made-up and public tables kept for all visitors
_FIRST_GROUPS = pd.DataFrame(
    {"Group": ["A", "B"], "Share, %": [60.0, 40.0], "Base rate, %": [60.0, 40.0]}
)


def choose_kind() -> str:
    """The five ways to bring a table; the one in use is selected first."""
    return st.segmented_control(
        tr("Where the table comes from"),
        KINDS,
        default=_kind_in_use(),
        format_func=translated,
        required=True,
        key="data.kind",
        persist_state="session",
    )


def choose_table(kind: str) -> TaskData | None:
    """Draw what this kind needs; None while there is no table yet (which it then says)."""
    if kind == MADE_UP:
        return _made_up()
    if kind == PUBLIC:
        return _public()
    if kind == OWN:
        return uploaded("table")
    return builtin()


def uploaded(what: str) -> TaskData | None:
    """An upload with its problems listed, all at once; the last good file stays until replaced.

    Args:
        what: "table" or "predictions": each keeps its own file.
    """
    most = settings().upload_mb
    readers().warm()  # while the visitor looks for the file
    file = st.file_uploader(
        tr("CSV or Parquet file with one row per person, at most {most:,} MB", most=most),
        type=FILE_TYPES,
        key=f"data.upload.{what}",
        max_upload_size=most,
    )
    kept: dict[str, ReadTable] = st.session_state.setdefault(_UPLOADS, {})
    if file is not None:
        table = _read_upload(file, what)
        if table is None:
            return None
        kept[what] = table
    read = kept.get(what)
    if read is None:
        return _in_use_again(what)
    if file is None:
        st.markdown(tr("Still using **{filename}** from before.", filename=as_it_is(read.filename)))
    return _as_task(read)


def forget_upload(fingerprint: str) -> None:
    """Keep nothing in this session of an uploaded table that was deleted."""
    kept: dict[str, ReadTable] = st.session_state.get(_UPLOADS, {})
    held: dict[str, tuple[tuple[str, bool], _Outcome]] = st.session_state.get(_OUTCOMES, {})
    for what in [name for name, table in kept.items() if table.fingerprint == fingerprint]:
        kept.pop(what)
        held.pop(what, None)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What reading a file came to, so that it is read once and not on every click."""

    table: ReadTable | None = None
    problems: tuple[str, ...] = ()


def _read_upload(file: UploadedFile, what: str) -> ReadTable | None:
    switch = f"data.skip.{what}.{file.name}"
    skip = bool(st.session_state.get(switch, False))
    held: dict[str, tuple[tuple[str, bool], _Outcome]] = st.session_state.setdefault(_OUTCOMES, {})
    wanted = (file.file_id, skip)
    if what not in held or held[what][0] != wanted:
        held[what] = (wanted, _outcome(file.getvalue(), file.name, skip=skip))
    found = held[what][1]
    if found.table is None:
        show_problems(
            tr("{cut_name} cannot be used as it is", cut_name=cut_name(file.name)), found.problems
        )
    if skip or any(" not have " in problem for problem in found.problems):
        st.checkbox(tr("Leave these lines out"), key=switch)
    if found.table is None:
        st.markdown(tr("Repair the file and upload it again. Nothing else you entered is lost."))
    return found.table


def _outcome(content: bytes, name: str, *, skip: bool) -> _Outcome:
    """Read in another process; while others' files are before this one, say so."""
    place = st.empty()
    place.markdown(tr("Reading the file …"))

    def on_wait(before: int) -> None:
        first = tr("One file is") if before == 1 else tr("{before:,} files are", before=before)
        place.markdown(
            tr(
                "{first} read before yours, which then follows by itself. Please wait …",
                first=first,
            )
        )

    try:
        table = readers().read(content, name, skip_ragged=skip, who=owner(), on_wait=on_wait)
        open_tables().admit(table.frame, owner())
        return _Outcome(table)
    except InputError as error:
        return _Outcome(problems=error.problems)
    finally:
        place.empty()


def _as_task(read: ReadTable) -> TaskData:
    config = DataConfig(
        source="file",
        filename=read.filename,
        fingerprint=read.fingerprint,
        rows=len(read.frame),
    )
    current = state.current_data()
    if current.data.fingerprint == read.fingerprint:
        return current
    return TaskData(read.frame, _guessed(read.fingerprint, read), config, read.notes)


@st.cache_resource(show_spinner=False, max_entries=16)
@in_english
def _guessed(fingerprint: str, _read: ReadTable) -> Any:
    del fingerprint
    return guess_roles(_read.frame)


def _in_use_again(what: str) -> TaskData | None:
    current = state.current_data()
    if what == "table" and current.data.source == "file":
        st.markdown(
            tr(
                "Still using **{filename}**.",
                filename=as_it_is(current.data.filename or tr("your table")),
            )
        )
        return current
    example = (
        "| approved | score | sex | age |\n|---|---|---|---|\n| yes | 0.83 | female | 41 |\n"
        "| no | 0.35 | male | 29 |"
        if what == "predictions"
        else "| approved | income | years_employed | sex | age |\n|---|---|---|---|---|\n"
        "| yes | 3200 | 6 | female | 41 |\n| no | 2100 | 1 | male | 29 |"
    )
    st.markdown(
        tr("A first line with the names of the columns, then one line per person, for example:")
    )
    st.markdown(example)
    st.markdown(
        tr(
            "The file stays on the machine fairlab runs on. Semicolons, tabs, "
            "decimal commas, other encodings and gzip are recognised."
        )
    )
    return None


def _made_up() -> TaskData | None:
    st.markdown(tr("People made up by a seeded generator: turn one dial at a time."))
    first, second = st.columns([2, 3])
    with first:
        n = st.number_input(
            tr("People"), 50, 1_000_000, 2000, 500, key="made.n", persist_state="session"
        )
        seed = st.number_input(
            tr("Seed"), 0, 10_000, 0, 1, key="made.seed", persist_state="session"
        )
    with second:
        groups = st.data_editor(
            _groups_in_use(),
            num_rows="dynamic",
            hide_index=True,
            key="made.groups",
            width="stretch",
        )
    left, middle, right = st.columns(3)
    signal = left.slider(
        tr("Signal: how far apart outcomes are"),
        0.0,
        4.0,
        1.0,
        0.1,
        key="made.signal",
        persist_state="session",
    )
    noise = middle.slider(tr("Noise: share of outcomes by chance"), 0.0, 1.0, 0.1, 0.05,
                          key="made.noise", persist_state="session")  # fmt: skip
    proxy = right.slider(tr("Proxy: how much features give the group away"), 0.0, 1.0, 0.5, 0.05,
                         key="made.proxy", persist_state="session")  # fmt: skip
    rows = groups.dropna()
    options = {
        "n": int(n),
        "groups": [str(name) for name in rows["Group"]],
        "shares": [float(share) / 100 for share in rows["Share, %"]],
        "base_rates": [float(rate) / 100 for rate in rows["Base rate, %"]],
        "signal": signal,
        "noise": noise,
        "proxy": proxy,
        "seed": int(seed),
    }
    try:
        data = _loaded(json.dumps(["synthetic", options]))
        open_tables().admit(data.frame, owner())
        return data
    except InputError as error:
        show_problems(tr("These dials do not fit together"), error.problems)
        return None


def _groups_in_use() -> pd.DataFrame:
    """Groups of the made-up table in use, else two to begin with."""
    options = state.current_data().data.options
    if not {"groups", "shares", "base_rates"} <= set(options):
        return _FIRST_GROUPS
    return pd.DataFrame(
        {
            "Group": list(options["groups"]),
            "Share, %": [round(100 * share, 6) for share in options["shares"]],
            "Base rate, %": [round(100 * rate, 6) for rate in options["base_rates"]],
        }
    )


def _public() -> TaskData | None:
    names = [name for name, entry in catalog.items() if not entry.offline]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    name = left.selectbox(
        tr("Public table (downloaded once, then kept on this machine)"),
        names,
        format_func=lambda key: catalog[key].title,
        key="data.public",
        persist_state="session",
    )
    options: dict[str, Any] = {}
    if name.startswith("acs_"):
        options["state"] = right.selectbox(
            tr("State"), STATES, index=STATES.index("MA"), key="data.state", persist_state="session"
        )
    entry = catalog[name]
    st.markdown(
        tr(
            "{outcome}. Sensitive attributes: {sensitive}. Source: {source}; {licence}.",
            outcome=entry.outcome,
            sensitive=", ".join(entry.sensitive),
            source=entry.source,
            licence=entry.licence,
        )
    )
    wanted = json.dumps([name, options])
    held: dict[str, TaskData] = st.session_state.get(_PUBLIC, {})
    if st.button(tr("Load this table"), icon=":material/download:", key="data.load"):
        try:
            with st.spinner("Downloading …"):
                held = {wanted: _loaded(wanted)}
            st.session_state[_PUBLIC] = held
        except FairlabError as error:
            problems = error.problems if isinstance(error, InputError) else (str(error),)
            show_problems(tr("{title} could not be loaded", title=entry.title), problems)
            return None
    current = state.current_data()
    if wanted not in held and current.data.source == name:
        return current
    data = held.get(wanted)
    if data is None:
        st.markdown(tr("Press **Load this table** to go on."))
    return data


def _load(wanted: str) -> TaskData:
    name, options = json.loads(wanted)
    return load(name, **options)


_loaded = Kept(_load, table_bytes, MOST_LOADED)


def _kind_in_use() -> str:
    source = state.current_data().data.source
    if source == "file":
        return OWN
    if source == "synthetic":
        return MADE_UP
    if source in catalog and not catalog[source].offline:
        return PUBLIC
    return BUILTIN


def show_problems(title: str, problems: tuple[str, ...]) -> None:
    """All problems in one box, each a sentence with its remedy."""
    st.error(
        f"**{as_it_is(title)}**\n\n" + "\n".join(f"- {as_it_is(problem)}" for problem in problems),
        icon=":material/error:",
    )
