"""Files read in processes of their own: same tables, an end to time and memory, in turn."""

import io
import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlab.data import Limits, read_table
from fairlab.data.readers import Reader, Readers
from fairlab.errors import InputError

PLAIN = (
    b"name,age,pay,when,ok,gone\nAnn,31,10.5,2024-01-31,true,\nZo\xc3\xab,,11,2024-02-01,false,\n"
)


@pytest.fixture(scope="module")
def readers() -> Readers:
    found = Readers()
    yield found
    found.close()


def bomb() -> bytes:
    """Text written out twenty thousand times over: no page says how much that is together."""
    stream = io.BytesIO()
    table = pa.table({"a": pa.array(["x" * 20_000] * 20_000), "b": np.zeros(20_000)})
    pq.write_table(table, stream, use_dictionary=False, compression="zstd")
    return stream.getvalue()


def test_the_table_is_the_one_read_here(readers: Readers) -> None:
    """Values, kinds of columns, notes and fingerprint."""
    there, here = readers.read(PLAIN, "t.csv"), read_table(PLAIN, "t.csv")
    pd.testing.assert_frame_equal(there.frame, here.frame)
    assert (there.notes, there.fingerprint, there.filename) == (
        here.notes, here.fingerprint, "t.csv",
    )  # fmt: skip


def test_problems_are_the_ones_found_here(readers: Readers) -> None:
    for content in (b"", b"a,b\n1\n", b"PAR1", b"PK\x03\x04", b"a,b\n" + b"1,2\n" * 9):
        with pytest.raises(InputError) as there:
            readers.read(content, "\udcff<b>.csv", Limits(rows=3))
        with pytest.raises(InputError) as here:
            read_table(content, "\udcff<b>.csv", Limits(rows=3))
        assert there.value.problems == here.value.problems


def test_the_same_file_is_held_once(readers: Readers) -> None:
    """A whole workshop uploads the same table; skipping lines makes it another."""
    first = readers.read(PLAIN, "t.csv")
    assert readers.read(PLAIN, "t.csv") is first
    assert readers.read(PLAIN, "t.csv", skip_ragged=True) is not first
    assert readers.read(PLAIN, "other.csv") is not first


def test_what_needs_too_much_memory_is_stopped_and_the_next_file_is_read() -> None:
    small = Readers(at_once=1, memory=256_000_000)
    limits = Limits(bytes=400_000_000, cell=100_000)
    with pytest.raises(
        InputError, match=r"more memory than it may have .*FAIRLAB_UPLOAD_MEMORY_MB"
    ):
        small.read(bomb(), "bomb", limits)
    assert len(small.read(PLAIN, "t.csv").frame) == 2
    small.close()


def test_what_takes_too_long_is_stopped_and_the_next_file_is_read() -> None:
    """A process that does not answer is ended when its time is over."""
    quick = Readers(at_once=1, seconds=0.1)
    with pytest.raises(InputError, match=r"longer than 0.1 seconds .*FAIRLAB_UPLOAD_SECONDS"):
        quick.read(PLAIN, "t.csv")  # starting alone takes longer
    quick.seconds = 60
    assert len(quick.read(PLAIN, "t.csv").frame) == 2
    quick.close()


def test_a_process_that_dies_is_a_sentence_and_the_next_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a fault in a native library would end it."""
    one = Readers(at_once=1)
    ask = Reader.ask

    def die(self: Reader, *args: object, **options: object) -> object:
        self.process.kill()
        return ask(self, *args, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as changed:
        changed.setattr(Reader, "ask", die)
        with pytest.raises(InputError, match=r"'t\.csv' cannot be read: something in it breaks"):
            one.read(PLAIN, "t.csv")
    assert len(one.read(PLAIN, "t.csv").frame) == 2
    one.close()


def test_few_are_read_at_once_and_who_waits_is_told_how_many_are_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Thirty at once, two at a time, first come first served; everybody gets an answer."""
    two = Readers(at_once=2)
    go, lock = threading.Event(), threading.Lock()
    now, most, told = [0], [0], []

    def hold(*args: object, **options: object) -> object:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        go.wait(30)
        with lock:
            now[0] -= 1
        return {"problems": ["No."]}, b"", None

    monkeypatch.setattr(two, "ask", hold)
    ended = []

    def upload(i: int) -> None:
        def on_wait(before: int) -> None:
            told.append(before)
            if before >= 29:
                go.set()

        try:
            two.read(b"%d" % i, "t.csv", on_wait=on_wait)
        except InputError as error:
            ended.append(str(error))

    threads = [threading.Thread(target=upload, args=(i,)) for i in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == ["No."] * 30
    assert most[0] == 2
    assert max(told) == 29
    assert min(told) >= 1


def test_who_gives_up_waiting_leaves_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor who closes the page must not hold up those behind."""
    one = Readers(at_once=1)
    inside, go = threading.Event(), threading.Event()

    def hold(*args: object, **options: object) -> object:
        inside.set()
        go.wait(30)
        return {"problems": ["No."]}, b"", None

    monkeypatch.setattr(one, "ask", hold)

    def refused() -> None:
        with pytest.raises(InputError):
            one.read(b"1", "t.csv")

    first = threading.Thread(target=refused)
    first.start()
    inside.wait(30)

    def give_up(before: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.read(b"2", "t.csv", on_wait=give_up)
    go.set()
    first.join(30)
    refused()


def test_reading_processes_load_neither_torch_nor_streamlit() -> None:
    """They are to be small and quick to start."""
    code = (
        "import fairlab.data.reader_process, sys; print({'torch', 'streamlit'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
