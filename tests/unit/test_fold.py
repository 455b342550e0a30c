"""Folded parts of pages are all made in one place, where they are told apart by keys."""

from pathlib import Path

UI = Path(__file__).parents[2] / "fairlab" / "ui"
ONLY = UI / "widgets" / "fold.py"


def test_nobody_makes_a_fold_without_a_key() -> None:
    """Without one it is shut again with whatever appears above it or changes in its title."""
    files = [*UI.rglob("*.py"), *(UI.parents[1] / "pages").glob("*.py")]
    found = [file.name for file in files if "st.expander(" in file.read_text(encoding="utf-8")]
    assert found == [ONLY.name]
