import importlib.util
from pathlib import Path

import pytest

from dgrc.config.training import AdapterConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.model.load import check_adapter
from dgrc.training.run.progress import TrainProgress
from dgrc.training.run.trackers import check_trackers, trackers

STEP = TrainProgress("dgrc", "chains", 3, 10, 1.5, 1000, 250.0, 1e-4, 0.7, 2.5, None, None)


@pytest.mark.parametrize("name", ["tensorboard", "wandb", "mlflow"])
def test_a_tracker_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(TrainingError, match=f"names {name}, but"):
        check_trackers([name])
    check_trackers([])


def test_qlora_without_bitsandbytes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda module: None)
    with pytest.raises(TrainingError, match="the extra `qlora`"):
        check_adapter(AdapterConfig(quantize="nf4"))
    check_adapter(AdapterConfig())
    check_adapter(None)


def test_tensorboard_gets_a_curve_for_each_student(tmp_path: Path) -> None:
    with trackers(["tensorboard"], str(tmp_path), "run", {}) as (write,):
        write(STEP)
    (file,) = (tmp_path / "tensorboard" / "dgrc").glob("events.*")
    data = file.read_bytes()
    assert all(name in data for name in (b"loss", b"grad_norm", b"learning_rate", b"memory_gib"))
    assert b"mfu" not in data and b"validation" not in data, "what is not known is no curve"


def test_mlflow_gets_settings_and_curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/curves.db")
    with trackers(["mlflow"], str(tmp_path), "run", TrainingConfig().decisive()) as (write,):
        write(STEP)
    (run,) = mlflow.MlflowClient().search_runs([mlflow.get_experiment_by_name("dgrc").experiment_id])
    assert run.data.metrics["dgrc_loss"] == 1.5 and "dgrc_mfu" not in run.data.metrics
    assert run.data.params["precision"] == "bf16"


def test_weights_and_biases_gets_a_run_that_can_be_synced_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    with trackers(["wandb"], str(tmp_path), "run", TrainingConfig().decisive()) as (write,):
        write(STEP)
    (file,) = (tmp_path / "wandb").glob("offline-run-*/run-*.wandb")
    data = file.read_bytes()
    assert b"dgrc/loss" in data and b"dgrc/step" in data and b"dgrc/mfu" not in data
