"""What all sections of the configuration are, and how replies are drawn, which many of them say."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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
