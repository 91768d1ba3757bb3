"""Arguments are held against the installed vLLM, which is read and not imported."""

import dataclasses
import subprocess
import sys
from typing import Any

import pytest

from dgrc.config import EngineConfig
from dgrc.config.file import make_config
from dgrc.config.passed_on import vllm
from dgrc.engines.base import Request
from dgrc.engines.vllm import arguments
from dgrc.engines.vllm.arguments import check_engine_args, installed_arguments, mismatch, problems
from dgrc.engines.vllm.engine import VllmEngine, engine_args
from dgrc.engines.vllm.thinking import Asked
from dgrc.errors import ConfigError


def told(**engine_args: Any) -> list[str]:
    return list(problems(EngineConfig(model="m", engine_args=engine_args)))


def test_the_installed_vllms_own_class_is_read_without_loading_it() -> None:
    code = (
        "import sys; from dgrc.engines.vllm.arguments import installed_arguments as found\n"
        "assert found()['max_num_batched_tokens'] == 'int | None', found(); assert 'vllm' not in sys.modules\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_read_is_what_the_class_has() -> None:
    from vllm.engine.arg_utils import EngineArgs

    assert installed_arguments().keys() == {field.name for field in dataclasses.fields(EngineArgs)}


def test_every_argument_in_a_list_is_one_of_the_installed_vllm() -> None:
    """A name that vLLM has given up would leave its successor without a reason."""
    listed = {*vllm.ROOT_SETTINGS, *vllm.REFUSED, *vllm.SPEED} - {"chat_template"}  # its server's, not its engine's
    assert listed - installed_arguments().keys() == set()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"max_num_batched_token": 5}, "no argument `max_num_batched_token`; did you mean `max_num_batched_tokens`"),
        ({"zzzz": 5}, "has no argument `zzzz`; see EngineArgs in vllm/engine/arg_utils.py"),
        ({"max_num_batched_tokens": "many"}, "`max_num_batched_tokens` is 'many'; vLLM wants a whole number."),
        ({"enable_expert_parallel": 1}, "vLLM wants true or false"),
        ({"stream_interval": True}, "vLLM wants a whole number"),
        ({"speculative_config": {"method": "eagle", "model": "/nowhere/draft"}}, "`speculative_config.model`: The"),
    ],
)
def test_an_argument_that_vllm_does_not_have_or_not_so_is_refused(given: dict[str, Any], words: str) -> None:
    assert [words in problem for problem in told(**given)] == [True]
    with pytest.raises(ConfigError, match=r"^`student\.engine_args`: "):
        check_engine_args(make_config({"student": {"model": "m", "engine_args": given}}))


def test_good_arguments_pass_and_without_vllm_all_that_are_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = {"max_num_batched_tokens": 8192, "block_size": None, "cpu_offload_gb": 2, "kv_cache_dtype": "fp8"}
    assert told(**good) == []
    monkeypatch.setattr(arguments, "installed_arguments", dict)
    assert told(zzzz=5) == []


def test_ngram_speculation_needs_numba_and_is_refused_with_that_word(monkeypatch: pytest.MonkeyPatch) -> None:
    ngram = {"speculative_config": {"method": "ngram", "num_speculative_tokens": 4, "prompt_lookup_max": 4}}
    found = arguments.importlib.util.find_spec
    monkeypatch.setattr(arguments.importlib.util, "find_spec", lambda name: None if name == "numba" else found(name))
    (problem,) = told(**ngram)
    assert "needs numba, which is not installed here: pip install numba" in problem
    monkeypatch.setattr(arguments.importlib.util, "find_spec", lambda name: found("json" if name == "numba" else name))
    assert told(**ngram) == []


@pytest.mark.parametrize(
    ("role", "section", "name", "refused"),
    [
        ("teacher", "method", "verify_sampling", True), ("student", "method", "student_sampling", True),
        ("student", "method", "verify_sampling", False), ("student", "evaluation", "sampling", True),
    ],
)  # fmt: skip
def test_sampling_that_vllm_refuses_beside_speculation_is_named(
    role: str, section: str, name: str, refused: bool
) -> None:
    speculative = {"method": "mtp", "num_speculative_tokens": 2}
    settings = {role: {"model": "m", "engine_args": {"speculative_config": speculative}}}
    for bent in ({"min_p": 0.1}, {"logit_bias": {5: 1.0}}):
        config = make_config({**settings, section: {name: bent}})
        if refused:
            with pytest.raises(ConfigError, match=rf"no `{next(iter(bent))}` beside.*`{section}\.{name}`"):
                check_engine_args(config)
        else:
            check_engine_args(config)


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        ("int", 1, None), ("int", True, "a whole number"), ("float", 1, None), ("float", True, "a number"),
        ("int | None", None, None), ("int", None, "a whole number"), ("str | int", 1.5, "text or a whole number"),
        ("CacheDType", "fp8", None), ("dict[str, int]", 5, None), ("bool | None", "yes", "true or false"),
    ],
)  # fmt: skip
def test_types_of_plain_parts_are_checked(annotation: str, value: Any, wanted: str | None) -> None:
    assert mismatch(annotation, value) == wanted


def test_arguments_reach_vllm_over_what_dgrc_would_have_chosen() -> None:
    config = EngineConfig(model="m", engine_args={"max_num_batched_tokens": 8192, "block_size": 64})
    args = engine_args(config, 0)
    assert args["max_num_batched_tokens"] == 8192 and args["block_size"] == 64
    assert engine_args(EngineConfig(model="m"), 0) | config.engine_args == args


def test_sampling_reaches_vllm_and_leaves_log_probabilities_alone() -> None:
    engine = VllmEngine(EngineConfig(model="m"), 0)
    bent: dict[str, Any] = {
        "min_p": 0.1, "repetition_penalty": 1.2, "presence_penalty": 0.5, "stop": ("end",), "logit_bias": ((5, -1.0),),
    }  # fmt: skip
    request = Request(({"role": "user", "content": "x"},), temperature=1.0, **bent)
    sampling = engine._sampling(request, Asked(), 10, [])
    assert (sampling.min_p, sampling.repetition_penalty, sampling.presence_penalty) == (0.1, 1.2, 0.5)
    assert sampling.stop == ["end"] and sampling.logit_bias == {5: -1.0}
    assert sampling.seed is None
    scored = engine._sampling(dataclasses.replace(request, score=True), Asked(), 10, [])
    assert (scored.min_p, scored.repetition_penalty, scored.stop, scored.logit_bias) == (0.0, 1.0, [], None)


def test_seeds_reach_vllm_and_samples_of_one_request_have_their_own() -> None:
    from vllm.v1.engine.parallel_sampling import ParentRequest

    asked = Request(({"role": "user", "content": "x"},), temperature=1.0, n=3, seed=7)
    replicas = [VllmEngine(EngineConfig(model="m"), number) for number in (0, 5)]  # each has a seed of its own
    (seed,) = {engine._sampling(asked, Asked(), 10, []).seed for engine in replicas}
    assert seed not in (None, 7)
    by_engine = VllmEngine(EngineConfig(model="m", request_seeds=True), 5)._sampling
    assert by_engine(asked, Asked(), 10, []).seed == seed
    others = [dataclasses.replace(asked, **change) for change in ({"seed": 8}, {"attempt": 1}, {"seed": None})]
    assert len({seed, *(by_engine(other, Asked(), 10, []).seed for other in others)}) == 4
    assert replicas[0]._sampling(dataclasses.replace(asked, score=True), Asked(), 10, []).seed is None

    sampling = replicas[0]._sampling(asked, Asked(), 10, [])
    parent = ParentRequest.__new__(ParentRequest)
    parent.sampling_params, parent.cached_child_sampling_params = sampling, None
    assert len({parent._get_child_sampling_params(index).seed for index in range(3)}) == 3
