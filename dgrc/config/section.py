"""What all sections of the configuration are, and how replies are drawn, which many of them say."""

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Base of all sections: immutable, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sampling(Section):
    """How replies are drawn."""

    temperature: float = Field(0.6, ge=0, description="0 is greedy.")
    top_p: float = Field(1.0, gt=0, le=1, description="Nucleus share.")
    top_k: int = Field(0, ge=0, description="0 is off.")
    max_tokens: int = Field(2048, ge=1, description="Longest reply in tokens.")
