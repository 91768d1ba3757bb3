"""What is passed on to an engine in its own words: refused by name where it would break something, and part of the
engine's identity where it decides what the engine says."""

from typing import Any

import pytest

from dgrc.config import ApiConfig, EngineConfig, Sampling
from dgrc.config.engines import decides
from dgrc.config.file import make_config
from dgrc.config.passed_on import servers, vllm
from dgrc.errors import ConfigError
from dgrc.storage.run_dir import decisive_fingerprint

PLAIN = EngineConfig(model="m")


def passing(**arguments: Any) -> EngineConfig:
    return EngineConfig(model="m", engine_args=arguments)


def refusal(section: str, **settings: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        make_config({"teacher": {"model": "m", section: settings}})
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("max_num_seqs", 5, "`max_num_seqs` of the engine's own section says it"),
        ("structured_outputs_config", {}, "`grammar_backend` and `grammar_whitespace` of the engine's own section"),
        ("seed", 1, "`seed` of the configuration"),
        ("trust_remote_code", True, "never run"),
        ("trust_remote_code", False, "never run"),
        ("scheduling_policy", "fcfs", "questions finish"),
        ("enable_prefix_caching", False, "share their beginnings"),
        ("tokenizer", "x", "the directory in `model`"),
        ("revision", "x", "the directory in `model`"),
        ("worker_extension_cls", "os.path", "names Python code"),
        ("logits_processors", ["a.b:C"], "names Python code"),
        ("kv_transfer_config", {}, "leave this engine"),
        ("hf_token", "hf_x", "HF_TOKEN"),
        ("chat_template", "x", "chat_template.jinja"),
        ("generation_config", "auto", "sampling settings"),
        ("load_format", "pt", "'pt' may open pickles"),
        ("load_format", "auto", "may open pickles"),
        ("load_format", "dummy", "loads no weights"),
        ("_api_process_rank", 1, "vLLM's own"),
        ("speculative_config", {"method": "mtp", "trust_remote_code": True}, "`trust_remote_code` inside it"),
        ("speculative_config", {"draft_load_config": {"load_format": "pt"}}, "`draft_load_config` inside it"),
        ("hf_overrides", {"text_config": [{"auto_map": {}}]}, "`auto_map` inside it"),
        ("compilation_config", {"backend": "a.b"}, "`backend` inside it"),
    ],
)
def test_arguments_that_would_break_something_are_refused_by_name(name: str, value: Any, words: str) -> None:
    said = refusal("engine_args", **{name: value})
    assert f"the argument `{name}` is not passed on to vLLM" in said and words in said


def test_engines_without_vllm_have_no_arguments() -> None:
    with pytest.raises(ConfigError, match=r"engine `scripted` has none"):
        EngineConfig(engine="scripted", script="a:b", engine_args={"block_size": 16})
    EngineConfig(engine="embedding", model="m", engine_args={"block_size": 16})
    with pytest.raises(ConfigError, match="vLLM dies of the two together"):
        EngineConfig(model="m", request_seeds=True, engine_args={"enable_chunked_prefill": True})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gpus": 4, "engine_args": {"data_parallel_size": 2}, "tensor_parallel": 2}, None),
        ({"gpus": 2, "engine_args": {"data_parallel_size": 2}, "tensor_parallel": 2}, "x data_parallel_size 2 needs 4"),
        ({"engine_args": {"data_parallel_size": 2}}, "`replicas` does the same"),
        ({"gpus": 1, "engine_args": {"data_parallel_size": True}}, "wanted is a whole number"),
        ({"gpus": 1, "engine_args": {"data_parallel_size": 0}}, "wanted is a whole number"),
    ],
)
def test_engines_side_by_side_in_a_replica_need_their_gpus(settings: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert EngineConfig(model="m", **settings).gpus == 4
    else:
        with pytest.raises(ConfigError, match=words):
            EngineConfig(model="m", **settings)


@pytest.mark.parametrize(
    "arguments",
    [
        {"quantization": "fp8"}, {"kv_cache_dtype": "fp8"}, {"speculative_config": {"method": "ngram"}},
        {"hf_overrides": {"rope_scaling": {"factor": 4}}}, {"not_known_today": 1},
    ],
)  # fmt: skip
def test_what_decides_what_is_said_is_in_the_identity_and_may_not_change(arguments: dict[str, Any]) -> None:
    assert passing(**arguments).identity() == PLAIN.identity() | {"engine_args": arguments}
    (name,) = arguments
    assert decides(f"engine_args.{name}") and decides(f"engine_args.{name}.inside")
    plain, other = make_config({"teacher": {"model": "m"}}), make_config(
        {"teacher": {"model": "m", "engine_args": arguments}}
    )
    assert decisive_fingerprint(plain) != decisive_fingerprint(other)


@pytest.mark.parametrize("name", ["max_num_batched_tokens", "enable_expert_parallel", "data_parallel_size"])
def test_what_decides_speed_alone_is_not_and_may_change(name: str) -> None:
    assert passing(**{name: 1}).identity() == PLAIN.identity()
    assert not decides(f"engine_args.{name}")
    configs = [make_config({"teacher": {"model": "m", "engine_args": args}}) for args in ({}, {name: 1})]
    assert len({decisive_fingerprint(config) for config in configs}) == 1


CPU = {"model": "m"}
WHOLE = {"model": "m", "engine_args": {"enable_chunked_prefill": False}}
SERVER = {"engine": "openai_api", "model": "m", "api": {"base_url": "http://x/v1"}}


@pytest.mark.parametrize(
    ("role", "section", "name"),
    [
        ("teacher", "method", "teacher_sampling"), ("student", "method", "student_sampling"),
        ("teacher", "method", "answer_sampling"), ("teacher", "evaluation", "majority_sampling"),
        ("student", "evaluation", "majority_sampling"), ("auditor", "method", "teacher_sampling"),
        ("verifier", "method", "verify_sampling"), ("teacher", "corpus", "sampling"),
    ],
)  # fmt: skip
def test_seeded_requests_to_a_cpu_are_refused_as_long_as_prompts_come_in_chunks(
    role: str, section: str, name: str
) -> None:
    others = {"teacher": SERVER, "student": SERVER, "auditor": SERVER, "verifier": SERVER}
    seeded = {section: {name: {"seed": 7, "temperature": 1}}} | ({"corpus": {"files": ["a.txt"], name: {"seed": 7}}}
                                                                  if section == "corpus" else {})  # fmt: skip
    for good in (WHOLE, SERVER, CPU | {"request_seeds": True}, CPU | {"gpus": 1}):
        make_config(others | seeded | {role: good})
    make_config(others | {section: {name: {"seed": 7, "temperature": 0}}} | {role: CPU, "corpus": None})
    wanted = rf"`{section}\.{name}\.seed`.*`{role}`.*`{role}\.engine_args: {{enable_chunked_prefill: false}}`"
    with pytest.raises(ConfigError, match=wanted):
        make_config(others | seeded | {role: CPU})


def test_limits_of_a_batch_decide_nothing_and_stand_once() -> None:
    """A run that was begun with other limits, or when 256 was the default, goes on."""
    settings = [{}, {"max_num_seqs": 256}, {"max_num_batched_tokens": 2048}, {"max_num_seqs": 5}]
    engines = [EngineConfig(model="m", **section) for section in settings]
    assert len({str(engine.identity()) for engine in engines}) == 1
    configs = [make_config({"teacher": {"model": "m", **section}}) for section in settings]
    assert len({decisive_fingerprint(config) for config in configs}) == 1
    with pytest.raises(ConfigError, match=r"`max_num_batched_tokens` stands twice: here and in `engine_args`"):
        EngineConfig(model="m", max_num_batched_tokens=4096, engine_args={"max_num_batched_tokens": 4096})
    with pytest.raises(ConfigError, match=r"`max_num_batched_tokens` is 100, less than `max_num_seqs`, 101"):
        EngineConfig(model="m", max_num_batched_tokens=100, max_num_seqs=101)
    assert EngineConfig(model="m", max_num_batched_tokens=100, max_num_seqs=100).max_num_seqs == 100


def test_an_argument_is_in_one_list_alone() -> None:
    lists = [set(vllm.ROOT_SETTINGS), set(vllm.REFUSED), set(vllm.SPEED)]
    assert sum(map(len, lists)) == len(set().union(*lists))
    for settings in vllm.ROOT_SETTINGS.values():
        assert {name.strip("`") for name in settings.split(" and ")} <= EngineConfig.model_fields.keys()


def server(**api: Any) -> EngineConfig:
    return EngineConfig(engine="openai_api", model="m", api=ApiConfig(base_url="http://x/v1", **api))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"extra_body": {"temperature": 1}},
         "the field `temperature` is not added to requests: the sampling settings say it"),
        ({"extra_body": {"reasoning_effort": "low"}}, "`api.reasoning_effort` says it"),
        ({"extra_body": {"stream": True}}, "replies are read whole"),
        ({"extra_body": {"API_Key": "sk"}}, "would be written beside the run"),
        ({"extra_headers": {"X-Org": "acme"}}, "name an environment variable that holds it: $ORG_ID"),
        ({"extra_headers": {"X-Org": "$A$B"}}, "name an environment variable"),
        ({"extra_headers": {"X-Org": "$1"}}, "name an environment variable"),
        ({"extra_headers": {"Authorization": "$KEY"}}, "`api.key_env` says it"),
        ({"extra_headers": {"content-length": "$N"}}, "the connection's own"),
        ({"extra_headers": {"X Org": "$N"}}, "no name of a header"),
        ({"extra_headers": {"X:\n": "$N"}}, "no name of a header"),
    ],
)  # fmt: skip
def test_fields_and_headers_that_are_dgrcs_or_would_be_written_are_refused(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        server(**settings)
    assert words in str(caught.value)


def test_fields_decide_what_a_server_says_but_for_those_that_tell_who_asks() -> None:
    added = {"provider": {"sort": "price"}, "user": "me", "service_tier": "flex"}
    assert server(extra_body=added).identity() == server().identity() | {"extra_body": {"provider": {"sort": "price"}}}
    assert server(extra_headers={"X-Org": "$ORG"}).identity() == server().identity()
    assert [servers.variable_of(value) for value in ("$ORG_ID", "${ORG_ID}")] == ["ORG_ID", "ORG_ID"]


def test_later_sampling_settings_are_written_where_they_are_set_alone() -> None:
    before = {"temperature": 0.6, "top_p": 1.0, "top_k": 0, "max_tokens": 2048}
    assert Sampling().model_dump(mode="json") == before
    bent = Sampling(min_p=0.1, repetition_penalty=1.1, presence_penalty=0.5, stop=("\n\n",), logit_bias={5: -100, 3: 2},
                    seed=0)  # fmt: skip
    written = bent.model_dump(mode="json")
    assert written == before | {
        "min_p": 0.1, "repetition_penalty": 1.1, "presence_penalty": 0.5, "stop": ["\n\n"], "seed": 0,
        "logit_bias": {"5": -100.0, "3": 2.0} if "5" in written["logit_bias"] else {5: -100.0, 3: 2.0},
    }  # fmt: skip
    assert Sampling.model_validate(written) == bent
    assert bent.drawn()["logit_bias"] == ((3, 2.0), (5, -100.0)) and bent.drawn()["stop"] == ("\n\n",)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"logit_bias": {5: 101}}, "from -100 to 100"), ({"logit_bias": {-1: 1}}, "from -100 to 100"),
        ({"stop": [""]}, "an empty text"), ({"repetition_penalty": 0}, "repetition_penalty"), ({"min_p": 2}, "min_p"),
        ({"seed": -1}, "seed"), ({"seed": "x"}, "seed"),
    ],
)  # fmt: skip
def test_sampling_that_no_engine_takes_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Sampling(**settings)
