"""The house, kept: who may import whom, no circles, how large rooms and modules may be, what `dgrc --help` may load."""

import ast
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import ROOT

MODULES = sorted((ROOT / "dgrc").rglob("*.py"))
PARTS = ("dgrc", "ray_jobs", "benchmarks", "tests", "docs")
REPOSITORY = sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py"))
LOOSE = {"__init__.py", "__main__.py", "errors.py", "version.py"}
MOST_LINES, MEDIAN_LINES, MOST_FILES, FUNCTION_P90 = 300, 110, 15, 25
MANY_FILES = {"dgrc/cli"}
"""Folders that may hold more: one command a file."""

GROUND = {"records", "errors", "config", "runtime", "storage", "chat"}
ALLOWED = {
    "records": set[str](),
    "version": set[str](),
    "errors": set[str](),
    "config": {"errors"},
    "chat": {"records", "errors"},
    "method": {"records", "errors"},
    "storage": {"records", "config", "errors", "version"},
    "runtime": {"records", "config", "errors", "storage"},
    "engines": GROUND,
    "training": GROUND,
    "questions": GROUND | {"method", "engines"},
    "corpus": GROUND | {"method", "questions"},
    "pipeline": GROUND | {"method", "engines", "questions"},
    "proving": GROUND | {"engines"},
    "evaluation": GROUND | {"method", "engines", "questions", "proving"},
    "report": GROUND | {"method"},
    "view": GROUND | {"version", "method", "report"},
    "workflow": GROUND
    | {"version", "view", "method", "engines", "questions", "corpus", "pipeline"}
    | {"proving", "training", "evaluation", "report"},
}
"""What each room of dgrc may import from the others."""
FREE = {"cli", "__init__", "__main__"}
"""These may import anything."""

METHOD_LIBRARIES = {"jinja2", "pint"}
CLI_AT_ONCE = {"cli", "errors", "runtime", "report", "config", "records", "__version__"}
"""Parts of dgrc that a command may import before it has its arguments."""
HEAVY = ("torch", "ray", "vllm", "deepspeed", "transformers", "pyarrow", "datasets", "numpy")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    """`method` for dgrc/method/sample.py, `errors` for dgrc/errors.py."""
    return path.relative_to(ROOT / "dgrc").parts[0].removesuffix(".py")


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Absolute dotted names; `from dgrc import config` gives `dgrc.config`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write relative imports in full, so that layers can be read"
            if node.module == "dgrc":
                yield from (f"dgrc.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def parts(names: Iterator[str]) -> set[str]:
    """The parts of dgrc among imported names."""
    return {name.split(".")[1] for name in names if name.startswith("dgrc.")}


def at_once(tree: ast.Module) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported: all but those inside functions."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            waiting.extend(ast.iter_child_nodes(node))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_the_layers_below_it(path: Path) -> None:
    part = part_of(path)
    used = parts(imports(ast.walk(ast.parse(path.read_text()))))
    assert part in FREE or used <= ALLOWED[part] | {part}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def circle(sources: dict[str, str]) -> list[str]:
    """Modules, of these by name and code, that import each other in a circle; none gives an empty list."""
    graph: dict[str, set[str]] = {}
    for name, code in sources.items():
        nodes = ast.walk(ast.parse(code))
        found = {found for node in nodes for found in candidates(node) if found in sources}
        graph[name] = found - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as e:
        return list(e.args[1])
    return []


def candidates(node: ast.AST) -> Iterable[str]:
    """What a node may import: of `from a import b` the module `a.b` if there is one, else `a` itself."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return inner if all(is_module(name) for name in inner) else [*inner, node.module]
    return []


def is_module(name: str) -> bool:
    place = ROOT / name.replace(".", "/")
    return place.is_dir() or place.with_suffix(".py").is_file()


def test_no_modules_import_each_other_in_a_circle() -> None:
    sources = {module_name(path): path.read_text() for path in REPOSITORY}
    assert len(sources) > 300
    assert circle(sources) == []


def test_a_circle_is_seen_wherever_its_imports_stand() -> None:
    sources = {
        "a": "def f():\n    import b",
        "b": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from c import x",
        "c": "import a",
        "d": "import a",
    }
    assert set(circle(sources)) == {"a", "b", "c"}
    assert circle({**sources, "c": ""}) == []


def test_rooms_are_small_and_few_things_lie_loose() -> None:
    assert {path.name for path in (ROOT / "dgrc").glob("*.py")} <= LOOSE
    files = Counter(name_of(path.parent) for path in REPOSITORY)
    assert {folder: count for folder, count in files.items() if count > MOST_FILES and folder not in MANY_FILES} == {}


def test_modules_and_functions_stay_short() -> None:
    texts = [path.read_text() for path in MODULES]
    functions = sorted(
        node.end_lineno - node.lineno + 1
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    )
    assert statistics.median(len(text.splitlines()) for text in texts) <= MEDIAN_LINES
    assert functions[len(functions) * 9 // 10] <= FUNCTION_P90


@pytest.mark.parametrize("path", [p for p in MODULES if part_of(p) == "method"], ids=name_of)
def test_the_method_is_pure(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports(ast.walk(ast.parse(path.read_text())))}
    assert outside - sys.stdlib_module_names <= METHOD_LIBRARIES | {"dgrc"}


def loaded_by_help() -> list[Path]:
    """The command line's modules that are imported before a command has its arguments."""
    found, waiting = set[Path](), [ROOT / "dgrc" / "cli" / "__init__.py"]
    while waiting:
        path = waiting.pop()
        if path.exists() and path not in found:
            found.add(path)
            waiting += [
                (ROOT / name.replace(".", "/")).with_suffix(".py")
                for name in imports(at_once(ast.parse(path.read_text())))
                if name.startswith("dgrc.cli.")
            ]
    return sorted(found)


@pytest.mark.parametrize("path", loaded_by_help(), ids=name_of)
def test_commands_import_the_rest_only_inside_functions(path: Path) -> None:
    assert parts(imports(at_once(ast.parse(path.read_text())))) <= CLI_AT_ONCE


@pytest.mark.parametrize("path", REPOSITORY, ids=name_of)
def test_a_module_stays_readable_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    if not name_of(path).startswith("tests/"):
        said = ast.get_docstring(ast.parse(text))
        assert said or not text, "a module opens with what flows in, what flows out and why"


def test_the_rules_see_imports_wherever_they_stand() -> None:
    code = "import dgrc.records\ndef f():\n    from dgrc.training import loop\nclass C:\n    import dgrc.errors"
    tree = ast.parse(code)
    assert parts(imports(ast.walk(tree))) == {"records", "training", "errors"}
    assert parts(imports(at_once(tree))) == {"records", "errors"}


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("from dgrc.cli import main; main(['--help'], standalone_mode=False)", HEAVY),
        ("import dgrc.config", HEAVY),
        ("import dgrc.method.sample, dgrc.method.verify, dgrc.method.curriculum", (*HEAVY, "pydantic")),
    ],
)
def test_light_modules_load_nothing_heavy(code: str, forbidden: tuple[str, ...]) -> None:
    code += "\nimport sys; print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    loaded = set(output.rpartition("loaded: ")[2].split())
    assert "dgrc" in loaded
    assert not loaded & set(forbidden)
