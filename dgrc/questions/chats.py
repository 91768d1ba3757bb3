"""Chat examples of a user's own: files flow in, training examples with their places flow out.

Rows have the forms that TRL and chat datasets of the Hub use: `messages`, or `prompt` and `completion`, each a text or
a list of messages. Unlike a question, of which one in a million may be lost, an example is meant as it stands. So a row
that cannot be learned from is refused with file and line, and nothing starts.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from dgrc.chat.thoughts import CLOSE, OPEN
from dgrc.config import Config, LimitsConfig
from dgrc.errors import QuestionFileError, StorageError
from dgrc.method.replies import encodable
from dgrc.questions.columns import find_files
from dgrc.questions.files.formats import BROKEN, LIMITS, raw_rows
from dgrc.questions.options import Unusable, missing
from dgrc.records import Example, Message, hash64
from dgrc.storage.objectstore.files import beside, is_remote, open_bytes

SUFFIXES = (".jsonl", ".json", ".parquet")
ROLES = ("system", "user", "assistant")
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Keys of a message that hold its thoughts, in datasets of models that think."""
TOOLS = ("tools", "tool_calls", "function_call", "tool_call_id")
NAMED = 5
"""So many rows that are refused are named."""


class ChatFiles:
    """The examples of some files, in their order; each time they are gone through the files are read again."""

    def __init__(self, patterns: Sequence[str], limits: LimitsConfig = LIMITS, license_: str | None = None):
        self.patterns, self.limits, self.license = tuple(patterns), limits, license_

    @classmethod
    def of(cls, config: Config) -> "ChatFiles":
        """Those that a configuration's training replays."""
        return cls(config.training.replayed.files, config.questions.limits, config.training.replayed.license)

    def __iter__(self) -> Iterator[Example]:
        """All rows are looked at before a refusal.

        Raises:
            QuestionFileError: a file cannot be read or holds no row, or rows are refused: the first are named.
        """
        refused, rows = list[str](), 0
        for rows, example in enumerate(self._read(), 1):  # noqa: B007 - how many there were
            if isinstance(example, str):
                refused.append(example)
            else:
                yield example
        if refused:
            raise QuestionFileError(_refusal(refused, rows))
        if self.patterns and not rows:
            raise QuestionFileError(f"`training.replay.files` hold no row: {', '.join(self.files())}.")

    def files(self) -> list[str]:
        """Their names."""
        try:
            return find_files(self.patterns, SUFFIXES) if self.patterns else []
        except QuestionFileError as e:
            raise QuestionFileError(f"`training.replay.files`: {e}") from e

    def hashes(self) -> list[str]:
        """Of what each file holds, in the order of their names."""
        found = []
        for path in self.files():
            digest = hashlib.blake2b(digest_size=16)
            with open_bytes(path) as file:
                while block := file.read(1 << 20):
                    digest.update(block)
            found.append(digest.hexdigest())
        return found

    def card(self) -> dict[str, str]:
        """What a student's card says of them: their names without folders, and their license as it was given or as
        dataset cards beside the files, or a folder above, have it. Empty if there are none."""
        by_license: dict[str, list[str]] = {}
        for path in self.files():
            by_license.setdefault(self.license or _license(path) or "not known", []).append(Path(path).name)
        said = "; ".join(f"{', '.join(names)} (license: {license_})" for license_, names in by_license.items())
        return {"replayed chats": said} if said else {}

    def _read(self) -> Iterator[Example | str]:
        """Each row as an example, or what is wrong with it and where."""
        for path in self.files():
            try:
                for number, row in raw_rows(path, self.limits):
                    yield _example(path, number, row)
            except StorageError as e:
                raise QuestionFileError(f"A file of `training.replay.files` cannot be read: {e}") from e
            except BROKEN as e:
                raise QuestionFileError(
                    f"The file {path} of `training.replay.files` cannot be read: {e}. Mend or remove it."
                ) from e


def _example(path: str, number: int, row: dict[str, Any] | str) -> Example | str:
    try:
        if isinstance(row, str):
            raise Unusable(encodable(row))
        messages = _messages(row)
    except Unusable as e:
        return f"{path}:{number}: {e}"
    id_ = hash64(*(part for message in messages for part in (message["role"], message["content"])))
    return Example(id_, "replayed", id_, tuple(messages), "", path, number)


def _messages(row: dict[str, Any]) -> list[Message]:
    for name in TOOLS:
        if not missing(row.get(name)) and row[name]:
            raise Unusable(f"it has `{name}`; examples of text alone are wanted")
    if not missing(row.get("messages")):
        said = _turns(row["messages"], "messages")
    elif not missing(row.get("prompt")) and not missing(row.get("completion")):
        prompt, completion = _side(row["prompt"], "prompt", "user"), _side(row["completion"], "completion", "assistant")
        if any(message["role"] == "assistant" for message in prompt):
            raise Unusable(
                "its `prompt` holds an assistant's turn, and all assistant's turns of an example are learned. Make "
                "`messages` of the whole chat if they may be"
            )
        said = prompt + completion
    else:
        there = ", ".join(map(repr, list(row)[:10])) or "none"
        raise Unusable(f"wanted are `messages`, or `prompt` and `completion`; it has {there}"[:400])
    if not said or said[-1]["role"] != "assistant":
        roles = [message["role"] for message in said]
        raise Unusable(f"its last message must be an assistant's, for that is what is learned; its roles are {roles}")
    return said


def _side(value: Any, of: str, role: str) -> list[Message]:
    """One of `prompt` and `completion`: a text is one message."""
    return _turns([{"role": role, "content": value}] if isinstance(value, str) else value, of)


def _turns(value: Any, of: str) -> list[Message]:
    if not isinstance(value, list | tuple):
        raise Unusable(f"`{of}` is a {type(value).__name__}, a list of messages is wanted")
    turns = [_turn(turn, f"message {number} of `{of}`") for number, turn in enumerate(value, 1)]
    return [turn for turn in turns if turn["content"].strip() or turn["role"] != "system"]  # many have empty ones


def _turn(turn: Any, of: str) -> Message:
    if not isinstance(turn, dict):
        raise Unusable(f"{of} is a {type(turn).__name__}, an object with `role` and `content` is wanted")
    role = turn.get("role")
    if role not in ROLES:
        raise Unusable(f"{of} has the role {role!r:.80}; wanted are {', '.join(ROLES)}")
    for name in TOOLS:
        if not missing(turn.get(name)) and turn[name]:
            raise Unusable(f"{of} has `{name}`; text alone is wanted")
    if not missing(turn.get("weight")) and turn["weight"] != 1:
        raise Unusable(f"{of} has a `weight` of {turn['weight']!r:.80}; all assistant's turns are learned alike")
    content = turn.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = [part.get("text") for part in content]
        content = "\n".join(map(str, texts)) if texts and all(isinstance(text, str) for text in texts) else content
    if not isinstance(content, str):
        found = "none" if content is None else f"a {type(content).__name__}"
        raise Unusable(f"{of} has no text as its `content`, but {found}")
    if role != "system" and not content.strip():
        raise Unusable(f"{of} is empty")
    thoughts = next((turn[key] for key in THOUGHTS if isinstance(turn.get(key), str) and turn[key].strip()), None)
    if thoughts and role == "assistant" and OPEN not in content:
        content = f"{OPEN}\n{thoughts.strip()}\n{CLOSE}\n\n{content}"
    return {"role": role, "content": encodable(content)}


def _refusal(refused: Sequence[str], rows: int) -> str:
    more = f"; and {len(refused) - NAMED:,} more" * (len(refused) > NAMED)
    return (
        f"`training.replay.files`: {len(refused):,} of {rows:,} rows cannot be learned from: "
        f"{'; '.join(refused[:NAMED])}{more}. Mend these rows, or leave them out."
    )


def _license(path: str) -> str | None:
    """The license by the front matter of a README.md in a file's folder or the one above it."""
    path = path if is_remote(path) else str(Path(path).absolute())
    for place in (path, path.rpartition("/")[0]):
        card = beside(place, "README.md")
        if card is None:
            continue
        with open_bytes(card) as file:
            text = file.read(1 << 16).decode("utf-8", "replace")
        if text.startswith("---\n") and "\n---" in text[4:]:
            try:
                facts = yaml.safe_load(text[4 : text.index("\n---", 4)])
            except yaml.YAMLError:
                continue
            said = facts.get("license") if isinstance(facts, dict) else None
            if said:
                return ", ".join(map(str, said)) if isinstance(said, list) else str(said)
    return None
