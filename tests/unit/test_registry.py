"""The registry: an ordered, read-only table that helps when a name is unknown."""

import pytest

from fairlab.errors import InputError, UnknownNameError
from fairlab.registry import Registry

FRUIT = Registry("fruit", {"pear": 1, "apple": 2})


def test_keeps_order_and_length():
    """Entries come in the order given; membership and length are those of a mapping."""
    assert list(FRUIT) == ["pear", "apple"]
    assert len(FRUIT) == 2
    assert "apple" in FRUIT
    assert "plum" not in FRUIT
    assert FRUIT["apple"] == 2


def test_unknown_name_lists_known_and_suggests():
    """The error names what was asked, the closest match and all known names."""
    with pytest.raises(UnknownNameError, match=r"no fruit named 'aple'.*'apple'.*pear, apple"):
        FRUIT["aple"]
    assert issubclass(UnknownNameError, InputError)


def test_is_read_only_and_copied():
    """A registry cannot be changed, nor through the table it was made from."""
    table = {"a": 1}
    registry = Registry("thing", table)
    table["b"] = 2
    assert "b" not in registry
    with pytest.raises(TypeError):
        registry["c"] = 3
