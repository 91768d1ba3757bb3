"""A student's directory in, with a generation config under which it stops where its turns end.

A student learns to end turns with the token that its chat template writes. What serves it (vLLM, transformers) stops at
the tokens of `generation_config.json`, which of a base model names the one that ends documents.
"""

import json
from pathlib import Path
from typing import Any

from dgrc.chat.template import ChatTemplate
from dgrc.errors import TrainingError
from dgrc.storage.atomic import write_json

GENERATION = "generation_config.json"
NAMED = ("bos_token_id", "pad_token_id", "decoder_start_token_id")
"""What transformers reads from a model's config besides, where it has no generation config."""


def stop_where_turns_end(folder: Path, base_model: Path) -> None:
    """Adds the token that ends turns to a student's generation config, where it is not there; those that it named stay,
    and come first.

    A student whose tokenizer has no chat template is left as it is.
    """
    is_model = (folder / "config.json").is_file()  # or an adapter, which has the tokenizer and config of its base model
    end = turn_end(folder if is_model else base_model)
    if end is None:
        return
    token, own = end
    settings = _read(folder / GENERATION)
    model = _read((folder if is_model else base_model) / "config.json")
    known = _ids(settings.get("eos_token_id", model.get("eos_token_id")))
    if token in known:
        return
    if not settings:
        settings = {name: model[name] for name in NAMED if model.get(name) is not None}
    write_json(folder / GENERATION, {**settings, "eos_token_id": list(dict.fromkeys([*known, *_ids(own), token]))})


def turn_end(folder: Path) -> tuple[int, int | None] | None:
    """The token that ends an assistant's turn by the chat template of a directory, and the tokenizer's own eos."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError):  # weights alone
        return None
    if not tokenizer.chat_template:
        return None
    end = ChatTemplate(tokenizer, TrainingError).end
    return None if end is None else (end.token, tokenizer.eos_token_id)


def _ids(found: Any) -> list[int]:
    """The tokens of a setting that may be one, several or none."""
    return [found] if isinstance(found, int) else list(found or ())


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
