"""Models of the Hugging Face Hub, fetched to this node: a name in, the directory in the Hub's own cache out.

Engines, training and export then read the same files. Only what a model consists of is fetched (`models.TAKEN`):
weights are safetensors, and whatever could hold code or pickles is left there. Hugging Face's own variables say where
the cache is (HF_HOME), who asks (HF_TOKEN), and whether anybody may be asked (HF_HUB_OFFLINE).
"""

from collections.abc import Sequence
from pathlib import Path

from dgrc.errors import StorageError, StoreAwayError

TOO_MANY, SERVERS_FAULT = 429, 500


def is_hub_name(model: str) -> bool:
    """Whether a model's name is `owner/name` and no folder here."""
    if model.startswith((".", "/", "~", "proving:")) or model.count("/") != 1 or not all(model.split("/")):
        return False
    return not Path(model).expanduser().exists()


def hub_copy(model: str, suffixes: Sequence[str]) -> str:
    """The directory of a model of the Hub, with its files of these suffixes; what did not change is not fetched again.

    Raises:
        StorageError: the Hub has no such model or refuses it, and the cache does not have it.
        StoreAwayError: so, because the Hub cannot be reached or fails.
    """
    from huggingface_hub import snapshot_download

    patterns = [f"*{suffix}" for suffix in suffixes]
    try:
        return snapshot_download(model, allow_patterns=patterns, ignore_patterns=["*/*"])
    except Exception as e:  # it lets errors of its HTTP library through, which is another one by its version
        reason = (str(e).strip().splitlines() or [type(e).__name__])[0]
        said = f"The model {model} could not be fetched from the Hugging Face Hub: {reason}"
        if _is_away(e):
            raise StoreAwayError(f"{said} Try it again later, or name a folder that holds it.") from e
        raise StorageError(
            f"{said} Look at its name, set HF_TOKEN if it is shown to some alone, or name a folder that holds it."
        ) from e


def _is_away(error: BaseException) -> bool:
    """Whether what stopped a download may pass: nobody answers, or the Hub says that it fails itself."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OfflineModeIsEnabled):
            return False
        if isinstance(seen, HfHubHTTPError):
            return seen.response.status_code >= SERVERS_FAULT or seen.response.status_code == TOO_MANY
        if any(kind.__name__ == "TransportError" for kind in type(seen).__mro__):  # httpx's, whichever copy it brings
            return True
        seen = seen.__cause__ or seen.__context__
    return False
