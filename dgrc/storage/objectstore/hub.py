"""Models of the Hugging Face Hub, fetched to this node: a name in, the directory in the Hub's own cache out.

Engines, training and export then read the same files. Only what a model consists of is fetched (`models.TAKEN`):
weights are safetensors, and whatever could hold code or pickles is left there. Hugging Face's own variables say where
the cache is (HF_HOME), who asks (HF_TOKEN), and whether anybody may be asked (HF_HUB_OFFLINE).
"""

from collections.abc import Sequence
from pathlib import Path

from dgrc.errors import StorageError


def is_hub_name(model: str) -> bool:
    """Whether a model's name is `owner/name` and no folder here."""
    if model.startswith((".", "/", "~", "proving:")) or model.count("/") != 1 or not all(model.split("/")):
        return False
    return not Path(model).expanduser().exists()


def hub_copy(model: str, suffixes: Sequence[str]) -> str:
    """The directory of a model of the Hub, with its files of these suffixes; what did not change is not fetched again.

    Raises:
        StorageError: the Hub has no such model, refuses it or cannot be reached, and the cache does not have it.
    """
    from huggingface_hub import snapshot_download

    patterns = [f"*{suffix}" for suffix in suffixes]
    try:
        return snapshot_download(model, allow_patterns=patterns, ignore_patterns=["*/*"])
    except Exception as e:  # it lets errors of its HTTP library through, which is another one by its version
        reason = (str(e).strip().splitlines() or [type(e).__name__])[0]
        raise StorageError(
            f"The model {model} could not be fetched from the Hugging Face Hub: {reason} Look at its name, set "
            "HF_TOKEN if it is shown to some alone, or name a folder that holds it."
        ) from e
