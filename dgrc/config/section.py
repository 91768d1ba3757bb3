"""What all sections of the configuration are, and how replies are drawn, which many of them say."""

from typing import TYPE_CHECKING, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from dgrc.config.explain import explain
from dgrc.errors import ConfigError

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
                raise ConfigError(explain(e, f"{cls.__name__}(...)", cls)) from e


class Section(BaseModel, metaclass=_Explained):
    """Base of all sections: immutable, unknown keys refused; a constructor raises `ConfigError`."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

    @model_serializer(mode="wrap")
    def _without_later_ones(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """As plain values: settings that came later are left out at what runs had before there were such."""
        usual = {name: type(self).model_fields[name].default for name in LATER_SAMPLING}
        return {name: value for name, value in written(self).items() if getattr(self, name) != usual.get(name, ...)}

    @model_validator(mode="after")
    def _can_be_drawn(self) -> "Sampling":
        if any(not -100 <= bias <= 100 for bias in self.logit_bias.values()) or any(id_ < 0 for id_ in self.logit_bias):
            raise ValueError("`logit_bias` holds ids of tokens, 0 and more, with numbers from -100 to 100")
        if "" in self.stop:
            raise ValueError("`stop` holds an empty text, which would end every reply at once")
        return self

    def drawn(self) -> dict[str, Any]:
        """The settings as a request has them."""
        said = {name: getattr(self, name) for name in type(self).model_fields if name != "logit_bias"}
        return {**said, "logit_bias": tuple(sorted(self.logit_bias.items()))}


LATER_SAMPLING = ("min_p", "repetition_penalty", "presence_penalty", "stop", "logit_bias")
