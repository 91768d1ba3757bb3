"""The pages name what is there: paths, links, commands with their options, targets of make, modules, settings, extras.

Nothing is executed. The command line's own click objects parse what the pages say of it; benchmarks, whose imports are
heavy, are read.
"""

import ast
import configparser
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest

from dgrc.cli import main
from tests.docs import pages
from tests.paths import ROOT
from tests.test_house import ALLOWED, FREE, GROUND

PAGES = pages.pages()
PLACEHOLDER = re.compile(r"[A-Z][A-Z_]*|\[.*|\.\.\.|…")
"""CONFIG, RUN, [ID]: what a reader puts something of their own for."""
PYTHON = re.compile(r"(?:\S*/)?python3?")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# What is wrong with a page, each of these says in a list that should be empty.


def missing_paths(text: str) -> list[str]:
    return sorted(path for path in pages.paths(text) if not any(ROOT.glob(path.rstrip("/"))))


def missing_modules(text: str, folder: Path = ROOT) -> list[str]:
    """Python files that are neither there by their path (the page lies in `folder`) nor anywhere by their bare name."""
    known = {path.name for part in ("dgrc", "tests", "benchmarks", "docs") for path in (ROOT / part).rglob("*.py")}
    found = pages.module_files(text)
    places = (folder, ROOT, ROOT / "dgrc")
    return sorted(name for name in found if name not in known and not any((at / name).is_file() for at in places))


def missing_names(text: str) -> list[str]:
    """Dotted names that lead to no module, or to nothing that the module mentions."""
    wrong = []
    for name in pages.dotted(text):
        place, rest = ROOT / name.split(".")[0], name.split(".")[1:]
        while rest and ((place / rest[0]).is_dir() or (place / f"{rest[0]}.py").is_file()):
            place, rest = place / rest[0], rest[1:]
        source = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if rest and not re.search(rf"\b{rest[0]}\b", source.read_text()):
            wrong.append(name)
    return sorted(wrong)


def broken_links(page: Path, text: str) -> list[str]:
    wrong = []
    for link in pages.links(text):
        target, _, anchor = link.partition("#")
        place = (page.parent / target).resolve() if target else page
        if not place.exists() or (anchor and anchor not in pages.anchors(place.read_text())):
            wrong.append(link)
    return sorted(wrong)


def wrong_commands(text: str) -> list[str]:
    """`dgrc …`, `make …` and `python -m …` that could not be typed, each with the reason."""
    found = [complaint(words) for words in pages.commands(text)]
    return [said for said in found if said]


def complaint(words: list[str]) -> str:
    line = " ".join(words)
    for i, word in enumerate(words[:-2]):
        if PYTHON.fullmatch(word) and words[i + 1] == "-m" and words[i + 2].split(".")[0] in pages.FOLDERS:
            why = complaint_of_module(words[i + 2], words[i + 3 :])
            return f"{line}: {why}" if why else ""
    why = ""
    if words[0] in ("dgrc", ".venv/bin/dgrc"):
        why = complaint_of_command(main, words[1:])
    elif words[0] == "make" and len(words) > 1 and words[1] not in make_targets():
        why = f"no target {words[1]}"
    return f"{line}: {why}" if why else ""


def complaint_of_command(command: click.Command, words: list[str]) -> str:
    """Why click would refuse these words; values are looked at only where there is a choice of few."""
    if isinstance(command, click.Group):
        if not words or PLACEHOLDER.fullmatch(words[0]) or words[0] in ("…", "-h", "--help", "--version"):
            return ""
        inner = command.commands.get(words[0])
        return complaint_of_command(inner, words[1:]) if inner else f"no command {words[0]}"
    context = click.Context(command)
    try:
        given, left, _ = command.make_parser(context).parse_args([word for word in words if not word.startswith("[")])
        for parameter in command.get_params(context):
            value = given.get(parameter.name or "")
            if isinstance(parameter.type, click.Choice) and isinstance(value, str) and not PLACEHOLDER.fullmatch(value):
                parameter.type.convert(value, parameter, context)
    except click.UsageError as e:
        return e.format_message()
    return f"too many arguments: {' '.join(left)}" if left and words != ["..."] else ""


def complaint_of_module(module: str, words: list[str]) -> str:
    place = ROOT / module.replace(".", "/")
    source = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
    if not source.is_file():
        return f"no module {module} to run"
    if module.startswith("ray_jobs."):
        return complaint_of_command(main.commands[module.removeprefix("ray_jobs.")], words)
    if module.startswith("benchmarks."):
        unknown = [word for word in words if word.startswith("--") and word not in options_of(source)]
        return f"no option {', '.join(unknown)}" if unknown else ""
    return ""


def options_of(source: Path) -> set[str]:
    """The options of the click command in a module that is read and not imported."""
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    names = [
        argument.value
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "option"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]
    return {"--help", *(part for name in names for part in name.split("/") if part.startswith("--"))}


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def known_settings() -> set[str]:
    """All settings by their full names, from the page that is made of the configuration classes."""
    known, section = set[str](), ""
    for line in (ROOT / "docs" / "configuration.md").read_text().splitlines():
        if line.startswith("## "):
            section = f"{line[4:-1]}." if line.startswith("## `") else ""
        elif key := re.match(r"\| `(\w+)` \|", line):
            known.add(section + key[1])
    return known


def missing_settings(text: str) -> list[str]:
    """Dotted names that begin with a section's name and are no settings; Ray's own names are not ours."""
    known = known_settings()
    sections = {part for name in known for part in name.split(".")[:-1]} - {"ray"}
    files = ("json", "jsonl", "yaml", "md", "py", "csv", "parquet")
    return sorted(
        name
        for name in pages.settings(text)
        if name.split(".")[0] in sections
        and name.rpartition(".")[2] not in files
        and not any(full == name or full.endswith(f".{name}") for full in known)
    )


def missing_extras(text: str) -> list[str]:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    named = [extra for line in re.findall(r"pip install [^\n`]*?\[([\w,]+)\]", text) for extra in line.split(",")]
    return sorted({extra for extra in named if extra not in setup["options.extras_require"]})


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text()
    assert missing_paths(text) == []
    assert missing_modules(text, page.parent) == []
    assert missing_names(text) == []
    assert broken_links(page, text) == []
    assert missing_settings(text) == []
    assert missing_extras(text) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_a_page_tells_to_type_can_be_typed(page: Path) -> None:
    assert wrong_commands(page.read_text()) == []


def test_the_history_is_left_out_and_nothing_else() -> None:
    names = {name_of(page) for page in PAGES}
    assert names >= {"README.md", "CONTRIBUTING.md", "cluster/README.md", "docs/architecture.md", "docs/guide.md"}
    assert not pages.HISTORY & names
    assert all((ROOT / name).is_file() for name in pages.HISTORY)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (missing_paths, "see `dgrc/method/` and configs/*/*.yaml, or ../docs/guide.md.", "see `dgrc/nowhere/a.py`"),
        (missing_paths, "https://example.com/docs/nowhere.md", "(docs/nowhere.md, 2026)"),
        (missing_modules, "`pipeline/passes.py`, `test_docs.py -m slow`", "`pipeline/lives.py`"),
        (missing_names, "`dgrc.workflow.job.Job`", "`dgrc.workflow.Job`"),
        (missing_names, "`benchmarks.chaos`", "```\npython -m benchmarks.chaos_run\n```"),
        (missing_settings, "`method.pairs: all`, `api.mode`, `questions.jsonl`", "`dgrc run C --set method.pears=all`"),
        (missing_extras, "pip install '.[gpu]'", "pip install '.[gpus]'"),
        (wrong_commands, "`dgrc run CONFIG --dry-run`", "`dgrc run CONFIG --dry`"),
        (wrong_commands, "`dgrc jobs logs -f JOB`", "`dgrc jobs log JOB`"),
        (wrong_commands, "`dgrc COMMAND --help`", "`dgrc go`"),
        (wrong_commands, "```\ndgrc demo --size small  # seconds\n```", "```\n.venv/bin/dgrc demo --size large\n```"),
        (wrong_commands, "`dgrc show RUN [ID]`", "`dgrc show RUN ID ANOTHER`"),
        (wrong_commands, "`make test`", "`make tests`"),
        (wrong_commands, "`python -m benchmarks.chaos --seeds 2`", "`python -m benchmarks.chaos --sedes 2`"),
        (wrong_commands, "`ray job submit -- python -m ray_jobs.run CONFIG`", "`.venv/bin/python -m ray_jobs.walk`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(check, right: str, wrong: str) -> None:  # type: ignore[no-untyped-def]
    assert check(right) == []
    assert len(check(wrong)) == 1


def test_links_lead_somewhere(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Two words, here\n")
    page = tmp_path / "page.md"
    text = '[a](other.md) [b](other.md#two-words-here) <img src="other.md"> [c](https://example.com/x)'
    assert broken_links(page, text) == []
    assert broken_links(page, "[a](others.md) [b](other.md#three-words)") == ["other.md#three-words", "others.md"]


def test_the_architecture_says_who_may_import_whom() -> None:
    """Its table of rooms is the table of `tests/test_house.py`."""
    told: dict[str, set[str]] = {}
    for line in (ROOT / "docs" / "architecture.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rooms = re.findall(r"`(\w+)(?:/|\.py)`", cells[0])
        if len(cells) == 3 and cells[0].startswith("`") and rooms:
            named = set(re.findall(r"`(\w+)`", cells[2]))
            told |= {room: named if cells[2].startswith("only") else named | GROUND for room in rooms}
    assert told.pop("cli") and "cli" in FREE
    assert told.pop("workflow") == GROUND  # all of them, as is said there
    assert ALLOWED["workflow"] == set(ALLOWED) - {"workflow"}
    assert {room: named - {room} for room, named in told.items()} == {
        room: allowed for room, allowed in ALLOWED.items() if room != "workflow"
    }


def test_the_tree_of_the_readme_is_the_house() -> None:
    told = set(re.findall(r"^(\w+/(?:\w+(?:/|\.py))?)  ", (ROOT / "README.md").read_text(), re.MULTILINE))
    rooms = {f"dgrc/{path.name}/" for path in (ROOT / "dgrc").iterdir() if (path / "__init__.py").is_file()}
    assert rooms <= told
    assert {f"{folder}/" for folder in pages.FOLDERS if folder not in ("dgrc", "docs", "requirements")} <= told
    assert all((ROOT / name).exists() for name in told)


def test_the_picture_of_the_loop_can_be_read_anywhere() -> None:
    """It brings its own light panel for dark pages, and no text is smaller than what a page's text is."""
    root = ET.parse(ROOT / "docs" / "loop.svg").getroot()
    space = "{http://www.w3.org/2000/svg}"
    panel = root.find(f"{space}rect")
    assert root.get("viewBox", "").startswith("0 0 800 ") and panel is not None and panel.get("fill") == "#ffffff"
    sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", ET.tostring(root, encoding="unicode"))]
    assert sizes and min(sizes) >= 13
    words = {text.text for text in root.iter(f"{space}text")}
    assert {"questions", "student", "teacher", "compare", "diagnose", "answer", "verify", "train"} <= words
