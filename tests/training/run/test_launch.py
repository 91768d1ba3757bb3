"""Whole trainings under Ray Train with DeepSpeed, held against one process of plain torch."""

import contextlib
import dataclasses
import itertools
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from dgrc.config.training import (
    AdapterConfig,
    CheckpointsConfig,
    ReplayConfig,
    StageConfig,
    TrainingConfig,
    ValidationConfig,
)
from dgrc.errors import TrainingError
from dgrc.training.data.encode import encode_corpus
from dgrc.training.data.inputs import set_apart
from dgrc.training.data.packing import collate, loss_tokens
from dgrc.training.data.stages import Budget, plan_stages
from dgrc.training.export import merge_adapter
from dgrc.training.run.loop import batch_loss, learning_rate_factor
from dgrc.training.run.progress import TrainProgress
from tests.training.builders import PLAIN, make_examples, make_model, make_tokenizer
from tests.training.curriculum import Curriculum, config

TOLERANCE = 2e-5  # nats: float32 sums taken in another order


def plain_torch(curriculum: Curriculum, config: TrainingConfig) -> tuple[list[float], torch.nn.Module]:
    """The same training without Ray, DeepSpeed or packing: one example at a time, one process."""
    corpus, _ = encode_corpus(make_tokenizer(PLAIN), curriculum.atoms, curriculum.chains, config.max_length)
    model, losses = make_model(), []
    for stage in plan_stages(corpus.atoms, len(corpus) - corpus.atoms, config, seed=5):
        optimizer = torch.optim.AdamW(model.parameters(), betas=config.betas, weight_decay=config.weight_decay)
        for step, visits in enumerate(stage.steps):
            optimizer.zero_grad()
            loss = sum(batch_loss(model, collate(corpus, [[v]])) for v in visits) / loss_tokens(corpus, visits)
            assert isinstance(loss, torch.Tensor)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
            factor = learning_rate_factor(step, len(stage.steps), stage.settings)
            optimizer.param_groups[0]["lr"] = factor * stage.settings.learning_rate
            optimizer.step()
            losses.append(loss.item())
    return losses, model


def test_two_workers_train_as_plain_torch_does(
    curriculum: Curriculum, ray_here: None, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[TrainProgress] = []
    expected, reference = plain_torch(curriculum, config())
    capfd.readouterr()
    result = curriculum.train(config(), on_progress=seen.append)
    assert capfd.readouterr() == ("", "")
    assert result.losses == pytest.approx(expected, abs=TOLERANCE)
    assert (result.steps, result.visits, result.set_aside, result.quarantine) == (3 + 4, 25 + 40, 0, None)
    assert [(p.step, p.steps, p.loss) for p in seen] == [(n + 1, 7, loss) for n, loss in enumerate(result.losses)]
    assert [p.stage for p in seen] == ["atoms"] * 3 + ["chains"] * 4

    student = AutoModelForCausalLM.from_pretrained(result.output)
    tokenizer = AutoTokenizer.from_pretrained(result.output)
    assert student.dtype == torch.float32 and student.generation_config.eos_token_id == 1
    text = "<|user|> w1 . <|end|>"
    assert tokenizer.chat_template == PLAIN and tokenizer(text).input_ids == make_tokenizer(PLAIN)(text).input_ids
    for name, weight in reference.named_parameters():
        torch.testing.assert_close(student.get_parameter(name), weight, atol=2e-4, rtol=0)
    card = (Path(result.output) / "README.md").read_text()
    assert "| method | atoms, then chains |" in card and "base_model: base" in card
    assert not list((curriculum.folder / "work").glob("train-*")) and not list(curriculum.folder.glob(".student*"))


@pytest.mark.slow
def test_students_trained_one_after_the_other_are_as_if_alone(curriculum: Curriculum, ray_here: None) -> None:
    plain = curriculum.course("plain", atoms=None)
    both = curriculum.train_all(config(), [curriculum.course("dgrc"), plain])
    assert (both["plain"].visits, both["plain"].steps) == (both["dgrc"].visits, both["dgrc"].steps) == (65, 7)
    alone = curriculum.train(config(), "alone", atoms=None, budget=Budget(65, 7))
    assert both["plain"].losses == alone.losses and both["plain"].losses != both["dgrc"].losses
    weights = [(curriculum.folder / name / "model.safetensors").read_bytes() for name in ("plain", "alone", "dgrc")]
    assert weights[0] == weights[1] != weights[2]


@pytest.mark.slow
def test_a_course_may_have_an_order_of_its_own(curriculum: Curriculum, ray_here: None) -> None:
    own = dataclasses.replace(curriculum.course("own"), order="chains_first", replay=0.0)
    seen: list[TrainProgress] = []
    curriculum.train_all(config(), [own], on_progress=seen.append)
    assert [p.stage for p in seen] == ["chains"] * 4 + ["atoms"] * 3


@pytest.mark.slow
@pytest.mark.parametrize("stage", [0, 1, 3])
def test_other_zero_stages_train_as_plain_torch_does(curriculum: Curriculum, ray_here: None, stage: int) -> None:
    expected, reference = plain_torch(curriculum, config())
    result = curriculum.train(config(zero_stage=stage, gradient_checkpointing=stage == 3))
    assert result.losses == pytest.approx(expected, abs=TOLERANCE)
    student = AutoModelForCausalLM.from_pretrained(result.output)
    for name, weight in reference.named_parameters():
        torch.testing.assert_close(student.get_parameter(name), weight, atol=2e-4, rtol=0)


@pytest.mark.slow
def test_bf16_stays_near_fp32_and_keeps_the_base_models_dtype(curriculum: Curriculum, ray_here: None) -> None:
    expected, _ = plain_torch(curriculum, config())
    result = curriculum.train(config(precision="bf16", zero_stage=1), atoms=str(curriculum.folder / "atoms"))
    assert result.losses == pytest.approx(expected, abs=0.05)
    assert AutoModelForCausalLM.from_pretrained(result.output, dtype="auto").dtype == torch.float32


def training_workers() -> list[psutil.Process]:
    """Those that live now; others that end while one looks are no matter."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "RayTrainWorker" in " ".join(process.cmdline()):
                found.append(process)
    return found


def weights(folder: str | Path) -> bytes:
    return (Path(folder) / "model.safetensors").read_bytes()


@pytest.mark.slow
def test_a_killed_worker_costs_only_the_steps_since_the_last_checkpoint(curriculum: Curriculum, ray_here: None) -> None:
    seen: list[TrainProgress] = []

    def kill_once(progress: TrainProgress) -> None:
        seen.append(progress)
        if progress.plan == "second" and progress.stage == "chains" and progress.step >= 40 and not killed:
            worker = training_workers()[0]
            killed.append(worker.pid)
            worker.kill()

    killed: list[int] = []
    # Steps of some 0.2 s, for it takes Ray Train a second or two to take a checkpoint in.
    chains = StageConfig(visits=3600, learning_rate=1e-3)
    replay = ReplayConfig(files=("chats.jsonl",), share=0.1)
    own = config(chains=chains, batch_examples=60, checkpoints=CheckpointsConfig(every_steps=10), replay=replay)
    courses, chats = [curriculum.course("first", atoms=None), curriculum.course("second")], make_examples("chat", 50)
    whole = curriculum.train_all(own, courses, replayed=chats)
    expected = {name: weights(result.output) for name, result in whole.items()}
    results = curriculum.train_all(own, courses, on_progress=kill_once, replayed=chats)
    assert killed and results["second"].replayed == whole["second"].replayed
    assert whole["second"].replayed == pytest.approx(0.1 * whole["second"].visits, abs=2), "rounded once a stage"
    for name, result in results.items():
        assert result.losses == whole[name].losses
        assert weights(result.output) == expected[name], "the same to the last bit"
    first = [p.step for p in seen if p.plan == "first"]
    assert first == list(range(1, results["first"].steps + 1)), "the first student was trained once"
    second = [p.step for p in seen if p.plan == "second"]
    (back,) = [after for before, after in itertools.pairwise(second) if after <= before]
    assert back > 10, "steps before the last checkpoint were not done again"
    assert second[-1] == results["second"].steps


@pytest.mark.slow
def test_a_training_broken_off_goes_on_with_other_workers(curriculum: Curriculum, ray_here: None) -> None:
    own = {"batch_examples": 60, "checkpoints": CheckpointsConfig(every_steps=5), "max_failures": 0}

    def two(**settings: Any) -> TrainingConfig:
        return config(chains=StageConfig(visits=4200, learning_rate=1e-3), **own, **settings)

    whole = curriculum.train(two(), name="whole")

    def kill(progress: TrainProgress) -> None:
        if progress.step >= 60:  # long after the third checkpoint: Ray Train takes a second or two to take one in
            for worker in training_workers():
                with contextlib.suppress(psutil.NoSuchProcess):  # the death of another may have ended it
                    worker.kill()

    with pytest.raises(TrainingError, match="resumes from its last checkpoint"):
        curriculum.train(two(), name="student", on_progress=kill)
    seen: list[TrainProgress] = []
    result = curriculum.train(two(workers=1, zero_stage=3), name="student", on_progress=seen.append)
    assert seen[0].step > 10
    assert result.losses == pytest.approx(whole.losses, rel=1e-4)
    ours, theirs = (AutoModelForCausalLM.from_pretrained(r.output) for r in (result, whole))
    for name, weight in theirs.named_parameters():
        torch.testing.assert_close(ours.get_parameter(name), weight, atol=2e-4, rtol=0)


@pytest.mark.slow
def test_a_stage_stops_where_validation_gets_no_better_and_keeps_the_best(
    curriculum: Curriculum, ray_here: None
) -> None:
    stage = StageConfig(visits=400, learning_rate=3e-2, schedule="constant")
    look = ValidationConfig(share=0.3, every_steps=2, patience=3)
    seen: list[TrainProgress] = []
    own = config(chains=stage, validation=look)
    result = curriculum.train(own, atoms=None, on_progress=seen.append)
    losses = [loss for _, _, loss in result.validation]
    best = losses.index(min(losses))
    assert [step for _, step, _ in result.validation] == [2 * (n + 1) for n in range(len(losses))]
    assert len(losses) - 1 - best == 3 and result.steps == 2 * len(losses) < 40
    assert [p.validation for p in seen if p.validation is not None] == losses
    _, apart = set_apart(([], curriculum.chains), 0.3, seed=5)
    corpus, _ = encode_corpus(make_tokenizer(PLAIN), *apart, own.max_length)
    student = AutoModelForCausalLM.from_pretrained(result.output)
    with torch.no_grad():
        total = sum(batch_loss(student, collate(corpus, [[v]])) for v in range(len(corpus)))
    assert float(total) / loss_tokens(corpus, range(len(corpus))) == pytest.approx(losses[best], rel=1e-4)
    assert not list((curriculum.folder / "work" / "best").iterdir())


@pytest.mark.slow
def test_an_adapter_is_a_student_of_its_own(curriculum: Curriculum, ray_here: None) -> None:
    from peft import PeftModel

    own = config(zero_stage=3, adapter=AdapterConfig(rank=4), report_to=("tensorboard",))
    result = curriculum.train(own)
    folder = Path(result.output)
    assert (folder / "adapter_model.safetensors").is_file() and not (folder / "model.safetensors").exists()
    assert "library_name: peft" in (folder / "README.md").read_text()
    base = AutoModelForCausalLM.from_pretrained(curriculum.base_model)
    ids = torch.arange(6, 26)[None]
    before = base(ids).logits
    adapted = PeftModel.from_pretrained(base, folder)
    after = adapted(ids).logits
    assert not torch.allclose(before, after, atol=1e-3)
    merged = merge_adapter(str(folder), str(curriculum.folder / "merged"))
    assert torch.allclose(AutoModelForCausalLM.from_pretrained(merged)(ids).logits, after, atol=1e-4)
    assert AutoTokenizer.from_pretrained(merged).chat_template == PLAIN
    assert list((curriculum.folder / "work" / "tensorboard" / "student").glob("events.*"))


@pytest.mark.slow
def test_long_examples_go_to_quarantine_and_an_old_student_is_replaced(curriculum: Curriculum, ray_here: None) -> None:
    (curriculum.folder / "student").mkdir()
    (curriculum.folder / "student" / "stale").touch()
    result = curriculum.train(config(workers=1, max_length=24), atoms=None, budget=Budget(30, 2))
    assert (result.steps, result.visits) == (2, 30)
    rows = pq.read_table(result.quarantine).to_pylist()
    assert 0 < result.set_aside == len(rows) and all(row["tokens"] > 24 for row in rows)
    assert not (Path(result.output) / "stale").exists() and (Path(result.output) / "model.safetensors").exists()


@pytest.mark.slow
def test_checkpoints_go_where_they_are_told_and_are_gone_afterwards(
    curriculum: Curriculum, ray_here: None, tmp_path: Path
) -> None:
    seen: set[str] = set()
    elsewhere = tmp_path / "elsewhere"
    checkpoints = CheckpointsConfig(every_steps=1, storage=f"file://{elsewhere}")
    own = config(chains=StageConfig(visits=3600, learning_rate=1e-3), batch_examples=60, checkpoints=checkpoints)
    result = curriculum.train(own, atoms=None, on_progress=lambda _: seen.update(p.name for p in elsewhere.rglob("*")))
    assert any(name.endswith(".safetensors") for name in seen), "they were there"
    assert not list(elsewhere.iterdir()) and (Path(result.output) / "model.safetensors").is_file()
