"""Valid files with bytes changed at random, by a seed: what a fuzzer sends."""

import gzip
import io
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.uploads_files import HOSTILE_NAMES, ODD_VALUES, TEXTS, Hostile

_TOKENS = (
    b"\0", b"\xff", b"\n", b"\r", b'"', b",", b";", b"\t", b"|", b"\xef\xbb\xbf", b"\xff\xfe",
    b"PAR1", b"\x1f\x8b\x08", b"9" * 30, b"\xed\xa0\x80", b"'", b"\\", b"-", b"1e999", b"\x80",
    b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff\x0f",
)  # fmt: skip


def mutated(seed: int, count: int) -> Iterator[Hostile]:
    """So many changed files, the same for the same seed."""
    rng = np.random.default_rng(seed)
    seeds = _seeds(rng)
    kinds = list(seeds)
    for i in range(count):
        kind = kinds[i % len(kinds)]
        content = bytearray(seeds[kind])
        for _ in range(int(rng.integers(1, 4))):
            _change(content, rng)
        name = HOSTILE_NAMES[int(rng.integers(len(HOSTILE_NAMES)))] if i % 10 == 0 else f"{i}.csv"
        yield Hostile(f"changed bytes: {kind}", name, bytes(content))


def _change(content: bytearray, rng: np.random.Generator) -> None:
    if not content:
        return
    at, way = int(rng.integers(len(content))), int(rng.integers(8))
    # Footers of Parquet and heads of anything are where changes matter most.
    if rng.random() < 0.3:
        at = max(0, len(content) - 1 - int(rng.integers(min(len(content), 400))))
    size = int(rng.integers(1, 64))
    if way == 0:
        content[at] ^= 1 << int(rng.integers(8))
    elif way == 1:
        content[at] = int(rng.integers(256))
    elif way == 2:
        del content[at : at + size]
    elif way == 3:
        content[at:at] = content[at : at + size]
    elif way == 4:
        token = _TOKENS[int(rng.integers(len(_TOKENS)))]
        content[at : at + len(token) * int(rng.integers(2))] = token
    elif way == 5:
        del content[at:]
    elif way == 6:
        other = int(rng.integers(len(content)))
        content[at : at + size], content[other : other + size] = (
            content[other : other + size],
            content[at : at + size],
        )
    else:
        content[at : at + size] = rng.integers(0, 256, size, dtype=np.uint8).tobytes()


def _seeds(rng: np.random.Generator) -> dict[str, bytes]:
    rows = [",".join('"' + v.replace('"', '""')[:200] + '"' for v in pair)
            for pair in zip(ODD_VALUES[:28], TEXTS[:28], strict=False)]  # fmt: skip
    plain = "name,age,pay,when,ok\n" + "".join(
        f"Zoë {i},{i % 90},{i * 1.5},2024-01-{1 + i % 28:02},{'yes' if i % 3 else 'no'}\n"
        for i in range(60)
    )
    odd = "a,b\n" + "\n".join(rows) + "\n"
    table = pa.table(
        {
            "n": pa.array(rng.integers(0, 9, 200)),
            "x": pa.array([None if i % 9 == 0 else i * 0.5 for i in range(200)]),
            "s": pa.array([f"g{i % 4}" for i in range(200)]),
            "d": pa.array(np.arange(200).astype("datetime64[D]")),
            "c": pa.array(["a", "b"] * 100).dictionary_encode(),
            "t": pa.array([True, False, None, True] * 50),
        }
    )
    nested = pa.table({"l": pa.array([[1], [2, 3]] * 20), "s": pa.array([{"x": 1}] * 40)})
    found = {
        "CSV": plain.encode(),
        "CSV with odd values": odd.encode(),
        "CSV with semicolons": plain.replace(",", ";").encode("latin-1"),
        "CSV in UTF-16": plain.encode("utf-16"),
        "gzip": gzip.compress(plain.encode(), mtime=0),
        "Parquet, nested": _parquet(nested),
    }
    for kind in ("snappy", "gzip", "zstd", "brotli", "lz4", "none"):
        found[f"Parquet, {kind}"] = _parquet(table, compression=kind)
    found["Parquet, second pages"] = _parquet(table, data_page_version="2.0", row_group_size=50)
    found["Parquet, no dictionaries"] = _parquet(table, use_dictionary=False)
    return found


def _parquet(table: pa.Table, **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()
