"""The process that reads strangers' files for a server, one after the other.

Started by :mod:`fairlab.data.readers`, never by hand. A file that fills the memory, never ends or
breaks a native library ends this process, and nobody else's. Messages on its pipes are a JSON
record with a length before it, then as many bytes as the record says; nothing is pickled.
"""

import contextlib
import ctypes
import gc
import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa

from fairlab.data.limits import Limits
from fairlab.data.upload import read_table
from fairlab.errors import InputError

LONGEST_RECORD = 4_000_000
ROWS_AT_ONCE = 65_536
_LENGTH = 8
_STATUS = Path("/proc/self/status")
_REFS = Path("/proc/self/clear_refs")


def send(
    pipe: IO[bytes], record: Mapping[str, Any], payload: bytes = b"", size: int | None = None
) -> None:
    """Write one message; with ``size``, as many bytes are to follow from elsewhere."""
    text = json.dumps({**record, "size": len(payload) if size is None else size}).encode("ascii")
    pipe.write(len(text).to_bytes(_LENGTH, "big") + text)
    pipe.write(payload)
    pipe.flush()


def receive(pipe: IO[bytes], most: int) -> tuple[dict[str, Any], bytes]:
    """Read one message of at most so many bytes.

    Raises:
        EOFError: If the other side is gone, or sends what no message can be.
    """
    length = int.from_bytes(_exactly(pipe, _LENGTH), "big")
    if length > LONGEST_RECORD:
        raise EOFError
    record = json.loads(_exactly(pipe, length))
    if not 0 <= record["size"] <= most:
        raise EOFError
    return record, _exactly(pipe, record["size"])


def _exactly(pipe: IO[bytes], count: int) -> bytes:
    found = pipe.read(count)
    if len(found) != count:
        raise EOFError
    return found


def job(filename: str, limits: Limits, *, skip_ragged: bool) -> dict[str, Any]:
    """The record that asks for a file to be read; its bytes follow."""
    return {"filename": filename, "limits": asdict(limits), "skip_ragged": skip_ragged}


def send_table(pipe: IO[bytes], record: Mapping[str, Any], frame: pd.DataFrame) -> None:
    """Write a message whose bytes are a table as an Arrow stream, without a copy of them."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    length = pa.MockOutputStream()
    _write_stream(length, table)
    send(pipe, record, size=length.size())
    _write_stream(pa.PythonFile(pipe, "w"), table)
    pipe.flush()


def _write_stream(sink: Any, table: pa.Table) -> None:
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=ROWS_AT_ONCE)


def frame_of(payload: bytes) -> pd.DataFrame:
    """The table back from its Arrow stream, with the same kinds of columns."""
    table = pa.ipc.open_stream(payload).read_all()
    frame: pd.DataFrame = table.to_pandas()
    return frame


def answer(asked: dict[str, Any], content: bytes) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """What reading came to: a table, the problems, or a trouble ("memory", "fault")."""
    try:
        limits = Limits(**asked["limits"])
        read = read_table(
            content, asked["filename"], limits, skip_ragged=bool(asked["skip_ragged"])
        )
        return {"notes": read.notes, "fingerprint": read.fingerprint}, read.frame
    except InputError as error:
        return {"problems": error.problems}, None
    except (MemoryError, pa.ArrowMemoryError):
        return {"trouble": "memory"}, None
    except Exception as error:  # whatever a file brings about must not end in silence
        places = [f for f in traceback.extract_tb(error.__traceback__) if "fairlab" in f.filename]
        where = f"{type(error).__name__} in {Path(places[-1].filename).name}:{places[-1].lineno}"
        return {"trouble": "fault", "where": where}, None


def main() -> None:
    """Answer until the server closes the pipe."""
    inbox = os.fdopen(os.dup(0), "rb")
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not end up between messages
    pa.set_cpu_count(1)
    memory = int(sys.argv[1])
    gc.collect()
    gc.freeze()
    _stand_back()
    _limit_memory(memory)
    send(outbox, {"ready": True})
    while True:
        try:
            asked, content = receive(inbox, memory)
        except EOFError:
            return
        begun = time.process_time()
        _forget_peak()
        record, frame = answer(asked, content)
        record |= {"cpu_seconds": time.process_time() - begun, "peak": _peak()}
        if frame is None:
            send(outbox, record)
        else:
            send_table(outbox, record, frame)
        del record, frame, content
        _give_back()


def _give_back() -> None:
    """Return memory to the machine, as far as it lets us."""
    gc.collect()
    pa.default_memory_pool().release_unused()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _stand_back() -> None:
    """When memory runs out, this process goes first; pages are drawn before files are read."""
    try:
        Path("/proc/self/oom_score_adj").write_text("900", encoding="ascii")
    except OSError:
        return
    os.nice(5)


def _limit_memory(memory: int) -> None:
    """So many bytes of address space beyond what the libraries take; no core files."""
    try:
        import resource
    except ImportError:  # not on Windows, where the server alone watches
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _forget_peak() -> None:
    """Let the kernel measure the largest memory anew."""
    try:
        _REFS.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak() -> int:
    """Largest resident memory since it was last forgotten, in bytes; 0 where it is not told."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM")]
    return 1024 * int(found[0]) if found else 0


if __name__ == "__main__":
    main()
