"""YAML as its users mean it today: text goes in, plain values come out; and the way back.

PyYAML reads by YAML 1.1, where `no` is false, `012` is ten and `1:30` is ninety, and of a key that stands twice it
keeps the last. Here the scalars of YAML 1.2 (its core schema) count, and a key that stands twice is refused. Merge keys
(`<<`) stay, which 1.2 does not have: people share sections by them.
"""

import re
from collections.abc import Sequence
from typing import Any, ClassVar

import yaml
from yaml import MappingNode, ScalarNode, SequenceNode

TAG = "tag:yaml.org,2002:"
MOST_MERGED = 100_000
"""Keys of one mapping, merged ones counted: mappings that merge mappings can name more than a machine holds."""
LONGEST_NUMBER, MOST_SAID = 400, 10
RESOLVERS = (
    ("null", r"~|null|Null|NULL|", ("~", "n", "N", "")),
    ("bool", r"true|True|TRUE|false|False|FALSE", tuple("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", tuple("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        tuple("-+.0123456789"),
    ),
    ("merge", r"<<", ("<",)),
)
"""What a plain scalar is, in this order: the first form that it has. Everything else is text."""


class WrittenInt(int):
    """A whole number that knows how it was written: where text is wanted, `012` is meant as it stands."""

    written: str


class WrittenFloat(float):
    """The same of another number: `1e5` may be a name."""

    written: str


class Loader(yaml.SafeLoader):
    """Reads the core schema. Not safe by itself from mappings of huge size: `file` counts what comes out."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}
    yaml_constructors: ClassVar[dict[str | None, Any]] = {
        f"{TAG}{kind}": yaml.SafeLoader.yaml_constructors[f"{TAG}{kind}"] for kind in ("null", "str", "seq", "map")
    } | {None: yaml.SafeLoader.construct_undefined}

    def compose_mapping_node(self, anchor: Any) -> MappingNode:
        """A mapping as it is written, before anything is merged into it: here a key may stand once."""
        node: MappingNode = super().compose_mapping_node(anchor)
        twice = self.__dict__.setdefault("twice", [])
        seen: dict[tuple[str, str], ScalarNode] = {}
        for key, _ in node.value:
            if not isinstance(key, ScalarNode):
                continue
            first = seen.setdefault((key.tag, key.value), key)
            if first is not key:
                twice.append((key.start_mark, f"`{key.value[:100]}` stands twice, first in line "
                              f"{first.start_mark.line + 1}"))  # fmt: skip
        return node

    def flatten_mapping(self, node: MappingNode) -> None:
        """Merges what `<<` names, within bounds."""
        super().flatten_mapping(node)
        if len(node.value) > MOST_MERGED:
            raise yaml.MarkedYAMLError(
                problem=f"more than {MOST_MERGED:,} keys are merged here", problem_mark=node.start_mark
            )

    def construct_bool(self, node: ScalarNode) -> bool:
        return {"true": True, "false": False}[self._checked(node, "bool", "true or false").lower()]

    def construct_int(self, node: ScalarNode) -> WrittenInt:
        text = self._checked(node, "int", "a whole number")
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        found = WrittenInt(int(text if base == 10 else text[2:], base))
        found.written = text
        return found

    def construct_float(self, node: ScalarNode) -> WrittenFloat:
        text = self._checked(node, "float", "a number")
        found = WrittenFloat(text if text[-1] not in "fFnN" else text.replace(".", ""))
        found.written = text
        return found

    def _checked(self, node: ScalarNode, kind: str, wanted: str) -> str:
        """The text of a scalar, which a tag may call what it is not: `!!int x`."""
        text = str(self.construct_scalar(node))
        if len(text) > LONGEST_NUMBER:
            raise yaml.MarkedYAMLError(problem=f"a number of {len(text):,} signs", problem_mark=node.start_mark)
        if not _FORMS[kind].fullmatch(text):
            raise yaml.MarkedYAMLError(problem=f"what is tagged here is not {wanted}", problem_mark=node.start_mark)
        return text


class Dumper(yaml.SafeDumper):
    """Writes what both this and a reader of YAML 1.1 take for the same: text that either takes for more is quoted."""


_FORMS = {kind: re.compile(form) for kind, form, _ in RESOLVERS}
for _kind, _form, _first in RESOLVERS:
    Loader.add_implicit_resolver(f"{TAG}{_kind}", re.compile(rf"(?:{_form})\Z"), list(_first))
for _kind in ("bool", "int", "float"):
    Loader.add_constructor(f"{TAG}{_kind}", getattr(Loader, f"construct_{_kind}"))
for _kind, _form, _first in RESOLVERS[2:4]:
    Dumper.add_implicit_resolver(f"{TAG}{_kind}", re.compile(rf"(?:{_form})\Z"), list(_first))


def parse(text: str) -> Any:
    """The values of a YAML text.

    Raises:
        yaml.YAMLError: it is none; `place` says where.
        RecursionError: it is nested deeper than Python goes.
    """
    loader = Loader(text)
    try:
        node = loader.get_single_node()
        _refuse_twice(getattr(loader, "twice", []))
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse_twice(twice: list[tuple[Any, str]]) -> None:
    """Refuses keys of which only one would count, all together, in their order."""
    if not twice:
        return
    (mark, first), *others = sorted(twice, key=lambda each: each[0].index)
    more = [f"; line {at.line + 1}, column {at.column + 1}: {words}" for at, words in others[:MOST_SAID]]
    more += [f"; and {len(others) - MOST_SAID:,} more"] if len(others) > MOST_SAID else []
    problem = f"{first}, and only one of them would count{''.join(more)}"
    raise yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def write(value: Any, **style: Any) -> str:
    """Plain values as YAML, keys in their order."""
    return str(yaml.dump(value, Dumper=Dumper, sort_keys=False, **style))


def flow(value: Any) -> str:
    """A value as YAML on one line, whatever text is in it."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{flow(key)}: {flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(flow, value))}]"
    escaped = isinstance(value, str) and not value.isprintable()
    style = {"default_style": '"'} if escaped else {"allow_unicode": True}
    return write([value], default_flow_style=True, width=float("inf"), **style).strip()[1:-1]


def same(read: Any, meant: Any) -> bool:
    """Whether what was read is what is meant: a number stands for text too where that is how it was written."""
    if isinstance(read, list) and isinstance(meant, list):
        return len(read) == len(meant) and all(map(same, read, meant))
    return bool(getattr(read, "written", read) == meant if isinstance(meant, str) else read == meant)


def what_is_wrong(error: yaml.YAMLError, text: str) -> str:
    """Where a text stops being YAML, and why; no line of it is quoted, for it may hold a secret."""
    if isinstance(error, yaml.reader.ReaderError):
        return f"{line_of(text, error.position)}: a sign that YAML does not allow, U+{error.character:04X}"
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error)
    problem, context = error.problem or error.context, error.context if error.problem else None
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    said = f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else f"{problem}"
    from_line = f" that begins in line {began.line + 1}" if began and mark and began.line != mark.line else ""
    return f"{said} ({context}{from_line})" if context else said


def line_of(text: str, position: int) -> str:
    """`line 3, column 5` of a position in a text."""
    before = text[:position]
    return f"line {before.count(chr(10)) + 1}, column {position - before.rfind(chr(10))}"


class Places:
    """Where settings stand in a YAML text, which is read once."""

    def __init__(self, text: str):
        self._loader = Loader(text)
        try:
            self._root = self._loader.get_single_node()
        finally:
            self._loader.dispose()

    def of(self, location: Sequence[int | str]) -> tuple[int, int] | None:
        """Line and column, from 1, at which what a location leads to stands: a key, or an item of a list.

        Parts of the location that are not there are passed over: pydantic's words for forms, and what lies deeper than
        the text goes. None if it leads nowhere. Of what is merged it is the place where that stands.
        """
        node: Any = self._root
        mark = None
        for part in location:
            if isinstance(node, MappingNode):
                self._loader.flatten_mapping(node)  # what is merged comes first, and the mapping's own keys win
                found = [(key, value) for key, value in node.value if getattr(key, "value", None) == str(part)]
                if found:
                    key, node = found[-1]
                    mark = key.start_mark
            elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                mark = node.start_mark
        return (mark.line + 1, mark.column + 1) if mark is not None else None
