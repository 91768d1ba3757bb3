"""The layers, kept: who may import whom, what `dgrc --help` may load, and how long a module may be."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "dgrc").rglob("*.py"))
MOST_LINES = 310

BASE = {"remote", "records", "arrow", "driver", "config", "engine_config", "errors", "training_config", "model_files"}
ALLOWED = {
    "records": set[str](),
    "arrow": {"records"},
    "driver": set[str](),
    "errors": set[str](),
    "model_files": set[str](),
    "remote": {"errors"},
    "method_config": set[str](),
    "training_config": {"method_config"},
    "engine_config": {"method_config"},
    "config": {"method_config", "training_config", "engine_config"},
    "config_file": {"config", "errors"},
    "method": {"records", "errors"},
    "engines": BASE,
    "storage": BASE | {"config_file"},
    "pipeline": BASE | {"method", "engines", "storage"},
    "training": BASE | {"storage"},
    "evaluation": BASE | {"method", "engines", "storage", "pipeline", "proving"},
    "proving": BASE | {"engines", "storage"},
}
"""What each part of dgrc may import from the others; parts not named here may import anything."""

METHOD_LIBRARIES = {"jinja2", "pint"}
CLI_AT_ONCE = {"cli", "errors", "ending", "config", "records", "__version__"}
"""Parts of dgrc that a command may import before it has its arguments."""
HEAVY = ("torch", "ray", "vllm", "deepspeed", "transformers", "pyarrow", "datasets", "numpy")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    """`method` for dgrc/method/sample.py, `records` for dgrc/records.py."""
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
    assert used <= ALLOWED.get(part, used) | {part}


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


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_stays_readable_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert ast.get_docstring(ast.parse(text)), "a module opens with what flows in, what flows out and why"


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
