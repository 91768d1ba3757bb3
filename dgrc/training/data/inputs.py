"""What fine-tuning starts from, checked before any worker does: tokenizer, context window, examples.

Examples that are too long are written beside the student rather than dropped.
"""

import dataclasses
import heapq
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dgrc.errors import TrainingError
from dgrc.records import Example, hash64
from dgrc.storage.arrow import from_row
from dgrc.storage.model_directory import model_problem
from dgrc.storage.objectstore.models import local_copy
from dgrc.training.data.encode import SetAside
from dgrc.training.model.hf_config import config_of


def load_tokenizer(base_model: str) -> Any:
    """The tokenizer of a model directory, local or on an object store.

    Raises:
        TrainingError: there is none, or it has no chat template.
        StorageError: the object store cannot be used.
    """
    from transformers import AutoTokenizer

    base_model = local_copy(base_model, weights=False)
    if not (Path(base_model) / "config.json").is_file():
        raise TrainingError(
            f"The base model {base_model!r} is no model directory: it holds no config.json. Give a local Hugging Face "
            "directory with config.json, safetensors weights and a tokenizer."
        )
    if problem := model_problem(base_model):
        raise TrainingError(problem)
    try:
        tokenizer = AutoTokenizer.from_pretrained(base_model, trust_remote_code=False)
    except (OSError, ValueError) as e:
        raise TrainingError(
            f"The tokenizer of the base model {base_model!r} cannot be loaded: {str(e).strip().splitlines()[0]} Give a "
            "local Hugging Face directory with config.json, safetensors weights and a tokenizer."
        ) from e
    if not tokenizer.chat_template:
        raise TrainingError(
            f"The tokenizer of the base model {base_model!r} has no chat template, so it is not known how a chat "
            "becomes text. Put a chat_template.jinja into the directory."
        )
    return tokenizer


def check_window(base_model: str, max_length: int) -> None:
    """Refuses rows longer than a sliding window, since the mask of a packed row would do away with it."""
    config = config_of(base_model)
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    if window is not None and max_length > window:
        raise TrainingError(
            f"training.max_length is {max_length}, but the base model {base_model!r} attends to a sliding window of "
            f"{window} tokens, which packed rows do not model. Set training.max_length to {window} or less."
        )


def check_vocabulary(base_model: str, tokenizer: Any, tokens: Iterable[int]) -> None:
    """Refuses tokens that the model has no row for: of a tokenizer that was given more, without the model."""
    config = config_of(base_model)
    rows = config.get_text_config().vocab_size
    if (largest := max(tokens, default=0)) >= rows:
        raise TrainingError(
            f"The tokenizer of the base model {base_model!r} writes the token "
            f"{tokenizer.convert_ids_to_tokens(int(largest))!r} (number {largest}), but the model has {rows:,} rows of "
            "embedding (`vocab_size`). Resize it where it lies: `model.resize_token_embeddings(len(tokenizer))`, then "
            "`model.save_pretrained(...)`."
        )


def read_examples(directory: str | None) -> list[Example]:
    """The examples of a curriculum directory, ordered by id so that their order does not depend on the files."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if directory is None:
        return []
    files = sorted(Path(directory).glob("*.parquet"))
    if not files:
        raise TrainingError(
            f"The curriculum {directory!r} holds no Parquet file. Give a directory that `assemble` wrote, or null to "
            "train without this kind of example."
        )
    try:
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        examples = [from_row(Example, row) for row in rows]
    except (pa.ArrowException, OSError, KeyError, TypeError) as e:
        raise TrainingError(
            f"The curriculum {directory!r} cannot be read as training examples ({type(e).__name__}: {e}). Its rows "
            "need the columns id, kind, source and messages (role and content); write it again with `assemble`."
        ) from e
    return sorted(examples, key=lambda example: example.id)


def set_apart(
    examples: tuple[list[Example], list[Example]], share: float, seed: int
) -> tuple[tuple[list[Example], list[Example]], tuple[list[Example], list[Example]]]:
    """Atoms and chains to learn from, and those to validate on: a draw by the id of each example's source, so that
    what is said of one question or atom is on one side."""

    def drawn(example: Example) -> bool:
        return (hash64("validation", str(seed), example.kind, str(example.source)) % 10**6) / 10**6 < share

    atoms, chains = examples
    learned = [e for e in atoms if not drawn(e)], [e for e in chains if not drawn(e)]
    return learned, ([e for e in atoms if drawn(e)], [e for e in chains if drawn(e)])


def draw(examples: Iterable[Example], most: int, seed: int) -> tuple[list[Example], int]:
    """So many of these examples, all if there are no more, and how many there are.

    Which and in what order follows from the seed and from what they say, not from their files; no more are held.
    """
    counted = itertools.count()
    numbered = (example for example, _ in zip(examples, counted, strict=False))

    def place(example: Example) -> tuple[int, str, int]:
        return hash64("replayed", str(seed), str(example.id)), example.source_file, example.source_line

    drawn = heapq.nsmallest(most, numbered, key=place)
    return drawn, next(counted)


def write_quarantine(aside: Sequence[SetAside], output: str) -> str | None:
    """Writes examples that are too long to a Parquet file beside `output`; None if there are none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not aside:
        return None
    target = Path(output).absolute()
    path = target.with_name(f"{target.name}-set-aside.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([dataclasses.asdict(item) for item in aside]), path)
    return str(path)
