"""Training under every ZeRO stage, with offload and adapters, against plain torch; and checkpoints between them."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from dgrc.config.training import AdapterConfig, StageConfig, TrainingConfig
from dgrc.errors import TrainingError
from dgrc.training.data.encode import Corpus
from dgrc.training.data.packing import collate, loss_tokens
from dgrc.training.data.stages import Stage, plan_stages
from dgrc.training.run.loop import batch_loss, learning_rate_factor, mean_loss, train_stage
from dgrc.training.run.state import SavedState, save_state, share
from tests.paths import ROOT
from tests.training.builders import make_corpus, write_base_model
from tests.training.run.workers import each_on_workers, on_workers

pytestmark = pytest.mark.stack

STEPS = 10  # three times and more through the corpus, with a checkpoint on the way
SHIPPED = ROOT / "configs" / "deepspeed"
CORPUS = make_corpus([7, 12, 5, 9, 20, 3, 11, 8, 14, 6, 10, 4, 13, 9, 7], seed=3)
ADAPTER = AdapterConfig(rank=4, alpha=8)
RELATIVE = 1e-4  # float32 sums in another order, over some steps


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_base_model(tmp_path_factory.mktemp("base"))


def config(**settings: Any) -> TrainingConfig:
    stage = StageConfig(visits=5 * STEPS, learning_rate=3e-3, schedule="linear", warmup=0.1)
    own = {"precision": "fp32", "max_length": 24, "batch_examples": 5, "weight_decay": 0.1, "chains": stage}
    return TrainingConfig(**{**own, **settings})


def stage_of(config: TrainingConfig) -> Stage:
    (stage,) = plan_stages(0, len(CORPUS), config, seed=1)
    assert len(stage.steps) == STEPS
    return stage


def trained(
    base: str, config: TrainingConfig, resume: str | None = None, save_at: int = 0, folder: str = ""
) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses and weights of a training; on the way it writes its state, or starts from a written one."""
    from dgrc.training.run.engine import make_engine

    torch.manual_seed(11)
    saved = SavedState(resume) if resume else None
    state = make_engine(config, base, saved)
    losses = []
    first = saved.steps if saved else 0
    for step in train_stage(state.engine, CORPUS, stage_of(config), config, first):
        losses.append(step.loss)
        if step.number + 1 == save_at:
            save_state(state, folder, moments=True)
    assert state.steps() == STEPS
    return losses, {name: state.get(name).detach().clone() for name in state.parameters}


def plain_torch(base: str, config: TrainingConfig) -> tuple[list[float], dict[str, torch.Tensor]]:
    """The same in one process of plain torch: one example at a time, no DeepSpeed, no packing."""
    from transformers import AutoModelForCausalLM

    from dgrc.training.model.load import add_adapter
    from dgrc.training.run.engine import parameter_groups

    torch.manual_seed(11)
    model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    if config.adapter is not None:
        model = add_adapter(model, config.adapter)
    optimizer = torch.optim.AdamW(parameter_groups(model, config.weight_decay), betas=config.betas)
    parameters = {name: p for name, p in model.named_parameters() if p.requires_grad}
    losses, stage = [], stage_of(config)
    for step, visits in enumerate(stage.steps):
        optimizer.zero_grad()
        loss: Any = sum(batch_loss(model, collate(CORPUS, [[v]])) for v in visits) / loss_tokens(CORPUS, visits)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters.values(), config.max_grad_norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_factor(step, STEPS, stage.settings) * stage.settings.learning_rate
        optimizer.step()
        losses.append(loss.item())
    return losses, {name: p.detach() for name, p in parameters.items()}


def named(settings: dict[str, Any]) -> str:
    return "-".join(f"{k}={Path(str(getattr(v, 'variant', v))).stem}" for k, v in settings.items())


def some_slow(names: list[str], slow: set[int]) -> list[Any]:
    """The places of these names as parameters; those are slow that lie between others, which stay."""
    marks = {True: [pytest.mark.slow], False: []}
    return [pytest.param(place, id=name, marks=marks[place in slow]) for place, name in enumerate(names)]


def chosen(request: pytest.FixtureRequest, test: str) -> list[int]:
    """Of a test's parameters those that this session of tests will come to: no other is trained for."""
    items = [item for item in request.session.items if isinstance(item, pytest.Function) and item.path == request.path]
    return [item.callspec.params["place"] for item in items if item.originalname == test]


WAYS: list[dict[str, Any]] = [
    {"zero_stage": 0},
    {"zero_stage": 1},
    {"zero_stage": 2, "micro_batch_rows": 3},
    {"zero_stage": 3, "gradient_checkpointing": True},
    {"zero_stage": 2, "offload": "optimizer"},
    {"zero_stage": 1, "offload": "optimizer"},
    {"zero_stage": 3, "offload": "all"},
    {"deepspeed": str(SHIPPED / "zero1.json")},
    {"deepspeed": str(SHIPPED / "zero3_offload.json")},
    {"zero_stage": 0, "adapter": ADAPTER},
    {"zero_stage": 1, "adapter": ADAPTER},
    {"zero_stage": 2, "adapter": ADAPTER, "gradient_checkpointing": True},
    {"zero_stage": 3, "adapter": ADAPTER},
    {"zero_stage": 3, "adapter": ADAPTER, "offload": "all"},
    {"zero_stage": 2, "adapter": AdapterConfig(rank=4, variant="rslora", targets=("q_proj", "v_proj"))},
    {"zero_stage": 2, "adapter": AdapterConfig(rank=4, variant="dora")},
]


SLOW_WAYS = {5, 9, 10, 13}
"""Offload and adapters at stages between those that stay."""


@pytest.fixture(scope="module")
def by_two_workers(base: str, request: pytest.FixtureRequest) -> dict[int, list[Any]]:
    """What two workers come to, each way."""
    places = chosen(request, "test_steps_on_two_workers_are_those_of_plain_torch")
    answers = each_on_workers(2, trained, [(base, config(**WAYS[place])) for place in places])
    return dict(zip(places, answers, strict=True))


@pytest.mark.parametrize("place", some_slow([*map(named, WAYS)], SLOW_WAYS))
def test_steps_on_two_workers_are_those_of_plain_torch(
    base: str, by_two_workers: dict[int, list[Any]], place: int
) -> None:
    expected, weights = plain_torch(base, config(**WAYS[place]))
    for losses, found in by_two_workers[place]:
        assert losses == pytest.approx(expected, rel=RELATIVE)
        assert found.keys() == weights.keys()
        for name, weight in weights.items():
            torch.testing.assert_close(found[name], weight, atol=2e-4, rtol=0)


TAKEN_UP: list[dict[str, Any]] = [
    {"zero_stage": 0},
    {"zero_stage": 2},
    {"zero_stage": 3},
    {"zero_stage": 0, "precision": "bf16"},
    {"zero_stage": 1, "precision": "bf16"},
    {"zero_stage": 2, "precision": "bf16", "offload": "optimizer"},
    {"zero_stage": 3, "precision": "bf16", "offload": "all"},
    {"zero_stage": 3, "adapter": AdapterConfig(rank=4, dropout=0.1), "precision": "bf16"},
]


SLOW_TAKEN_UP = {0, 4}


@pytest.fixture(scope="module")
def taken_up(
    base: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[int, tuple[list[Any], list[Any]]]:
    """Whole trainings that leave a checkpoint on the way, and others that go on from there in new processes."""
    places = chosen(request, "test_a_training_taken_up_again_is_the_same_to_the_last_bit")
    calls = [(base, config(**TAKEN_UP[place]), str(tmp_path_factory.mktemp("state"))) for place in places]
    whole = each_on_workers(2, trained, [(base, own, None, 7, folder) for base, own, folder in calls])
    again = each_on_workers(2, trained, calls)
    return dict(zip(places, zip(whole, again, strict=True), strict=True))


@pytest.mark.parametrize("place", some_slow([*map(named, TAKEN_UP)], SLOW_TAKEN_UP))
def test_a_training_taken_up_again_is_the_same_to_the_last_bit(
    taken_up: dict[int, tuple[list[Any], list[Any]]], place: int
) -> None:
    for (losses, weights), (later, found) in zip(*taken_up[place], strict=True):
        assert later == losses[7:]
        assert all(torch.equal(found[name], weight) for name, weight in weights.items())


OTHERS: list[tuple[tuple[int, dict[str, Any]], tuple[int, dict[str, Any]]]] = [
    ((2, {"zero_stage": 2}), (1, {"zero_stage": 2})),
    ((2, {"zero_stage": 1}), (3, {"zero_stage": 1})),
    ((2, {"zero_stage": 3}), (3, {"zero_stage": 3})),
    ((2, {"zero_stage": 2}), (2, {"zero_stage": 3})),
    ((2, {"zero_stage": 3}), (1, {"zero_stage": 0})),
    ((1, {"zero_stage": 0}), (2, {"zero_stage": 2, "offload": "optimizer"})),
    ((2, {"zero_stage": 3, "adapter": ADAPTER}), (1, {"zero_stage": 2, "adapter": ADAPTER})),
]


SLOW_OTHERS = {1, 3, 5}


@pytest.fixture(scope="module")
def elsewhere(
    base: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[int, tuple[list[Any], list[Any]]]:
    """Trainings that leave a checkpoint on the way, and what others of it come to, as many workers at a time."""
    places = chosen(request, "test_another_zero_stage_and_number_of_workers_go_on_from_there")
    folders = {place: str(tmp_path_factory.mktemp("state")) for place in places}
    found: list[dict[int, list[Any]]] = [{}, {}]
    for side in (0, 1):
        for workers in {OTHERS[place][side][0] for place in places}:
            mine = [place for place in places if OTHERS[place][side][0] == workers]
            calls = [
                (base, config(**OTHERS[n][side][1]), *((folders[n],) if side else (None, 7, folders[n]))) for n in mine
            ]
            found[side] |= zip(mine, each_on_workers(workers, trained, calls), strict=True)
    return {place: (found[0][place], found[1][place]) for place in places}


@pytest.mark.parametrize("place", some_slow([f"{one}-{other}" for one, other in OTHERS], SLOW_OTHERS))
def test_another_zero_stage_and_number_of_workers_go_on_from_there(
    elsewhere: dict[int, tuple[list[Any], list[Any]]], place: int
) -> None:
    ((losses, weights), *_), after = elsewhere[place]
    assert len(after) == OTHERS[place][1][0]
    for later, found in after:
        assert later == pytest.approx(losses[7:], rel=RELATIVE)
        for name, weight in weights.items():
            torch.testing.assert_close(found[name], weight, atol=2e-4, rtol=0)


def validated(base: str, config: TrainingConfig) -> float:
    from dgrc.training.run.engine import make_engine

    return mean_loss(make_engine(config, base).engine, CORPUS, range(len(CORPUS)), config)


def test_validation_loss_is_the_mean_over_tokens(base: str) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="sdpa")
    with torch.no_grad():
        total = sum(batch_loss(model, collate(CORPUS, [[v]])) for v in range(len(CORPUS)))
    expected = float(total) / loss_tokens(CORPUS, range(len(CORPUS)))
    found = each_on_workers(2, validated, [(base, config(zero_stage=stage)) for stage in (2, 3)])
    assert found == [[pytest.approx(expected, rel=1e-5)] * 2] * 2


def saved(base: str, config: TrainingConfig, folder: str) -> None:
    from dgrc.training.run.engine import make_engine

    save_state(make_engine(config, base), folder, moments=False)


def opened(folder: str) -> str:
    try:
        SavedState(folder)
    except TrainingError as e:
        return str(e)
    return ""


def opened_while_it_is_spoilt(folder: str) -> list[str]:
    """What is said of a checkpoint as it was written; with a bit of a file turned; cut short; with a list missing."""
    (file,) = Path(folder).glob("state-00001-*")
    whole = file.read_bytes()
    said = [opened(folder)]
    for content in (whole[:-1] + bytes([whole[-1] ^ 1]), whole[:-1]):
        file.write_bytes(content)
        said.append(opened(folder))
    (Path(folder) / "files-00001.json").unlink()
    return [*said, opened(folder), file.name, f"{len(whole):,}", f"{len(whole) - 1:,}"]


def test_a_checkpoint_that_is_not_as_it_was_written_is_seen(base: str, tmp_path: Path) -> None:
    on_workers(2, saved, base, config(), str(tmp_path))
    (said,) = on_workers(1, opened_while_it_is_spoilt, str(tmp_path))
    whole, turned, short, missing, name, size, less = said
    assert whole == ""
    assert name in turned and "another content" in turned
    assert f"{less} bytes, {size} wanted" in short
    assert "the files of 1 workers; 2 wrote it" in missing


def test_the_workers_write_about_as_much(base: str, tmp_path: Path) -> None:
    on_workers(2, saved, base, config(zero_stage=3), str(tmp_path))
    sizes = [json.loads(path.read_text())["files"] for path in sorted(tmp_path.glob("files-*"))]
    written = [sum(facts["bytes"] for facts in files.values()) for files in sizes]
    assert len(written) == 2 and max(written) < 1.5 * min(written)
    owners = share({"a": 9, "b": 5, "c": 4, "d": 1}, 2)
    assert list(owners) == ["a", "b", "c", "d"] and owners["a"] != owners["b"] == owners["c"]


def test_this_corpus_has_examples_of_many_lengths() -> None:
    assert isinstance(CORPUS, Corpus) and len({CORPUS.length(v) for v in range(len(CORPUS))}) > 10
