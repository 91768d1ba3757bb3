"""Chat messages to token ids, by the model's own tokenizer and chat template (`dgrc.chat`).

Used by the vLLM engine for its prompts and by `ingest` to see whether a question fits the context.
"""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dgrc.chat.template import ChatTemplate
from dgrc.chat.turns import last_turn, said_at
from dgrc.config import EngineConfig
from dgrc.errors import EngineError
from dgrc.records import Message
from dgrc.storage.model_directory import model_problem
from dgrc.storage.objectstore.files import is_remote
from dgrc.storage.objectstore.models import local_copy


class PromptEncoder:
    """The tokenizer of one model.

    Args:
        model: Hugging Face directory, name, or URL of one on an object store.
        thinking: As in the engine's section; so are `variables` (`chat_template_kwargs`) and `day`.

    Raises:
        EngineError: there is no such model, it has no chat template, or one that does not know these settings.
        StorageError: the object store cannot be used, or has no such model.
    """

    def __init__(
        self,
        model: str,
        thinking: str = "auto",
        variables: Mapping[str, Any] | None = None,
        day: datetime.date | None = None,
    ):
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
        self.template = ChatTemplate(self.tokenizer, EngineError, thinking, variables, day)

    @classmethod
    def of(cls, engine: EngineConfig) -> "PromptEncoder":
        """The tokenizer of the model of an engine's section, asked as the section says."""
        return cls(engine.model, engine.thinking, engine.chat_template_kwargs, engine.day)

    def encode(self, messages: tuple[Message, ...], think: bool = True) -> list[int]:
        """Token ids of the conversation up to where the assistant begins, without `think` to say something at once.

        Raises EngineError if the template refuses the conversation.
        """
        return self.ids(self.template.render(messages, prompt=True, think=think))

    def single_token(self, text: str) -> int | None:
        """The token that a reply which says `text` alone consists of; None if it takes several."""
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return int(ids[0]) if len(ids) == 1 else None

    def encode_scored(self, messages: tuple[Message, ...]) -> tuple[list[int], list[int]]:
        """Token ids of a conversation that ends with an assistant's turn, as it would be trained on: up to where it
        says something, and those that it would have to generate to say it and end its turn.

        Raises EngineError if the template refuses the conversation, or nothing says how its turns end.
        """
        end = self.template.end
        if end is None:
            raise EngineError(
                f"Nothing says how a turn ends in chats of the tokenizer {self.tokenizer.name_or_path!r}: its template "
                "writes no special token there, and it has no eos_token. Set an eos_token in the model's directory."
            )
        try:
            text, (begin, stop) = last_turn(self.template, messages)
        except EngineError:  # it cannot be trained on, but said it can be
            text = self.template.prompt_to_answer(messages[:-1])
            begin = says = len(text)
            text += self.template.clean(messages[-1])["content"]
            stop = len(text)
        else:
            says = said_at(self.template, messages[-1], text, (begin, stop))
        turn = self.ids(text[says:stop])
        if turn[-1:] != [end.token]:
            turn.append(end.token)
        return [*self.ids(text[:begin]), *self.ids(text[begin:says])], turn

    def stops(self) -> list[int]:
        """The tokens at which a reply ends besides the tokenizer's eos: the one that ends the template's turns."""
        end = self.template.end
        return [] if end is None or end.token == self.tokenizer.eos_token_id else [end.token]

    def ids(self, text: str) -> list[int]:
        """Token ids of a text that the template rendered."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


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
