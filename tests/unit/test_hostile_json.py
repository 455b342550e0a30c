"""JSON and YAML of strangers that would keep the server busy for hours."""

import pytest

from fairlab.errors import InputError
from fairlab.mappings import read_mapping

WORDS = {"what": "configuration", "wanted": "with keys", "remedy": "Export one."}


@pytest.mark.parametrize("content", ['{"' + '\\"' * 400_000, '{"' + '\\"' * 400_000 + "\\"])
def test_a_text_that_never_ends_is_refused_at_once(content: str) -> None:
    """A quote that is opened and never closed is looked at once, not from each quote inside."""
    with pytest.raises(InputError, match="not a YAML file"):
        read_mapping(content, **WORDS)


def test_a_key_that_comes_twice_among_many_is_named_at_once() -> None:
    """Of very many keys none is compared with each other one."""
    keys = ",".join(f'"k{i}":1' for i in range(90_000))
    with pytest.raises(InputError, match="'k89999' twice"):
        read_mapping(f'{{{keys},"k89999":2}}', **WORDS)


def test_brackets_inside_texts_do_not_count_as_nests() -> None:
    """Escaped quotes and line ends inside a text do not end it."""
    assert read_mapping('{"a": "' + "[" * 200 + '\\"{"}', **WORDS) == {"a": "[" * 200 + '"{'}
    with pytest.raises(InputError, match="nests more than"):
        read_mapping('{"a": "\\"", "b": ' + "[" * 200 + "]" * 200 + "}", **WORDS)
