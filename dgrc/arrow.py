"""Records as rows of Arrow tables: the schema of a record type, and records from and to plain dictionaries."""

import dataclasses
import types
import typing
from typing import Any, TypeVar

from dgrc.records import Message

R = TypeVar("R")
_HINTS: dict[Any, dict[str, Any]] = {}


def to_row(record: Any) -> dict[str, Any]:
    """A record as nested plain dictionaries and lists, as Arrow takes it. Messages are shared, not copied."""
    return {name: _plain(getattr(record, name)) for name in record.__dataclass_fields__}


def from_row(cls: type[R], row: typing.Mapping[str, Any]) -> R:
    """A record of type `cls` from a mapping such as `pyarrow.Table.to_pylist` gives."""
    hints = _hints(cls)
    return cls(**{name: _revive(hint, row[name]) for name, hint in hints.items()})


def arrow_schema(cls: type[Any]) -> Any:
    """The `pyarrow.Schema` of a record type."""
    import pyarrow as pa

    hints = _hints(cls)
    return pa.schema([pa.field(name, _arrow_type(hint)) for name, hint in hints.items()])


def _hints(cls: Any) -> dict[str, Any]:
    """Evaluating annotations for every row would take as long as all the rest."""
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def _plain(value: Any) -> Any:
    """As `dataclasses.asdict`, which copies deeply what nobody changes and takes five times as long."""
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return to_row(value)
    return value


def _revive(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, types.UnionType):
        (hint,) = [inner for inner in typing.get_args(hint) if inner is not type(None)]
    if dataclasses.is_dataclass(hint):
        return from_row(typing.cast(type[Any], hint), value)
    if typing.get_origin(hint) is tuple:
        item = typing.get_args(hint)[0]
        return tuple(_revive(item, v) for v in value)
    if typing.get_origin(hint) is dict:
        return dict(value)
    return value


def _arrow_type(hint: Any) -> Any:
    import pyarrow as pa

    if isinstance(hint, types.UnionType):
        (inner,) = [a for a in typing.get_args(hint) if a is not type(None)]
        return _arrow_type(inner)
    if dataclasses.is_dataclass(hint):
        return pa.struct([pa.field(n, _arrow_type(h)) for n, h in _hints(hint).items()])
    if typing.get_origin(hint) is tuple:
        return pa.list_(_arrow_type(typing.get_args(hint)[0]))
    if hint == Message:
        return pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])
    return {int: pa.int64(), str: pa.string(), float: pa.float64(), bool: pa.bool_()}[hint]
