"""The real vLLM (here its CPU build) on a made model: n samples, schemas, limits, and how it ends.

The model's weights are random: what it says is noise, that it says it in the right form is the test.
"""

import asyncio
import dataclasses
import math
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray

from dgrc.config import EngineConfig
from dgrc.engines.base import Completion, Request
from dgrc.engines.client import PoolClient
from dgrc.engines.pool import Pool
from dgrc.engines.vllm.engine import VllmEngine
from dgrc.errors import EngineError
from dgrc.method import answer, diagnose
from dgrc.method.prompts import load_pack
from dgrc.method.replies import json_object
from tests.tiny import engine_dtype, write_model

CONTEXT = 4096


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("vllm") / "model", max_length=CONTEXT)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("vllm") / "other", max_length=CONTEXT, seed=1)


@pytest.fixture(scope="module")
def pool(model: Path, ray_here: None) -> Iterator[Pool]:
    config = EngineConfig(model=str(model), max_model_len=CONTEXT, kv_cache_gib=0.1, max_num_seqs=16)
    with Pool.start("teacher", config, 0) as started:
        yield started.wait()


def user(text: str, **sampling: object) -> Request:
    return Request(({"role": "user", "content": text},), **sampling)  # type: ignore[arg-type]


def ask(client: PoolClient, *requests: Request) -> list[Completion]:
    async def all_of_them() -> list[Completion]:
        return list(await asyncio.gather(*(client.generate(r) for r in requests)))

    return asyncio.run(all_of_them())


def test_one_request_gives_all_its_samples(pool: Pool) -> None:
    (reply,) = ask(pool.client(), user("hello", n=4, temperature=1.0, max_tokens=12))
    assert reply.error is None and len(reply.samples) == 4
    assert len({s.text for s in reply.samples}) > 1
    assert all(s.tokens == 12 and s.finish_reason == "length" for s in reply.samples)


def test_greedy_is_the_same_twice(pool: Pool) -> None:
    a, b = ask(pool.client(), user("hello", max_tokens=8), user("hello", max_tokens=8))
    assert a.samples == b.samples


def test_a_prompt_shorter_than_vllms_own_block_on_a_cpu_is_cached(pool: Pool) -> None:
    first, second = (ask(pool.client(), user("who pays for " + "roof" * 16, max_tokens=4))[0] for _ in range(2))
    assert first.prompt_tokens < 128
    assert (first.cached_tokens, second.cached_tokens) == (0, 64)


def test_replies_match_the_packs_schemas(pool: Pool) -> None:
    pack = load_pack("general")
    asked = Request(
        tuple(answer.build_messages(pack, "Is water wet?")), n=2, temperature=1.0, max_tokens=3000,
        schema=pack.schema("stands_alone"),
    )
    divergence = Request(
        ({"role": "user", "content": "compare"},), temperature=1.0, max_tokens=3500, schema=pack.schema("diagnose")
    )
    replies, questions = ask(pool.client(), asked, divergence)
    for sample in (*replies.samples, *questions.samples):
        assert sample.finish_reason == "stop", "random text closes its quotation soon, and the schema does the rest"
        assert json_object(sample.text) is not None
    atoms, refused, _ = diagnose.parse_reply(pack, questions.samples[0].text, ("Is water wet?",))
    assert atoms or refused, "it asks something, whatever of it can be used"


def test_other_weights_take_their_turn_in_the_same_engine(
    pool: Pool, model: Path, other: Path, tmp_path: Path
) -> None:
    pids = ray.get(pool._replicas[0].ready.remote())
    for directory in (model, other, model):
        (served,) = ask(pool.client(weights=str(directory)), user("hello", max_tokens=8))
        assert whole(served.samples[0].text) == transformers_says(directory, "hello", 8)
    assert ray.get(pool._replicas[0].ready.remote()) == pids
    with pytest.raises(EngineError, match="does not exist"):
        ask(pool.client(weights=str(tmp_path / "absent")), user("hello", max_tokens=4))
    assert ask(pool.client(), user("hello", max_tokens=4))[0].error is None


def test_weights_that_are_served_only_in_part_are_told(pool: Pool, model: Path, other: Path, tmp_path: Path) -> None:
    """Of a layer that a directory lacks, vLLM (0.32) goes on with the old weights, and warns in its log at most."""
    from safetensors.torch import load_file, save_file

    assert pool.says_what_it_serves()
    pids = ray.get(pool._replicas[0].ready.remote())
    pool.turn_to(str(other))
    assert ask(pool.client(), user("hello", max_tokens=8)) == ask(
        pool.client(weights=str(other)), user("hello", max_tokens=8)
    )
    torn = tmp_path / "torn"
    shutil.copytree(model, torn)
    weights = load_file(model / "model.safetensors")
    save_file({name: w for name, w in weights.items() if ".layers.1." not in name}, torn / "model.safetensors")
    with pytest.raises(EngineError, match=r"weights of .*torn and serves others: the checksums of layer 1 are not"):
        pool.turn_to(str(torn))
    pool.turn_to(str(model))
    (served,) = ask(pool.client(), user("hello", max_tokens=8))
    assert whole(served.samples[0].text) == transformers_says(model, "hello", 8)
    assert ray.get(pool._replicas[0].ready.remote()) == pids


def test_a_prompt_that_does_not_fit_fails_alone(pool: Pool) -> None:
    long, short = ask(pool.client(), user("x" * (CONTEXT + 5), max_tokens=4), user("x", max_tokens=4))
    assert long.error is not None and long.error.startswith("too_long") and str(CONTEXT) in long.error
    assert short.error is None and len(short.samples) == 1


def test_a_bad_schema_fails_alone(pool: Pool) -> None:
    bad, good = ask(pool.client(), user("x", max_tokens=4, schema='{"type": "nonsense"}'), user("x", max_tokens=4))
    assert bad.error is not None and bad.error.startswith("refused")
    assert good.error is None


@pytest.mark.slow
def test_a_killed_replica_comes_back_with_the_weights_asked_for(pool: Pool, other: Path) -> None:
    client = pool.client(weights=str(other))
    assert ask(client, user("hello", max_tokens=4))[0].error is None
    (replica,) = pool._replicas
    before = ray.get(replica.ready.remote())
    psutil.Process(before[0]).send_signal(signal.SIGKILL)
    (reply,) = ask(client, user("hello", max_tokens=8))
    assert whole(reply.samples[0].text) == transformers_says(other, "hello", 8)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    """By the engine itself; that a pool passes on what an engine says while it starts is in test_pool."""
    with pytest.raises(EngineError, match="does not exist"):
        asyncio.run(VllmEngine(EngineConfig(model=str(tmp_path / "absent")), 0).start())


def transformers_says(directory: Path, text: str, tokens: int) -> str:
    """The greedy reply by transformers, in the engine's own arithmetic."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(directory)
    chat = [{"role": "user", "content": text}]
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=engine_dtype())
    reply = model.generate(**prompt, max_new_tokens=tokens, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    return whole(tokenizer.decode(reply, skip_special_tokens=True))


def whole(text: str) -> str:
    """Without the bytes of an unfinished character at its end, which the two decoders show differently."""
    return text.rstrip("\ufffd")


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def test_a_turn_is_scored_as_transformers_scores_it(pool: Pool, model: Path) -> None:
    """What IFD is made of: its two losses, and so their ratio, agree with a computation by transformers in bf16."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    said = {"role": "assistant", "content": "By the code of 1823.\n<answer>5 years</answer>"}
    asked = [({"role": "user", "content": "How long is the limit?"}, said), ({"role": "user", "content": ""}, said)]
    scored = ask(pool.client(), *(Request(messages, score=True) for messages in asked))
    tokenizer = AutoTokenizer.from_pretrained(model)
    reference = AutoModelForCausalLM.from_pretrained(model, dtype=engine_dtype()).eval()
    losses = []
    for messages, completion in zip(asked, scored, strict=True):
        assert completion.error is None and completion.samples == ()
        asking = tokenizer.apply_chat_template(list(messages[:1]), add_generation_prompt=True, return_dict=True)
        head = asking["input_ids"]
        turn = [*tokenizer.encode(said["content"], add_special_tokens=False), tokenizer.eos_token_id]
        with torch.no_grad():
            logits = reference(torch.tensor([[*head, *turn]])).logits[0].float()
        expected = torch.log_softmax(logits, -1)[range(len(head) - 1, len(head) + len(turn) - 1), turn]
        assert len(completion.logprobs) == len(turn)
        assert torch.tensor(completion.logprobs).mean().item() == pytest.approx(expected.mean().item(), rel=1e-2)
        losses.append((-sum(completion.logprobs) / len(turn), -expected.mean().item()))
    (given, given_there), (alone, alone_there) = losses
    assert given / alone == pytest.approx(given_there / alone_there, abs=1e-2)


def test_first_tokens_have_the_log_probabilities_that_transformers_gives_them(pool: Pool, model: Path) -> None:
    """In one batch with requests that generate and others that ask for fewer tokens; a text of several has none."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    letters, asked = ("A", "B", "C", "AB"), user("Which option is right?")
    of_four = dataclasses.replace(asked, logprobs_of=letters)
    of_two, says, refused = (
        dataclasses.replace(asked, logprobs_of=("B", "A")), user("hello", n=2, temperature=1.0, max_tokens=4),
        dataclasses.replace(asked, logprobs_of=("AB", "BC")),
    )  # fmt: skip
    four, two, said, none = ask(pool.client(), of_four, of_two, says, refused)
    tokenizer = AutoTokenizer.from_pretrained(model)
    reference = AutoModelForCausalLM.from_pretrained(model, dtype=engine_dtype()).eval()
    prompt = tokenizer.apply_chat_template(
        list(asked.messages), add_generation_prompt=True, return_dict=True, return_tensors="pt"
    )
    with torch.no_grad():
        expected = torch.log_softmax(reference(**prompt).logits[0, -1].float(), -1)
    expected = [expected[tokenizer.convert_tokens_to_ids(letter)].item() for letter in letters[:3]]
    assert len(set(expected)) == 3, "letters that are equally probable would prove nothing"
    assert four.error is None and four.samples == ()
    assert four.logprobs[:3] == pytest.approx(expected, abs=0.1) and four.logprobs[3] == -math.inf
    assert two.logprobs == pytest.approx((four.logprobs[1], four.logprobs[0]), abs=0.1)
    assert len(said.samples) == 2 and said.logprobs == ()
    assert none.error == "refused: none of 'AB', 'BC' is one token of this model"


def test_a_killed_replica_takes_its_engine_along(pool: Pool) -> None:
    """The last test with this pool, which ends while the replica is made anew."""
    (replica,) = pool._replicas
    before = ray.get(replica.ready.remote())
    assert len(before) > 1, "vLLM's engine core is a process of its own"
    processes = [p for p in map(_process, before) if p]
    assert len(processes) == len(before)
    processes[0].send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive
