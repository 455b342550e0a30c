"""Files made to hurt whoever reads them: bombs, damaged encodings, odd values, other formats."""

import codecs
import gzip
import io
import json
import pickle
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HOSTILE_NAMES = (
    "../../../../etc/passwd", "..\\..\\windows\\system32\\config", "/dev/zero", "CON", "NUL.csv",
    "x" * 300 + ".csv", "\u202egpj.csv", "تجربة.csv", "a\0b.csv",
    "<img src=x onerror=alert(1)>.csv",
    "$(reboot).csv", "`reboot`.csv", "a\nb.csv", "", ".", "…" * 200, "\ud800.csv", "=1+1.csv",
    "file:///etc/passwd", "%2e%2e%2fpasswd", "|cat.csv", "-rf", "😀" * 100, "con.parquet",
)  # fmt: skip
TEXTS = (
    "<script>window.hacked=1</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))",
    "![x](http://example.org/x.png)", "$\\int_0^1$", "\\input{/etc/passwd}", "`code`", ":red[x]",
    ":material/home:", "=cmd|' /C calc'!A0", "@SUM(1+1)", "+1+1", "-1+1", "\u202eabc\u202c",
    "a\u200bb", "| a | b |", "{{7*7}}", "${jndi:ldap://x}", "%s%n", "'; DROP TABLE runs; --",
    "x" * 9_999, "😀" * 500, "\ufeff", "\ufffd", "́" * 300, "a\tb", "\x07", "\x1b[31m", "NaN",
    "null",
)  # fmt: skip
ODD_VALUES = (
    "9999-99-99", "0000-00-00", "9999-12-31", "-0001-01-01", "2024-02-30", "2024-01-01 25:61",
    "1e999", "-1e999", "1e-999", "nan", "inf", "-inf", "-0", "0x10", "1_000", "٣", "½", "1e",
    "9" * 400, "1" + "0" * 400, "0." + "0" * 400 + "1", "1,5", "1.234.567,8", "true", "TRUE",
    "None", "12345678901234567890", "00012", "+-1", "1e5e5", "∞", "1 000",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file: what is wrong with it, its name, its bytes."""

    kind: str
    name: str
    content: bytes


def crafted() -> Iterator[Hostile]:
    """Every kind of hostile file once, the largest ones included."""
    for makers in (_bombs, _shapes, _encodings, _texts, _others, _parquets, _parquet_bombs):
        for kind, make in makers().items():
            yield Hostile(kind, f"{kind}.csv", make())
    for name in HOSTILE_NAMES:
        yield Hostile("name", name, b"a,b\n1,2\n3,4\n")
        yield Hostile("name of a broken file", name, b'a,b\n"1,2\n')


def _bombs() -> dict[str, Callable[[], bytes]]:
    line = b"a,b\n" + b"1,2\n" * 250_000
    return {
        "gzip of a 1 GB value": lambda: _gzip_of(b"a,b\n1,", b"x" * 1_000_000, 1_000),
        "gzip of endless rows": lambda: _gzip_of(b"a,b\n", b"1,2\n" * 250_000, 1_000),
        "gzip in gzip in gzip": lambda: gzip.compress(gzip.compress(gzip.compress(line))),
        "gzip of 20,000 members": lambda: gzip.compress(b"1,2\n") * 20_000,
        "gzip of 200,000 empty members": lambda: gzip.compress(b"") * 200_000,
        "gzip with a long name": lambda: _gzip_header(b"n" * 1_000_000) + gzip.compress(line)[10:],
        "gzip with a wrong checksum": lambda: gzip.compress(line)[:-8] + b"\0" * 8,
        "gzip cut short": lambda: gzip.compress(line)[:-100],
        "gzip and then other bytes": lambda: gzip.compress(line) + b"MORE",
        "gzip of nothing": lambda: gzip.compress(b""),
        "gzip of a Parquet file": lambda: gzip.compress(_parquet({"a": [1, 2], "b": [3, 4]})),
        "zip bomb": lambda: _zip({"a.csv": b"1,2\n" * 5_000_000}),
        "zip in zip": lambda: _zip({"a.zip": _zip({"a.csv": line})}),
        "zip with paths": lambda: _zip({"../../etc/passwd": b"x", "/etc/cron.d/x": b"y"}),
        "zlib without a frame": lambda: zlib.compress(line),
    }


def _shapes() -> dict[str, Callable[[], bytes]]:
    wide = ",".join(f"c{i}" for i in range(100_000)).encode()
    half = ",".join(f"c{i}" for i in range(500)).encode()
    return {
        "100,000 columns": lambda: wide + b"\n" + b",".join([b"1"] * 100_000) + b"\n",
        "100,000 columns, many rows": lambda: wide + b"\n" + (b"," * 99_999 + b"\n") * 300,
        "a million tiny rows": lambda: b"a,b\n" + b"1,2\n" * 999_999,
        "too many rows": lambda: b"a,b\n" + b"1,2\n" * 1_100_000,
        "as many cells as fit": lambda: half + b"\n" + (b"1," * 499 + b"1\n") * 49_000,
        "as many texts as fit": lambda: half + b"\n" + (b"x," * 499 + b"x\n") * 49_000,
        "as many different texts as fit": lambda: b"a,b\n"
        + b"".join(b"%d a person who lives at %d,yes\n" % (i, i * 7) for i in range(999_000)),
        "50 MB of different short texts": lambda: half
        + b"".join(
            (b"\n" if i % 500 == 0 else b",") + b"%x" % i for i in range(7_000_000)
        ),
        "a value of 49 MB": lambda: b"a,b\n1," + b"x" * 49_000_000,
        "one line without end": lambda: b"x" * 49_000_000,
        "separators without end": lambda: b"," * 49_000_000,
        "quotes without end": lambda: b'"' * 49_000_000,
        "quoted line ends in one row": lambda: b"a,b\n" + b',"\n"' * 9_000_000,
        "blank lines without end": lambda: b"a,b\n" + b"\n" * 49_000_000,
        "carriage returns without end": lambda: b"a,b\n" + b"\r" * 49_000_000,
        "spaces without end": lambda: b" " * 49_000_000,
        "a quote never closed": lambda: b'a,b\n"' + b"1,2\n" * 9_000_000,
        "separators within quotes": lambda: b"a,b\n" + b'"1,2,3;4|5\t6","x\ny"\n' * 100_000,
        "carriage returns as line ends": lambda: b"a,b\r" + b"1,2\r" * 500_000,
        "all line ends mixed": lambda: b"a,b\r\n1,2\n3,4\r5,6\r\n" * 50_000,
        "ragged rows": lambda: b"a,b,c\n" + b"1,2\n1,2,3,4\n1\n" * 300_000,
        "one header for many fields": lambda: b"a,b\n" + b",".join([b"1"] * 400) + b"\n",
        "repeated headers": lambda: b",".join([b"a"] * 500) + b"\n" + b",".join([b"1"] * 500),
        "empty headers": lambda: b"," * 499 + b"\n" + b",".join([b"1"] * 500) + b"\n",
        "very long headers": lambda: b",".join(b"%d" % i + b"h" * 9_900 for i in range(500))
        + b"\n" + b",".join([b"01"] * 500) + b"\n",
        "headers longer than a value may be": lambda: b"h" * 20_000 + b",b\n1,2\n",
        "only a header": lambda: b"a,b\n",
        "nothing": lambda: b"",
        "one byte": lambda: b"\xff",
    }  # fmt: skip


def _encodings() -> dict[str, Callable[[], bytes]]:
    text = "name,größe,yes\n" + "Zoë,1,ja\nЮлия,2,nein\n東京,3,ja\n😀,4,nein\n" * 200
    mark = codecs.BOM_UTF8
    kinds: dict[str, Callable[[], bytes]] = {
        "NUL bytes": lambda: b"a,b\n1,\x002\n" * 1000,
        "NUL bytes only": lambda: b"\0" * 10_000_000,
        "a NUL in every second place": lambda: b"a\0,\0b\0\n\0" * 10_000 + b"\0\0\0",
        "a mark in the middle": lambda: (mark + b"a,b\n" + mark + b"1,2\n") * 1000,
        "two marks": lambda: mark + mark + b"a,b\n1,2\n",
        "the mark alone": lambda: mark,
        "a mark of UTF-16 alone": lambda: codecs.BOM_UTF16_LE,
        "half a sign of UTF-16": lambda: "a,b\n1,2\n".encode("utf-16") + b"\x31",
        "lone surrogates of UTF-16": lambda: codecs.BOM_UTF16_LE
        + "a,b\n".encode("utf-16-le") + b"\x00\xd8,\x00\x31\x00\n\x00" * 500,
        "lone surrogates": lambda: "a,b\n\ud800,\udfff\n".encode("utf-8", "surrogatepass") * 100,
        "broken UTF-8": lambda: b"a,b\n\xff\xfe\xc3(,\xf0\x28\x8c\xbc\n" * 1000,
        "overlong UTF-8": lambda: b"a,b\n\xc0\xaf,\xe0\x80\xaf\n" * 1000,
        "encodings mixed": lambda: text.encode() + "a,é,ü\n".encode("latin-1") * 100
        + "x,y,z\n".encode("utf-16-le"),
        "broken bytes, many": lambda: b"\xff\xfe" * 24_000_000,
        "all bytes": lambda: bytes(range(256)) * 2_000,
        "every byte as a value": lambda: b"a,b\n"
        + b"".join(bytes([i]) + b",1\n" for i in range(256)),
        "EBCDIC": lambda: "a,b\n1,2\n".encode("cp037"),
    }  # fmt: skip
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7"):
        kinds[name] = lambda name=name: text.encode(name)  # type: ignore[misc]
    for name in ("shift_jis", "gb18030", "koi8-r", "cp1251", "cp1252", "big5", "iso2022_jp"):
        kinds[name] = lambda name=name: (text * 3).encode(name, "replace")  # type: ignore[misc]
    return kinds


def _texts() -> dict[str, Callable[[], bytes]]:
    kinds: dict[str, Callable[[], bytes]] = {}
    for value in (*TEXTS, *ODD_VALUES):
        short = value[:20]
        quoted = '"' + value.replace('"', '""') + '"'
        kinds[f"header {short!r}"] = lambda q=quoted: f"{q},b\n1,2\n3,4\n".encode()  # type: ignore[misc]
        kinds[f"value {short!r}"] = lambda q=quoted: f"a,b\n{q},1\n{q},2\nx,3\n".encode()  # type: ignore[misc]
        kinds[f"column of {short!r}"] = lambda q=quoted: f"a,b\n{q},1\n{q},2\n".encode()  # type: ignore[misc]
    rows = [
        ",".join('"' + v.replace('"', '""') + '"' for v in row)
        for row in zip(TEXTS, ODD_VALUES, strict=False)
    ]
    kinds["all odd values"] = lambda: ("a,b\n" + "\n".join(rows * 20)).encode()
    return kinds


def _others() -> dict[str, Callable[[], bytes]]:
    return {
        "Excel": lambda: _zip({"xl/workbook.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}),
        "old Excel": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5_000),
        "pickle": lambda: pickle.dumps({"a": [1, 2]}),
        "pickle of the first kind": lambda: b"cos\nsystem\n(S'true'\ntR.",
        "SQLite": _sqlite,
        "PDF": lambda: b"%PDF-1.7\n" + b"\xe2\xe3\xcf\xd3\n" * 50,
        "PNG": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
        "program": lambda: b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 50,
        "Feather": lambda: b"ARROW1\0\0" + bytes(500),
        "Arrow stream": lambda: _stream(),
        "ORC": lambda: b"ORC" + bytes(range(256)),
        "Avro": lambda: b"Obj\x01" + bytes(range(256)),
        "NumPy": lambda: _numpy(),
        "HDF5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(500),
        "bzip2": lambda: b"BZh91AY&SY" + bytes(range(256)),
        "xz": lambda: b"\xfd7zXZ\x00" + bytes(range(256)),
        "zstd": lambda: b"\x28\xb5\x2f\xfd" + bytes(range(256)),
        "tar": lambda: b"a.csv" + bytes(252) + b"ustar" + bytes(500),
        "web page": lambda: b"<!doctype html><script>alert(1)</script>",
        "XML of a billion laughs": lambda: b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aa">]>',
        "JSON": lambda: json.dumps([{"a": 1}] * 100).encode(),
        "JSON, deep": lambda: b"[" * 200_000,
        "YAML of aliases": lambda: b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n",
        "ARFF": lambda: b"@relation x\n@attribute a numeric\n@data\n1\n",
    }


def _parquets() -> dict[str, Callable[[], bytes]]:
    n = 1_000
    many = {f"c{i}": pa.array([i]) for i in range(20_000)}
    deep: pa.DataType = pa.int64()
    for _ in range(60):
        deep = pa.list_(deep)
    kinds: dict[str, pa.Array] = {
        "list": pa.array([[1], [2, 3]] * n),
        "struct": pa.array([{"x": 1}, {"x": 2}] * n),
        "map": pa.array([[("a", 1)], []] * n, pa.map_(pa.string(), pa.int64())),
        "deeply nested": pa.nulls(10, deep),
        "dictionary of numbers": pa.array([1, 2] * n).dictionary_encode(),
        "dictionary of text": pa.array(["a", "b"] * n).dictionary_encode(),
        "decimal128": pa.array([1, 10**30], pa.decimal128(38, 2)),
        "decimal256": pa.array([1, 10**70], pa.decimal256(76, 2)),
        "half floats": pa.array(np.array([1, np.nan, np.inf], np.float16)),
        "uint64": pa.array([2**64 - 1, 0], pa.uint64()),
        "binary": pa.array([b"\xff", b"\0"]),
        "fixed binary": pa.array([b"ab", b"cd"], pa.binary(2)),
        "time": pa.array([1, 2], pa.time64("ns")),
        "duration": pa.array([1, 2**62], pa.duration("ns")),
        "date64": pa.array([0, 86_400_000], pa.date64()),
        "far dates": pa.array([2**62, -(2**62)], pa.timestamp("us")),
        "dates with a zone": pa.array([0, 1], pa.timestamp("ns", "Asia/Tokyo")),
        "dates with a zone nobody knows": pa.array([0, 1], pa.timestamp("us", "Mars/Base")),
        "text view": pa.array(["a", "b"], pa.string_view()),
        "nulls": pa.nulls(2),
        "text that is not UTF-8": pa.array([b"\xff\xfe", b"y"]).view(pa.string()),
        "huge text": pa.array(["x" * 20_000_000, "y"]),
        "values of every odd kind": pa.array([*TEXTS, *ODD_VALUES]),
        "numbers no one can hold": pa.array([np.inf, -np.inf, np.nan, -0.0, 5e-324]),
    }
    plain = _parquet({"a": list(range(n)), "b": [str(i) for i in range(n)]})
    made: dict[str, Callable[[], bytes]] = {
        f"Parquet: {kind}": lambda column=column: _parquet(
            {"a": column, "b": list(range(len(column)))}
        )  # type: ignore[misc]
        for kind, column in kinds.items()
    }
    return made | {
        "Parquet: 20,000 columns": lambda: _packed(pa.table(many)),
        "Parquet: no columns": lambda: _packed(pa.table({})),
        "Parquet: no rows": lambda: _parquet({"a": pa.array([], pa.int64())}),
        "Parquet: 5,000 row groups": lambda: _parquet({"a": list(range(5_000))}, row_group_size=1),
        "Parquet: names": lambda: _packed(
            pa.table([pa.array([1, 2])] * len(TEXTS), names=list(TEXTS))
        ),
        "Parquet: one name": lambda: _packed(pa.table([pa.array([1, 2])] * 300, names=["a"] * 300)),
        "Parquet: long names": lambda: _parquet({"n" * 50_000: [1, 2], "b": [1, 2]}),
        "Parquet: footer cut off": lambda: plain[:-8],
        "Parquet: footer zeroed": lambda: plain[:-200] + bytes(192) + plain[-8:],
        "Parquet: footer says too long": lambda: plain[:-8] + b"\xff\xff\xff\x7f" + b"PAR1",
        "Parquet: footer says nothing": lambda: plain[:-8] + struct.pack("<I", 0) + b"PAR1",
        "Parquet: only marks": lambda: b"PAR1PAR1",
        "Parquet: encrypted": lambda: plain[:-4] + b"PARE",
        "Parquet: pages zeroed": lambda: plain[:4] + bytes(400) + plain[404:],
        "Parquet: pages of ones": lambda: plain[:4] + b"\xff" * 400 + plain[404:],
    }  # fmt: skip


def _parquet_bombs() -> dict[str, Callable[[], bytes]]:
    n = 1_000_000
    codes = pa.array(np.zeros(n, np.int32))
    kinds: dict[str, Callable[[], bytes]] = {
        "Parquet bomb: repeated numbers": lambda: _parquet(
            {f"c{i}": np.zeros(n) for i in range(40)}, compression="zstd"
        ),
        "Parquet bomb: one text, a million times": lambda: _parquet(
            {"a": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 9_000])), "b": np.zeros(n)}
        ),
        "Parquet bomb: plain text": lambda: _parquet(
            {"a": pa.array(["x" * 9_000] * 60_000), "b": np.zeros(60_000)},
            use_dictionary=False, compression="zstd",
        ),
        "Parquet bomb: one long value": lambda: _parquet(
            {"a": pa.array(["x" * 300_000_000]), "b": [1]}, use_dictionary=False, compression="zstd"
        ),
        "Parquet bomb: dictionaries in every row group": lambda: _parquet(
            {"a": pa.array(["x" * 900_000] * 400), "b": np.zeros(400)},
            row_group_size=1, compression="zstd",
        ),
    }  # fmt: skip
    for field in ("rows", "size", "values"):
        kinds[f"Parquet bomb: lies about {field}"] = lambda field=field: lying(field)  # type: ignore[misc]
    return kinds


def lying(field: str) -> bytes:
    """A Parquet file whose footer says that it is small: bytes of its numbers are swapped."""
    n = 400_000
    honest = _parquet({"a": pa.array(["x" * 2_500] * n), "b": np.zeros(n)},
                      use_dictionary=False, compression="zstd")  # fmt: skip
    length = struct.unpack("<I", honest[-8:-4])[0]
    start = len(honest) - 8 - length
    footer = honest[start:-8]
    file = pq.ParquetFile(io.BytesIO(honest)).metadata
    group = file.row_group(0)
    said = {
        "rows": [file.num_rows],
        "size": [group.total_byte_size, group.column(0).total_uncompressed_size],
        "values": [group.column(0).num_values],
    }[field]
    for number in said:
        footer = footer.replace(_zigzag(number), _padded(1, len(_zigzag(number))))
    return honest[:start] + footer + honest[-8:]


def _zigzag(number: int) -> bytes:
    """A number as the footer writes it (zigzag, seven bits a byte)."""
    left, out = number << 1, b""
    while left >= 0x80:
        out += bytes([left & 0x7F | 0x80])
        left >>= 7
    return out + bytes([left])


def _padded(number: int, length: int) -> bytes:
    """A small number in as many bytes as a large one took."""
    return bytes([number << 1 | 0x80]) + b"\x80" * (length - 2) + b"\0"


def _parquet(columns: dict[str, object], **options: object) -> bytes:
    return _packed(pa.table(columns), **options)


def _packed(table: pa.Table, **options: object) -> bytes:
    stream = io.BytesIO()
    pq.write_table(table, stream, **options)
    return stream.getvalue()


def _gzip_of(start: bytes, part: bytes, times: int) -> bytes:
    """gzip of much more than is held at once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(start)] + [packer.compress(part) for _ in range(times)]
    return b"".join([*parts, packer.flush()])


def _gzip_header(name: bytes) -> bytes:
    return b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name + b"\0"


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        database = sqlite3.connect(path)
        database.execute("create table a (b)")
        database.commit()
        database.close()
        return path.read_bytes()


def _stream() -> bytes:
    stream = io.BytesIO()
    table = pa.table({"a": [1, 2]})
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def _numpy() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(10))
    return stream.getvalue()
