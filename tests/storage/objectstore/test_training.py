"""Training with its base model and its checkpoints on an S3 server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dgrc.config.training import CheckpointsConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.run.checkpoints import checkpoints_at
from tests.paths import ROOT
from tests.storage.objectstore.conftest import one_paragraph
from tests.storage.objectstore.store import Store, put
from tests.training.builders import write_base_model


@pytest.mark.slow
def test_a_training_goes_on_from_checkpoints_on_the_store(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DGRC_CACHE", str(tmp_path / "cache"))
    base = write_base_model(tmp_path / "base")
    url = put(Path(base), "s3://bucket/models/base")
    command = [sys.executable, "-m", "tests.storage.objectstore.training", str(tmp_path), url, "s3://bucket/checkpoints"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["killed"] and any(name.endswith(".safetensors") for name in said["seen"]), "they were there"
    assert said["left"] == [], "and are gone afterwards"
    assert len(said["starts"]) == 2 and "step 0 on" in said["starts"][0] and "step 0 on" not in said["starts"][1]
    assert said["remote"] == said["local"], "and the student learned the same"
    adapter = json.loads((tmp_path / "remote" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == url, "as all nodes know it, not as one node has it"
    assert store.fetched("model.safetensors") == 1, "by two workers of one node"


def test_a_storage_that_cannot_be_used_is_refused_before_anything_starts(
    store: Store, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    def refused(words: str) -> None:
        config = TrainingConfig(checkpoints=CheckpointsConfig(storage="s3://nowhere/folder"))
        with pytest.raises(TrainingError, match=rf"`training\.checkpoints\.storage`.*{words}") as caught:
            checkpoints_at(config, tmp_path)
        one_paragraph(caught.value)

    refused("no such bucket")
    request.getfixturevalue("nobody")
    refused("does not answer")
