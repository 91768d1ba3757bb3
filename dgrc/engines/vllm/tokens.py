"""Chat messages to token ids, by the model's own tokenizer and chat template.

Used by the vLLM engine for its prompts and by `ingest` to see whether a question fits the context.
Special tokens that stand inside a message (a question that contains `<|im_end|>`, say) are broken up
first, so that no text can end its turn and speak as somebody else.
"""

from pathlib import Path
from typing import Any

from dgrc.errors import EngineError
from dgrc.records import Message
from dgrc.storage.model_directory import model_problem
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.objectstore.models import local_copy


class PromptEncoder:
    """The tokenizer of one model.

    Args:
        model: Hugging Face directory, name, or URL of one on an object store.

    Raises:
        EngineError: there is no such model, or it has no chat template.
        StorageError: the object store cannot be used, or has no such model.
    """

    def __init__(self, model: str):
        from transformers import AutoTokenizer

        check_model_path(model)
        try:
            folder = local_copy(model, weights=False)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        except (OSError, ValueError) as e:
            reason = str(e).strip().splitlines()[0]
            raise EngineError(
                f"The tokenizer of the model {model!r} cannot be loaded: {reason} Give a Hugging Face "
                "directory with config.json, safetensors and tokenizer files, or a name that is in the local cache."
            ) from e
        if self.tokenizer.chat_template is None:
            raise EngineError(
                f"The tokenizer of the model {model!r} has no chat template, and dgrc talks to models in chat turns. "
                "Use an instruct model, or add a chat_template.jinja to its directory."
            )
        self._special = sorted((t for t in self.tokenizer.all_special_tokens if t), key=len, reverse=True)

    def encode(self, messages: tuple[Message, ...]) -> list[int]:
        """Token ids of the conversation up to where the assistant begins."""
        clean = [{"role": m["role"], "content": self._defuse(m["content"])} for m in messages]
        ids = self.tokenizer.apply_chat_template(clean, add_generation_prompt=True, tokenize=True, return_dict=True)
        return list(ids["input_ids"])

    def encode_turn(self, text: str) -> list[int]:
        """Token ids of what an assistant would have to generate to say `text` and end its turn."""
        ids = self.tokenizer.encode(self._defuse(text), add_special_tokens=False)
        return [*ids, self.tokenizer.eos_token_id]

    def single_token(self, text: str) -> int | None:
        """The token that a reply which says `text` alone consists of; None if it takes several."""
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return int(ids[0]) if len(ids) == 1 else None

    def _defuse(self, text: str) -> str:
        for token in self._special:
            if token in text:
                text = text.replace(token, token[0] + " " + token[1:])
        return text


def check_model_path(model: str) -> None:
    """Raises `EngineError` if `model` looks like a directory but is none that holds a model, or none to be trusted, and
    `StorageError` if it is a URL where none can be had."""
    if not model:
        raise EngineError("No model is named. Set `teacher.model` and `student.model` to a directory or a hub name.")
    if is_remote(model):
        local_copy(model, weights=False)
        return
    path = Path(model).expanduser()
    looks_local = model.startswith((".", "/", "~")) or path.exists() or model.count("/") != 1
    if looks_local and not (path / "config.json").is_file():
        raise EngineError(
            f"The model directory {model} {'has no config.json' if path.is_dir() else 'does not exist'}. "
            "Give a Hugging Face directory with config.json, safetensors and tokenizer files."
        )
    if (path / "config.json").is_file() and (problem := model_problem(path)):
        raise EngineError(problem)
