"""Bytes of a file to text: which encoding, and what is said when it had to be guessed."""

import codecs

from charset_normalizer import from_bytes

from fairlab.data.reading import Reading

SAMPLE_BYTES = 200_000


def decode(content: bytes, reading: Reading) -> str:
    """Text of a file: UTF-8, UTF-16 (with or without mark), else the likeliest 8-bit encoding."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
                           (codecs.BOM_UTF16_BE, "utf-16")):  # fmt: skip
        if content.startswith(mark):
            return _decode_as(content, encoding, reading)
    zeros = content[:SAMPLE_BYTES].count(0) / max(len(content[:SAMPLE_BYTES]), 1)
    if zeros > 0.2:
        little = content[1:SAMPLE_BYTES:2].count(0) > content[0:SAMPLE_BYTES:2].count(0)
        reading.notes.append("The file has no encoding mark and was read as UTF-16.")
        return _decode_as(content, "utf-16-le" if little else "utf-16-be", reading)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        encoding = _eight_bit(content[:SAMPLE_BYTES])
        reading.notes.append(
            f"The file is not UTF-8; it was read as {encoding}. Check accented letters, or save "
            "it as UTF-8."
        )
        return content.decode(encoding, errors="replace")


def _eight_bit(sample: bytes) -> str:
    """Western European unless another alphabet is clearly likelier."""
    likely = from_bytes(sample, cp_isolation=["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"])
    best = likely.best()
    if best is None or any(
        match.encoding == "cp1252" and match.chaos <= best.chaos + 0.02 for match in likely
    ):
        return "cp1252"
    return best.encoding


def _decode_as(content: bytes, encoding: str, reading: Reading) -> str:
    text = content.decode(encoding, errors="replace").removeprefix("\ufeff")
    if "\ufffd" in text:
        reading.notes.append(f"Some bytes are not {encoding}; they show as \ufffd.")
    return text
