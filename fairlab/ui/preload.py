"""Imports what the pages import before anybody opens one.

Thirty first visits at once would otherwise import the same modules on thirty threads, of which
some see half a module, and each would wait for seconds.
"""

import ast
import importlib
import logging
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

PAGES = Path(__file__).resolve().parents[2] / "pages"


def load_pages(folder: Path = PAGES) -> tuple[str, ...]:
    """Import the modules that the scripts in ``folder`` name at their top; torch is none of them.

    A page whose modules cannot be imported says so itself when it is opened.

    Returns:
        Their names, in order.
    """
    names = dict.fromkeys(n for path in sorted(folder.glob("*.py")) for n in _imported(path))
    for name, of in names:
        try:
            module = importlib.import_module(name)
            if of and not hasattr(module, of):  # a module of a package
                importlib.import_module(f"{name}.{of}")
        except ImportError:
            logger.exception("A module of a page could not be imported.")
    return tuple(sorted({name for name, _ in names}))


def _imported(path: Path) -> Iterator[tuple[str, str]]:
    """Modules, and what is taken from each ("" for the module itself)."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from ((one.name, "") for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from ((node.module, one.name) for one in node.names)
