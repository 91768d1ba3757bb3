"""What a training refuses before any worker starts."""

from pathlib import Path

import pytest

from dgrc.config.training import CheckpointsConfig
from dgrc.errors import TrainingError
from tests.training.curriculum import Curriculum, config


def test_a_storage_that_is_none_is_refused(curriculum: Curriculum) -> None:
    with pytest.raises(TrainingError, match=r"`training\.checkpoints\.storage` is 'nowhere://x'"):
        curriculum.train(config(checkpoints=CheckpointsConfig(storage="nowhere://x")))


def test_a_missing_base_model_is_named(curriculum: Curriculum) -> None:
    curriculum.base_model = str(curriculum.folder / "nowhere")
    with pytest.raises(TrainingError, match="nowhere"):
        curriculum.train(config())


def test_a_base_model_without_a_chat_template_is_refused(curriculum: Curriculum) -> None:
    (Path(curriculum.base_model) / "chat_template.jinja").unlink()
    with pytest.raises(TrainingError, match="no chat template"):
        curriculum.train(config())


def test_a_curriculum_that_cannot_be_read_is_named(curriculum: Curriculum) -> None:
    with pytest.raises(TrainingError, match="holds no Parquet file"):
        curriculum.train(config(), atoms=str(curriculum.folder))
    (curriculum.folder / "atoms" / "c.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(TrainingError, match="cannot be read as training examples"):
        curriculum.train(config())


def test_a_curriculum_without_a_usable_example_is_an_error(curriculum: Curriculum) -> None:
    with pytest.raises(TrainingError, match="no example"):
        curriculum.train(config(), atoms=None, chains=None)
