"""Collects every text people read and brings the files of translations up to date.

``make translations`` writes ``fairlab/locales/*/LC_MESSAGES/fairlab.po``: new texts come in with
an empty translation, texts that are gone leave. ``make translations ARGS=--missing`` lists what
has no translation yet, file by file.

Collected are the texts in ``tr``, ``tr_n`` and ``later``, also in templates, the texts that
components' scripts mark with ``tt``, the names of columns of tables, and the sentences of the lower
layers. Those are
stored with results and shared by visitors of several languages, so they are made in English and
told again where they are shown, see ``fairlab.language.retold``.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

from fairlab.language import DOMAIN, LOCALES, RETOLD
from fairlab.ui.components.spoken import marked

ROOT = Path(__file__).parents[1]
SPOKEN = ("app.py", "pages/*.py", "fairlab/**/*.py")
TABLES = ("fairlab/reports/tables/*.py", "fairlab/ui/widgets/*.py")
SCRIPTS = ("fairlab/ui/components/*.js", "fairlab/ui/components/*.py")
TEMPLATES = ("fairlab/reports/html/*.j2",)
LOWER = (
    "fairlab/baselines.py",
    "fairlab/data/*.py",
    "fairlab/data/sources/*.py",
    "fairlab/examine/*.py",
    "fairlab/frontier/*.py",
    "fairlab/impossibility/*.py",
    "fairlab/metrics/*.py",
    "fairlab/networks.py",
    "fairlab/pareto/*.py",
    "fairlab/reports/withheld.py",
    "fairlab/runs/endings.py",
    "fairlab/runs/reasons.py",
    "fairlab/runs/status.py",
    "fairlab/sweeps/*.py",
    "fairlab/training/*.py",
    "fairlab/ui/widgets/theorem.py",
)
#: Lower layers whose labels of one word are told through ``told_fields``.
LABELLED = (
    "fairlab/baselines.py",
    "fairlab/frontier/strategies.py",
    "fairlab/metrics/gaps.py",
    "fairlab/metrics/rates.py",
    "fairlab/metrics/score_gaps.py",
)
_MARKS = {"tr", "later", "tr_n"}
_WORDS = re.compile(r"[A-Za-z]{2,}[.,:;”)%'’]*\s+[–(“]*[A-Za-z“]")
_LABEL = re.compile(r"[A-Z][a-z]+(?:[ -][A-Za-z-]+)*[.:]?|AUC.*|F1.*")
_HEADING = re.compile(r"p|p[ ,].*|[A-ZΔ(].*|[a-z][a-z ]* [a-z ]+|95 % .*")
_LOGS = {"debug", "info", "warning", "error", "exception", "getLogger", "compile", "Public"}


@dataclass(slots=True)
class Text:
    """A text to translate: its English, its plural, where it stands, whether it is told again."""

    one: str
    many: str | None = None
    files: list[str] = field(default_factory=list)
    retold: bool = False


def texts() -> dict[str, Text]:
    """Every text of the code, in the order of the files."""
    found: dict[str, Text] = {}

    def add(one: str, file: str, many: str | None = None, *, retold: bool = False) -> None:
        if not one:
            return
        text = found.setdefault(one, Text(one))
        text.many = text.many or many
        text.retold = text.retold or retold
        if file not in text.files:
            text.files.append(file)

    for file, tree in _trees(SPOKEN):
        for one, many in _marked_in(tree):
            add(one, file, many)
    for path in _paths(TEMPLATES):
        for one in _in_template(path.read_text(encoding="utf-8")):
            add(one, _name(path))
    for path in _paths(SCRIPTS):
        for one in marked(path.read_text(encoding="utf-8")):
            add(one, _name(path))
    for file, tree in _trees(TABLES):
        for one in _headings(tree):
            add(one, file)
    for file, tree in _trees(LOWER):
        for one in _sentences(tree, labels=file in LABELLED):
            add(one, file, retold=True)
    return found


def _in_template(text: str) -> Iterator[str]:
    for call in Environment().parse(text).find_all(nodes.Call):
        said = call.args[0] if call.args else None
        if isinstance(call.node, nodes.Name) and call.node.name == "tr":
            assert isinstance(said, nodes.Const)
            yield str(said.value)


def _paths(patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in ROOT.glob(pattern)})


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _trees(patterns: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    for path in _paths(patterns):
        yield _name(path), ast.parse(path.read_text(encoding="utf-8"))


def _marked_in(tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node) not in _MARKS:
            continue
        said = [a.value for a in node.args[:2] if isinstance(a, ast.Constant)]
        strings = [text for text in said if isinstance(text, str)]
        if strings:
            yield strings[0], strings[1] if _called(node) == "tr_n" else None


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _headings(tree: ast.Module) -> Iterator[str]:
    """Names of columns: keys of dictionaries and subscripts, and lists of columns."""
    for node in ast.walk(tree):
        for one in _columns(node):
            name = one.value if isinstance(one, ast.Constant) else None
            if isinstance(name, str) and _HEADING.fullmatch(name):
                yield name


def _columns(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    if isinstance(node, ast.Subscript):
        return [node.slice]
    value: ast.expr | None = None
    if isinstance(node, ast.keyword):
        value = node.value if node.arg == "columns" else None
    elif isinstance(node, ast.Assign):
        value = node.value if any("column" in ast.unparse(t) for t in node.targets) else None
    if isinstance(value, ast.BinOp):
        return [*_listed(value.left), *_listed(value.right)]
    return _listed(value)


def _listed(node: ast.expr | None) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else []


def _sentences(tree: ast.Module, *, labels: bool) -> Iterator[str]:
    """What reads like words: strings, and formatted ones with a name for each place."""
    skipped = {id(node) for node in _silent(tree)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            template = _template(node)
            if _WORDS.search(re.sub(r"\{[^{}]*\}", "", template)):
                yield template
        elif isinstance(node, ast.Constant) and _reads(node.value, labels):
            yield str(node.value)


def _reads(value: object, labels: bool) -> bool:
    if not isinstance(value, str):
        return False
    return bool(_WORDS.search(value) or (labels and _LABEL.fullmatch(value)))


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    """Strings nobody reads: docstrings, parts of formatted strings, logs, names, marked texts."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.Subscript | ast.Compare):
            yield from (n for n in ast.walk(node) if isinstance(n, ast.Constant))
        elif isinstance(node, ast.JoinedStr):
            yield from (n for n in node.values if isinstance(n, ast.Constant))
            specs = (n.format_spec for n in node.values if isinstance(n, ast.FormattedValue))
            yield from (n for spec in specs if spec is not None for n in ast.walk(spec))
        elif isinstance(node, ast.Call) and _called(node) in _LOGS | _MARKS | {"told_fields"}:
            yield from (n for arg in node.args for n in ast.walk(arg))
        elif isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            yield from ast.walk(node.annotation)


def _template(node: ast.JoinedStr) -> str:
    """The text of a formatted string, its places named by what fills them."""
    names: dict[str, str] = {}
    text = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text += str(part.value).replace("{", "{{").replace("}", "}}")
        elif isinstance(part, ast.FormattedValue):
            text += f"{{{_place(part.value, names)}}}"
    return text


def _place(value: ast.expr, names: dict[str, str]) -> str:
    source = ast.unparse(value)
    if source in names:
        return names[source]
    inner = re.sub(r"'[^']*'|\"[^\"]*\"", "", source)
    words = [w for w in re.findall(r"[A-Za-z_]\w+", inner) if w not in _DULL and not w.isupper()]
    name = (words[-1] if words else "value").strip("_").lower()
    taken = set(names.values())
    names[source] = next(
        n for n in (name, *(f"{name}_{i}" for i in range(2, 99))) if n not in taken
    )
    return names[source]


_DULL = {"len", "join", "for", "in", "if", "else", "is", "not", "str", "None", "item", "int"}


def template() -> Catalog:
    """All texts as a catalog without translations."""
    catalog = Catalog(domain=DOMAIN, project="fairlab", charset="utf-8")
    for text in texts().values():
        ids = text.one if text.many is None else (text.one, text.many)
        comments = [RETOLD] if text.retold else []
        catalog.add(ids, locations=[(file, 0) for file in text.files], auto_comments=comments)
    return catalog


def update(path: Path) -> Catalog:
    """Bring one language's file up to date; what it gives is what was written."""
    code = path.parent.parent.name
    with path.open("rb") as file:
        catalog = read_po(file, locale=code, domain=DOMAIN)
    catalog.update(template(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    with path.open("wb") as file:
        write_po(file, catalog, width=100, include_lineno=False, omit_header=False)
    return catalog


def main(arguments: list[str]) -> int:
    """Update every language; with ``--missing``, list what is not translated."""
    for path in sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalog = update(path)
        missing = [m for m in catalog if m.id and not _translated(m.string)]
        said = f"{path.parent.parent.name}: {len(catalog)} texts, {len(missing)} not translated\n"
        sys.stdout.write(said)
        if "--missing" in arguments:
            sys.stdout.writelines(f"  {m.locations[0][0]}: {m.id!r}\n" for m in missing)
    return 0


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
