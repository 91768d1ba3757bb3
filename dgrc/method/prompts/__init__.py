"""Prompt packs: a folder of Jinja templates, one a step, becomes a `Pack` that renders chat messages.

A pack folder holds `pack.toml` (name, version, language, reply form, tags), `sample.jinja`, `diagnose.jinja`,
`answer.jinja`, `verify.jinja` and, if wanted, `system.jinja`. A pack whose replies are JSON also has
`diagnose.schema.json` and `verify.schema.json`, which engines enforce; with `answer.schema.json` answers to atoms are
JSON too, without it they are free text, read as chains are. It may have `extract` (what a chain says to the question of
a fact, so that `verify` is asked only where words cannot decide), `judge` (needed for `method.judge`), `grade` (for
`method.grader`), `write` and `stands_alone` (for `dgrc questions`), template and schema each, and `read.jinja` (for
`method.ask_unread`).

Questions and chains are foreign text. Templates put them between tags such as `<question>`, or behind markers such as
`chain :`; the tags and markers that a pack declares are made harmless inside everything that is inserted, so that no
inserted text can end its own place. Packs are data, also a user's own: templates run in Jinja's sandbox.
"""

import functools
import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import jinja2.sandbox

from dgrc.errors import PromptPackError
from dgrc.records import Message

VARIABLES: dict[str, frozenset[str]] = {
    "sample": frozenset({"text", "options", "several"}),
    "diagnose": frozenset({"text", "options", "first", "second"}),
    "answer": frozenset({"atom"}),
    "verify": frozenset({"text", "options", "facts", "chain"}),
    "extract": frozenset({"text", "options", "questions", "chain"}),
    "judge": frozenset({"atom", "answer", "rationale"}),
    "grade": frozenset({"text", "answers"}),
    "write": frozenset({"passage", "title", "form", "kind", "count"}),
    "stands_alone": frozenset({"text", "options"}),
    "read": frozenset({"text", "options", "chain", "shown"}),
    "system": frozenset({"step"}),
}
"""What each template may insert. `options` are lettered lines (`A. ...`), empty without choices; `several` is true
where more than one of them may be right; `facts` have `.question` and `.answer`; `answers` and `questions` are lists of
texts; `shown` are the options under other letters; `form` says in English words what `kind` names (`multiple_choice`,
`short_answer`, `yes_no`); all others are text."""

STEPS = ("sample", "diagnose", "answer", "verify")
SCHEMA_STEPS = ("diagnose", "verify")
OPTIONAL_STEPS = ("extract", "judge", "grade", "write", "stands_alone", "read")
"""Steps that only packs with JSON replies can have, and need not. Without `read` nobody is asked about chains that
cannot be read."""
OWN_SCHEMA = ("read",)
"""Steps whose schema depends on the question, so that packs hold none for them."""
_HOME = Path(__file__).parent
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True)
class Pack:
    """The wording of all steps. Holds template sources, compiled once a process, so that packs pickle.

    `language` is the ISO 639 code of the language that it asks in (`en`, `zh`, also with a script or region, as
    `zh-Hant`), empty where the pack does not say.
    """

    name: str
    version: str
    reply: str
    tags: tuple[str, ...]
    markers: tuple[str, ...]
    templates: Mapping[str, str] = field(hash=False)
    schemas: Mapping[str, str] = field(hash=False)
    language: str = ""

    def called(self) -> str:
        """The pack as cards name it: name, version and language."""
        return f"{self.name}, version {self.version}, {self.language or 'language not declared'}"

    def digest(self) -> str:
        """A hash of all that the pack says: another wording is another pack, whatever its name and version."""
        texts = sorted([*self.templates.items(), *self.schemas.items()])
        said = json.dumps([self.reply, self.tags, self.markers, texts])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def messages(self, step: str, **variables: Any) -> list[Message]:
        """The chat messages of a step: a system message if the pack has one for it, then the user message.

        Raises PromptPackError if the template cannot be rendered.
        """
        system = self.system(step)
        turns: list[Message] = [{"role": "system", "content": system}] if system else []
        return [*turns, {"role": "user", "content": self._render(step, variables)}]

    def system(self, step: str) -> str:
        """The system message of a step; empty if the pack has none for it."""
        return _system(self, step) if "system" in self.templates else ""

    def require(self, step: str, setting: str) -> None:
        """Raises PromptPackError if the pack lacks an optional step that a setting asks for."""
        if step not in self.templates:
            raise PromptPackError(
                f"The prompt pack `{self.name}` has no step `{step}`, which `{setting}` asks for. Add {step}.jinja and "
                f"{step}.schema.json to a pack with JSON replies, as `general` has, or leave `{setting}` out."
            )

    def schema(self, step: str) -> str | None:
        """The JSON schema (text) that replies of the step follow; None where replies are free or tagged text."""
        return self.schemas.get(step)

    def _render(self, step: str, variables: Mapping[str, Any]) -> str:
        try:
            return _compiled(self.templates[step], self.tags, self.markers).render(variables).strip()
        except (jinja2.TemplateError, KeyError) as error:
            raise PromptPackError(
                f"Prompt pack `{self.name}` could not render its step `{step}`: {error}. Got the variables "
                f"{sorted(variables)}; a template may use {sorted(VARIABLES.get(step, ()))}. Correct {step}.jinja."
            ) from error


@functools.lru_cache(maxsize=64)
def _system(pack: Pack, step: str) -> str:
    """The system message of a step, which is the same for all rows."""
    return pack._render("system", {"step": step})


@functools.lru_cache(maxsize=16)
def load_pack(name_or_folder: str) -> Pack:
    """The built-in pack of that name, or the pack in that folder; read once a process.

    Raises PromptPackError if there is none, or a file of it is missing, misspelled or malformed.
    """
    folder = _find(name_or_folder)
    declared = _declaration(folder)
    reply = declared["reply"]
    wanted = {f"{step}.jinja" for step in STEPS}
    if reply == "json":
        wanted |= {f"{step}.schema.json" for step in SCHEMA_STEPS}
    there = {path.name for path in folder.iterdir() if path.suffix in (".jinja", ".json")}
    chosen = [s for s in OPTIONAL_STEPS if reply == "json" and there & {f"{s}.jinja", f"{s}.schema.json"}]
    wanted |= {f"{step}.jinja" for step in chosen}
    may = ["answer"] if reply == "json" and "answer.schema.json" in there else []
    with_schema = [step for step in (*SCHEMA_STEPS, *may, *chosen) if step not in OWN_SCHEMA]
    wanted |= {f"{step}.schema.json" for step in with_schema if reply == "json"}
    if missing := sorted(wanted - there):
        raise PromptPackError(
            f"Prompt pack {folder} lacks {', '.join(missing)}. A pack with reply = \"{reply}\" needs "
            f"{', '.join(sorted(wanted))}. Add the missing files, for instance from the built-in pack `general`."
        )
    if extra := sorted(there - wanted - {"system.jinja"}):
        raise PromptPackError(
            f"Prompt pack {folder} holds {', '.join(extra)}, which no step of a pack with reply = \"{reply}\" reads; "
            f"it reads {', '.join(sorted(wanted | {'system.jinja'}))}. Rename or remove the files."
        )
    tags, markers = tuple(declared["tags"]), tuple(declared["markers"])
    steps = [*STEPS, *chosen, *(["system"] if "system.jinja" in there else [])]
    templates = {step: _template(folder / f"{step}.jinja", step, tags, markers) for step in steps}
    schemas = {step: _schema(folder / f"{step}.schema.json") for step in with_schema if reply == "json"}
    return Pack(declared["name"], declared["version"], reply, tags, markers, templates, schemas, declared["language"])


def built_in() -> list[str]:
    """The names of the packs that come with dgrc."""
    return sorted(path.parent.name for path in _HOME.glob("*/pack.toml"))


def _find(name_or_folder: str) -> Path:
    known = built_in()
    folder = _HOME / name_or_folder if name_or_folder in known else Path(name_or_folder)
    if not (folder / "pack.toml").is_file():
        raise PromptPackError(
            f"There is no prompt pack `{name_or_folder}`: it is neither a built-in pack ({', '.join(known)}) nor a "
            "folder with a pack.toml. Name one of these, or copy a built-in pack to a folder of your own."
        )
    return folder


def _declaration(folder: Path) -> dict[str, Any]:
    """`pack.toml`, checked: name, version and reply are text, tags a list of names, language a code or not there."""
    try:
        declared = tomllib.loads((folder / "pack.toml").read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PromptPackError(f"{folder / 'pack.toml'} is not TOML: {error}. Correct it.") from error
    declared.setdefault("tags", [])
    declared.setdefault("markers", [])
    declared.setdefault("language", "")  # packs of users are older than this key
    good = (
        set(declared) == {"name", "version", "reply", "tags", "markers", "language"}
        and all(isinstance(declared[key], str) and declared[key] for key in ("name", "version"))
        and declared["reply"] in ("json", "tagged")
        and isinstance(declared["tags"], list)
        and all(isinstance(tag, str) and re.fullmatch(r"\w+", tag) for tag in declared["tags"])
        and isinstance(declared["markers"], list)
        and all(isinstance(marker, str) and marker.strip() for marker in declared["markers"])
        and isinstance(declared["language"], str)
        and (not declared["language"] or _LANGUAGE.fullmatch(declared["language"]) is not None)
    )
    if not good:
        raise PromptPackError(
            f"{folder / 'pack.toml'} declares {declared}; wanted are the keys name and version (text), reply "
            '("json" or "tagged") and, if templates put tags around inserted text or markers before it, tags (a list '
            "of names) and markers (a list of texts), and, if wanted, language (an ISO 639 code such as en or zh). "
            "Correct the file."
        )
    return declared


def _template(path: Path, step: str, tags: tuple[str, ...], markers: tuple[str, ...]) -> str:
    """The template's source, after checking that it compiles and names only variables that its step is given."""
    source = path.read_text(encoding="utf-8")
    try:
        unknown = jinja2.meta.find_undeclared_variables(_environment(tags, markers).parse(source)) - VARIABLES[step]
        _compiled(source, tags, markers)
    except jinja2.TemplateSyntaxError as error:
        raise PromptPackError(f"{path}, line {error.lineno}, is not a Jinja template: {error}. Correct it.") from error
    if unknown:
        raise PromptPackError(
            f"{path} uses {', '.join(sorted(unknown))}, which this step does not have; it has "
            f"{', '.join(sorted(VARIABLES[step]))}. Use one of these."
        )
    return source


def _schema(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    try:
        good = isinstance(json.loads(text), dict)
    except ValueError:
        good = False
    if not good:
        raise PromptPackError(f"{path} is not a JSON schema: wanted is one JSON object. Correct the file.")
    return text


@functools.lru_cache(maxsize=64)
def _environment(tags: tuple[str, ...], markers: tuple[str, ...]) -> jinja2.Environment:
    return jinja2.sandbox.ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # prompts are not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        # `finalize` sees every inserted value, so no template can forget to make it harmless.
        finalize=functools.partial(_harmless, tags=tags, markers=markers),
    )


@functools.lru_cache(maxsize=256)
def _compiled(source: str, tags: tuple[str, ...], markers: tuple[str, ...]) -> jinja2.Template:
    return _environment(tags, markers).from_string(source)


def _harmless(value: Any, tags: tuple[str, ...], markers: tuple[str, ...]) -> Any:
    """Inserted text with the pack's own tags in square brackets instead and its markers without their last character
    (so none can arise from the pieces)."""
    if not isinstance(value, str):
        return value
    if tags:
        value = re.sub(rf"<([\s/]*(?:{'|'.join(tags)})\s*)>", r"[\1]", value, flags=re.IGNORECASE)
    for marker in markers:
        head = r"\s*".join(map(re.escape, marker[:-1].split()))
        last = re.escape(marker[-1])
        value = re.sub(rf"({head})(?:\s*{last})+", r"\1", value, flags=re.IGNORECASE)
        value = re.sub(rf"^(?:\s*{last})+", "", value)  # what stands before it may be the marker's beginning
    return value
