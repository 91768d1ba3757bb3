"""The source of dgrc opens no pickle, evaluates no text and runs no model's code, but where a reason is written."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

SOURCES = sorted(path for folder in ("dgrc", "ray_jobs") for path in (ROOT / folder).rglob("*.py"))
MODULES = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {
    "eval", "exec", "compile", "__import__", "importlib.import_module", "runpy.run_path", "runpy.run_module",
    "os.system", "os.popen", "torch.load", "torch.hub.load", "yaml.load", "yaml.load_all", "yaml.unsafe_load",
    "yaml.full_load",
    "pd.read_pickle", "jinja2.Environment", "jinja2.Template",
}  # fmt: skip
WANTED = {"trust_remote_code": False, "allow_pickle": False, "shell": False, "weights_only": True}
ALLOWED = {
    ("dgrc/engines/scripted.py", "importlib.import_module"): "`engine: scripted` names a Python function of the user's "
    "own in the configuration; docs/security.md: treat a configuration like code",
    ("dgrc/engines/vllm/thinking.py", "importlib.import_module"): "a module of vLLM's own table of parsers, to know "
    "whether it can be loaded",
    ("dgrc/__init__.py", "importlib.import_module"): "what the library offers is imported when asked for, by the names "
    "of a table that stands there",
}
"""File and finding, and why it may be there."""


def findings(source: str) -> Iterator[str]:
    """What in a source text could run code that comes from data."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            yield from _call(ast.unparse(node.func), {k.arg: k.value for k in node.keywords})


def _call(name: str, options: dict[str | None, ast.expr]) -> Iterator[str]:
    if name in CALLS:
        yield name
    for option, wanted in WANTED.items():
        value = options.get(option)
        if value is not None and not (isinstance(value, ast.Constant) and value.value is wanted):
            yield f"{name}({option})"
    loads = name.startswith("Auto") and name.endswith((".from_pretrained", ".from_config"))
    if loads and not {None, "trust_remote_code"} & set(options):  # None: `**options`, told in the same module
        yield f"{name} without trust_remote_code=False"
    if name.startswith("AutoModel") and name.endswith(".from_pretrained") and "use_safetensors" not in options:
        yield f"{name} without use_safetensors=True"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_text_or_file_from_outside_can_run_code(path: Path) -> None:
    where = str(path.relative_to(ROOT))
    assert [found for found in findings(path.read_text(encoding="utf-8")) if (where, found) not in ALLOWED] == []


def test_every_exception_is_still_needed() -> None:
    for where, found in ALLOWED:
        assert found in set(findings((ROOT / where).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from joblib import load", "eval('1')", "torch.load('x')", "yaml.load(f, Loader=yaml.Loader)",
        "np.load(f, allow_pickle=True)", "AutoConfig.from_pretrained(m)", "subprocess.run(c, shell=True)",
        "AutoTokenizer.from_pretrained(m, trust_remote_code=flag)", "jinja2.Template(text)",
        "AutoModelForCausalLM.from_pretrained(m, trust_remote_code=False)", "LLM(model, trust_remote_code=True)",
    ],
)  # fmt: skip
def test_what_would_run_code_is_found(line: str) -> None:
    assert list(findings(line))
