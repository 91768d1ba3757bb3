"""The small world's models are really trained, once, in the test session's own folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from dgrc.config import ProvingConfig
from dgrc.errors import ConfigError, TrainingError
from dgrc.proving import models
from dgrc.proving.language import read_answer
from dgrc.proving.measure import Speaker, measure
from dgrc.proving.world import World
from tests.conftest import SMALL_SEED

PAIR = ("teacher", "student")


@pytest.fixture(scope="module")
def config(small_world: str) -> ProvingConfig:
    return ProvingConfig(size="small", seed=SMALL_SEED, cache=small_world)


@pytest.fixture(scope="module")
def made(config: ProvingConfig) -> dict[str, str]:
    return models.make_models(config, PAIR)


def test_of_callers_at_once_one_trains_and_all_have_it(config: ProvingConfig, made: dict[str, str]) -> None:
    assert len(list(Path(config.cache).glob("trained-*"))) == 1
    lines: list[str] = []
    assert models.make_models(config, PAIR, lines.append) == made and not lines


def test_only_whole_model_sets_lie_in_the_cache(config: ProvingConfig, made: dict[str, str]) -> None:
    cache = Path(config.cache) / "proving"
    assert {str(path) for path in cache.iterdir() if path.is_dir()} == set(made.values())
    assert set(made) == set(PAIR)
    for path in made.values():
        assert {"config.json", "generation_config.json", "model.safetensors", "tokenizer.json"} <= {
            file.name for file in Path(path).iterdir()
        }


def test_a_name_is_resolved_from_the_cache(config: ProvingConfig, made: dict[str, str]) -> None:
    lines: list[str] = []
    resolved = models.resolve(["proving:teacher", "proving:student"], config, lines.append)
    assert resolved == {f"proving:{name}": folder for name, folder in made.items()}
    assert not lines, "nothing was trained again"


def test_the_small_models_carry_the_method(made: dict[str, str]) -> None:
    figures = measure(World(SMALL_SEED, "small"), made, questions=100)
    assert figures["teacher_atomic"] > 0.93
    assert figures["teacher_atomic"] > figures["teacher_steps_greedy"] + 0.2, "fallible on chains, reliable on atoms"
    assert figures["teacher_chains_sampled"] > figures["student_chains_greedy"] + 0.1
    assert 0.4 < figures["student_atomic"] < 0.85
    # How far above depends on the processor: training ends elsewhere on another one (docs/log.md, 2026-11-25).
    assert figures["diagnosis_on_target"] > figures["diagnosis_of_everything"] + 0.05, "it asks where the chains part"
    assert figures["verifier"] > 0.75
    assert figures["passed_right_steps"] > figures["divergent_right_steps"] + 0.1, "the verdict tells right from wrong"


def test_reply_tags_survive_decoding_and_replies_stop(made: dict[str, str]) -> None:
    speaker = Speaker(made["teacher"])
    (reply,) = speaker.reply([World(SMALL_SEED, "small").held_out[0].question])
    assert reply.startswith("<think> ") and reply.endswith(" </answer>")
    assert read_answer(reply)


def test_other_models_are_returned_as_they_are() -> None:
    config = ProvingConfig()
    name = "Qwen/Qwen2.5-1.5B-Instruct"
    assert models.resolve([name], config, None) == {name: name}


def test_a_model_is_shared_by_the_variants_that_it_does_not_depend_on(tmp_path: Path) -> None:
    def made_for(**variant: float | str) -> dict[str, Path]:
        config = ProvingConfig.model_validate({"cache": str(tmp_path), **variant})
        return {name: models._folder(config, name) for name in ("teacher", "student", "auditor")}

    standard = made_for()
    assert made_for(covered=0.4, questions=10) == standard
    for variant, own in (({"slip": 0.3}, {"teacher"}), ({"misconceptions": 2.0}, {"teacher"}),
                         ({"blind_spots": 0.5}, {"student"}), ({"wording": "other"}, set(standard))):
        assert {name for name, folder in made_for(**variant).items() if folder != standard[name]} == own


def test_an_unknown_proving_model_is_an_error() -> None:
    config = ProvingConfig()
    with pytest.raises(ConfigError, match="`proving:teacher`, `proving:student`, `proving:auditor`, `proving:noise`"):
        models.resolve(["proving:judge"], config, None)


def test_a_failed_training_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(TrainingError, match="ended with status 1"):
        models.make_models(ProvingConfig(size="small", cache=str(tmp_path)), PAIR)
    assert [path.suffix for path in (tmp_path / "proving").iterdir()] == [".lock"]


def test_importing_the_package_imports_no_torch() -> None:
    code = (
        "import sys, dgrc.proving.models, dgrc.proving.measure, dgrc.proving.train, dgrc.proving.noise\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
