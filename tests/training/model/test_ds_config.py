"""DeepSpeed's settings: ours, the files that are shipped, and what a user's file may and may not say."""

import json
from pathlib import Path
from typing import Any

import pytest

from dgrc.config.training import TrainingConfig
from dgrc.errors import ConfigError
from dgrc.training.model.ds_config import deepspeed_settings, zero_stage
from tests.paths import ROOT

SHIPPED = ROOT / "configs" / "deepspeed"


def written(folder: Path, settings: Any) -> str:
    path = folder / "deepspeed.json"
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return str(path)


@pytest.mark.parametrize("offload", ["none", "optimizer", "all"])
def test_zero_and_offload_are_said_in_deepspeeds_words(offload: str) -> None:
    config = TrainingConfig(zero_stage=3, offload=offload, precision="fp32", max_grad_norm=0.5, micro_batch_rows=3)
    settings = deepspeed_settings(config)
    zero = settings["zero_optimization"]
    assert zero["stage"] == 3
    assert ("offload_optimizer" in zero, "offload_param" in zero) == (offload != "none", offload == "all")
    assert settings["bf16"] == {"enabled": False} and settings["gradient_clipping"] == 0.5
    assert settings["train_micro_batch_size_per_gpu"] == 3 and settings["gradient_accumulation_steps"] == 1


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.json")), ids=lambda file: file.stem)
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_every_shipped_file_is_taken_and_names_its_stage(file: Path, precision: str) -> None:
    config = TrainingConfig(deepspeed=str(file), precision=precision)
    settings = deepspeed_settings(config)
    assert zero_stage(config) == int(file.stem[4])
    assert ("offload_optimizer" in settings["zero_optimization"]) == file.stem.endswith("offload")
    assert "auto" not in json.dumps(settings)


def test_what_a_file_leaves_to_us_is_ours_and_the_rest_is_its_own(tmp_path: Path) -> None:
    theirs = {
        "zero_optimization": {"stage": 1, "reduce_bucket_size": 1000, "allgather_bucket_size": "auto"},
        "optimizer": {"type": "AdamW", "params": {"lr": "auto"}},
        "fp16": {"enabled": False},
        "train_batch_size": "auto",
        "gradient_clipping": 1.0,
        "comms_logger": {"enabled": True},
    }
    settings = deepspeed_settings(TrainingConfig(deepspeed=written(tmp_path, theirs)))
    assert settings["zero_optimization"] == {"stage": 1, "reduce_bucket_size": 1000}
    assert settings["comms_logger"] == {"enabled": True}
    assert "optimizer" not in settings and "train_batch_size" not in settings and "fp16" not in settings


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"optimizer": {"type": "Adam", "params": {"lr": 1e-3}}}, "`training.betas`"),
        ({"scheduler": {"type": "WarmupLR", "params": {"warmup_num_steps": 10}}}, "`training.chains`"),
        ({"fp16": {"enabled": True}}, "`training.precision`"),
        ({"bf16": {"enabled": False}}, '`bf16: {"enabled": false}`'),
        ({"gradient_clipping": 3}, "`gradient_clipping: 3`"),
        ({"gradient_accumulation_steps": 4}, "wants 1"),
        ({"train_micro_batch_size_per_gpu": 8}, "`train_micro_batch_size_per_gpu: 8`"),
        ({"zero_optimization": {"stage": 3, "offload_param": {"device": "nvme"}}}, "'nvme'"),
        ([1], "a list"),
        ("{", "cannot be read as JSON"),
    ],
)
def test_a_file_that_contradicts_the_training_section_is_refused(tmp_path: Path, settings: Any, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        deepspeed_settings(TrainingConfig(deepspeed=written(tmp_path, settings)))
    assert says in str(caught.value) and "deepspeed.json" in str(caught.value)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json.*cannot be read"):
        deepspeed_settings(TrainingConfig(deepspeed="nowhere.json"))
