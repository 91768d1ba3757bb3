"""Records as rows of Arrow tables: the schema of a record type, and records from and to plain dictionaries."""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dgrc.records import Message

R = TypeVar("R")
Convert = Callable[[Any], Any]
_FIELDS: dict[Any, list[tuple[str, Convert | None, Convert | None]]] = {}
_DEFAULTS: dict[Any, dict[str, Any]] = {}


def to_row(record: Any) -> dict[str, Any]:
    """A record as nested plain dictionaries and lists, as Arrow takes it. Messages are shared, not copied."""
    row = {}
    for name, plain, _ in _fields(type(record)):
        value = getattr(record, name)
        row[name] = value if plain is None or value is None else plain(value)
    return row


def from_row(cls: type[R], row: Mapping[str, Any]) -> R:
    """A record of type `cls` from a mapping such as `pyarrow.Table.to_pylist` gives.

    A row that an earlier version wrote lacks the fields that came later, or has nulls where it was read together with
    newer ones: they have their defaults.
    """
    values = []
    fields, defaults = _fields(cls), _DEFAULTS[cls]
    for name, _, revive in fields:
        value = row.get(name) if name in defaults else row[name]
        if value is None and name in defaults:
            values.append(defaults[name])
            continue
        values.append(value if revive is None or value is None else revive(value))
    return cls(*values)


def always_there(cls: type[Any]) -> set[str]:
    """Columns that rows of every version have; those with a default came later."""
    return {name for name, *_ in _fields(cls)} - _DEFAULTS[cls].keys()


def arrow_schema(cls: type[Any]) -> Any:
    """The `pyarrow.Schema` of a record type."""
    import pyarrow as pa

    return pa.schema([pa.field(name, _arrow_type(hint)) for name, hint in typing.get_type_hints(cls).items()])


def _fields(cls: Any) -> list[tuple[str, Convert | None, Convert | None]]:
    """Each field's name and how its values become plain and a record's again, None where they stay as they are.

    Looking at annotations for every value of every row would take longer than all the rest.
    """
    if cls not in _FIELDS:
        _FIELDS[cls] = [(name, *_converts(hint)) for name, hint in typing.get_type_hints(cls).items()]
        fields = dataclasses.fields(cls)
        _DEFAULTS[cls] = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    return _FIELDS[cls]


def _converts(hint: Any) -> tuple[Convert | None, Convert | None]:
    hint = _inner(hint)
    if dataclasses.is_dataclass(hint):
        return to_row, functools.partial(from_row, typing.cast(type[Any], hint))
    if typing.get_origin(hint) is not tuple:
        return None, None
    plain, revive = _converts(typing.get_args(hint)[0])
    if plain is None or revive is None:
        return list, tuple
    return _each(list, plain), _each(tuple, revive)


def _each(kind: Convert, convert: Convert) -> Convert:
    return lambda values: kind([convert(value) for value in values])


def _inner(hint: Any) -> Any:
    """The type of a field that may also be None."""
    if isinstance(hint, types.UnionType):
        (hint,) = [inner for inner in typing.get_args(hint) if inner is not type(None)]
    return hint


def _arrow_type(hint: Any) -> Any:
    import pyarrow as pa

    hint = _inner(hint)
    if dataclasses.is_dataclass(hint):
        return pa.struct(list(arrow_schema(typing.cast(type[Any], hint))))
    if typing.get_origin(hint) is tuple:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if hint == Message:
        return pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
    return {int: pa.int64(), str: pa.string(), float: pa.float64(), bool: pa.bool_()}[hint]
