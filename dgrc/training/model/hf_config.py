"""transformers' configuration of a base model: a directory, a name of the Hub or a URL in, the configuration out."""

from typing import Any

from dgrc.errors import TrainingError
from dgrc.storage.objectstore.models import local_copy


def config_of(base_model: str) -> Any:
    """The configuration of a model, without its weights.

    Raises:
        TrainingError: the installed transformers cannot make one of its config.json.
    """
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(local_copy(base_model, weights=False), trust_remote_code=False)
    except (ValueError, KeyError, TypeError) as e:
        import transformers

        raise TrainingError(
            f"transformers {transformers.__version__} cannot make a model of the config.json of {base_model!r}: "
            f"{str(e).partition(chr(10))[0]} Take a model whose `model_type` it knows, or a newer transformers."
        ) from e
