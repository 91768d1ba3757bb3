"""What all sections of the configuration are, and how replies are drawn, which many of them say."""

import typing
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo

from dgrc.config.explain import ObjectionsError, details, explain, forms, section_in
from dgrc.config.yaml_core import WrittenFloat, WrittenInt

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class _Explained(ModelMetaclass):
    """Of sections whose constructors say in words what is wrong, as a configuration file's reader does."""

    if not TYPE_CHECKING:  # or a type checker would take this for the signature of every section

        def __call__(cls, *values: Any, **settings: Any) -> Any:
            try:
                return super().__call__(*values, **settings)
            except ValidationError as e:
                raise explain(details(e), f"{cls.__name__}(...)", cls) from e


LATER = {"objections": "later"}
"""Context of a validation after which the caller asks each section for its objections (`check.py`)."""


class Section(BaseModel, metaclass=_Explained):
    """Base of all sections: immutable, unknown keys refused; a constructor raises `ConfigError`."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, given: Any) -> Any:
        """What a file or a caller gave, as the fields take it: part of a section is laid over the field's own defaults,
        and one text where a list of texts is wanted is a list of one."""
        if not isinstance(given, dict):
            return given
        fields = cls.model_fields
        return {name: _taken(fields[name], value) if name in fields else value for name, value in given.items()}

    def objections(self) -> Iterator[str]:
        """What of these settings, each right by itself, does not go together; each names its settings in backticks."""
        yield from ()

    @model_validator(mode="after")
    def _go_together(self, info: ValidationInfo) -> "Section":
        if info.context != LATER and (found := list(self.objections())):
            raise ObjectionsError(found)
        return self


class Sampling(Section):
    """How replies are drawn."""

    temperature: float = Field(0.6, ge=0, description="0 is greedy.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus share.")
    top_k: int = Field(0, ge=0, description="0 is off.")
    max_tokens: int = Field(2048, ge=1, description="Longest reply in tokens.")
    min_p: float = Field(
        0.0, ge=0, le=1, description="Least probability, as a share of the most probable token's; 0 is off."
    )
    repetition_penalty: float = Field(1.0, gt=0, description="Above 1 tokens that were there, prompt or reply, lose.")
    presence_penalty: float = Field(0.0, ge=-2, le=2, description="Above 0 tokens that the reply has already lose.")
    stop: tuple[str, ...] = Field((), description="Texts that end a reply; they are not part of it.")
    logit_bias: dict[int, float] = Field(
        {}, description="What is added to the logits of tokens, by their ids in this model: -100 to 100."
    )
    seed: int | None = Field(
        None, ge=0,
        description="Seeds each request, by this number and the request itself, so that prompts, samples and repeats "
        "differ; null: by nothing, or by the engine's `request_seeds`.",
    )  # fmt: skip

    @model_serializer(mode="wrap")
    def _without_later_ones(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As plain values: settings that came later are left out at what runs had before there were such."""
        usual = {name: type(self).model_fields[name].default for name in LATER_SAMPLING}
        return {name: value for name, value in written(self).items() if getattr(self, name) != usual.get(name, ...)}

    def objections(self) -> Iterator[str]:
        if any(not -100 <= bias <= 100 for bias in self.logit_bias.values()) or any(id_ < 0 for id_ in self.logit_bias):
            yield "`logit_bias` holds ids of tokens, 0 and more, with numbers from -100 to 100"
        if "" in self.stop:
            yield "`stop` holds an empty text, which would end every reply at once"

    def drawn(self) -> dict[str, Any]:
        """The settings as a request has them."""
        said = {name: getattr(self, name) for name in type(self).model_fields if name != "logit_bias"}
        return {**said, "logit_bias": tuple(sorted(self.logit_bias.items()))}


LATER_SAMPLING = ("min_p", "repetition_penalty", "presence_penalty", "stop", "logit_bias", "seed")


def _taken(kind: Any, value: Any) -> Any:
    """A value as a field, or a type, takes it."""
    if isinstance(value, dict) and section_in(kind) is not None:
        own = kind.default if isinstance(kind, FieldInfo) else None
        return _over(own, value) if isinstance(own, Section) else value
    kinds = forms(kind)
    if isinstance(value, WrittenInt | WrittenFloat):
        return value.written if str in kinds and not {int, float} & {*kinds} else _plain(value)
    items = next((typing.get_args(form)[0] for form in kinds if _is_list(form)), None)
    if items is None:
        return _plain(value)
    words = [choice for form in kinds for choice in _choices(form)]
    if isinstance(value, str) and str not in kinds and (not words or value in _choices(items)):
        return [value]
    return [_taken(items, inner) for inner in value] if isinstance(value, list | tuple) else value


def _over(own: Section, given: dict[Any, Any]) -> dict[Any, Any]:
    """Given settings of a section, laid over those that it has by default where it stands."""
    found: dict[Any, Any] = dict(own)
    for name, value in given.items():
        inner = found.get(name)
        found[name] = _over(inner, value) if isinstance(inner, Section) and isinstance(value, dict) else value
    return found


def _plain(value: Any) -> Any:
    """Numbers that know how they were written as plain ones, however deep."""
    if isinstance(value, WrittenInt | WrittenFloat):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _is_list(form: Any) -> bool:
    return typing.get_origin(form) is tuple and typing.get_args(form)[-1] is Ellipsis


def _choices(form: Any) -> tuple[Any, ...]:
    return typing.get_args(form) if typing.get_origin(form) is typing.Literal else ()
