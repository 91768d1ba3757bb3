"""The contenders of `benchmarks.inference`, each in processes of its own, as `python -m
benchmarks.inference.contenders WHO FOLDER QUESTIONS`. The last line of output is a JSON object: generated tokens a
second, and seconds until it could work."""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.shared.watch import Watch
from dgrc.config import EngineConfig

N = 4
"""Samples a question."""
FEWER = 8
"""transformers gets so many times fewer questions, or it would take most of the time."""
IDLE_SECONDS = 10
Work = Callable[[Sequence[int]], int]
"""Questions by number in, generated tokens out."""


def few_of(questions: int) -> int:
    """Questions of the short run whose time and tokens are taken from those of the long one; and of one before both.

    Half of them: a pass over fewer needs fewer of Ray's processes, whose starts would then be in our rate alone.
    """
    return questions // 2


def main() -> None:
    """Runs the contender that is named."""
    who, folder, questions = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    contenders: dict[str, Any] = {
        "raw_vllm": raw_vllm, "pool": pool, "pool_seeded": pool_seeded, "sampling_pass": sampling_pass,
        "ray_data_llm": ray_data_llm, "transformers": transformers,
    }  # fmt: skip
    sys.stdout.write(json.dumps(contenders[who](folder, questions)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # some leave threads behind


def setup(folder: Path) -> dict[str, int]:
    """What all have in common: `sequences`, `max_tokens`, `gpus`."""
    said: dict[str, int] = json.loads((folder / "setup.json").read_text())
    return said


def engine(folder: Path) -> EngineConfig:
    """The engine's section, for those that take one."""
    gpus = setup(folder)["gpus"]
    return EngineConfig(
        model=str(folder / "model"), max_model_len=2048, max_num_seqs=setup(folder)["sequences"], gpus=gpus,
        kv_cache_gib=0 if gpus else 0.5,
    )  # fmt: skip


def texts(folder: Path) -> list[str]:
    """The questions."""
    return [json.loads(line)["question"] for line in (folder / "questions.jsonl").read_text().splitlines()]


def chats(folder: Path) -> list[list[Any]]:
    """The messages that ask them, as the pack `general` has them."""
    from dgrc.method import sample
    from dgrc.method.prompts import load_pack

    pack = load_pack("general")
    return [sample.build_messages(pack, text, ()) for text in texts(folder)]


def timed(work: Work, questions: int, started: float, few: int = 0) -> dict[str, float]:
    """The rate at which further questions are answered: all less half of them, after a run that does not count.

    So first-time costs, and whatever a run takes to begin and to drain, are in nobody's rate. Starting is until the
    first question is answered.
    """
    few = few or few_of(questions)
    work(range(1))
    start_seconds = time.monotonic() - started
    work(range(few))
    (tokens_of_few, short), (tokens_of_all, long) = (_clocked(work, count) for count in (few, questions))
    return {"tokens_per_second": (tokens_of_all - tokens_of_few) / (long - short), "start_seconds": start_seconds}


def _clocked(work: Work, count: int) -> tuple[int, float]:
    began = time.monotonic()
    return work(range(count)), time.monotonic() - began


def raw_vllm(folder: Path, questions: int) -> dict[str, float]:
    """vLLM's own offline interface, with the arguments that our engine gives it."""
    from dgrc.engines.vllm.engine import engine_args, environment
    from dgrc.engines.vllm.tokens import PromptEncoder

    os.environ.update(environment(engine(folder)))
    began = time.monotonic()
    from vllm import LLM, SamplingParams

    args = engine_args(engine(folder), 0)
    llm: Any = LLM(**args)
    encoder = PromptEncoder(str(folder / "model"))
    prompts = [{"prompt_token_ids": encoder.encode(tuple(chat))} for chat in chats(folder)]
    sampling = SamplingParams(n=N, temperature=1.0, max_tokens=setup(folder)["max_tokens"])

    def work(numbers: Sequence[int]) -> int:
        outputs = llm.generate([prompts[n] for n in numbers], sampling, use_tqdm=False)
        return sum(len(sample.token_ids) for output in outputs for sample in output.outputs)

    return timed(work, questions, began)


def pool_seeded(folder: Path, questions: int) -> dict[str, float]:
    """The same with a seed for each request, which vLLM's sampler then draws for row by row."""
    return pool(folder, questions, request_seeds=True)


def pool(folder: Path, questions: int, **settings: Any) -> dict[str, float]:
    """Our pool, asked directly."""
    from dgrc.engines.base import Request
    from dgrc.engines.pool import Pool

    _ray()
    began = time.monotonic()
    started = Pool.start("teacher", engine(folder).model_copy(update=settings), 0).wait()
    client = started.client()
    sequences, max_tokens = (setup(folder)[name] for name in ("sequences", "max_tokens"))
    requests = [Request(tuple(chat), n=N, temperature=1.0, max_tokens=max_tokens) for chat in chats(folder)]

    async def ask(numbers: Sequence[int]) -> int:
        gate = asyncio.Semaphore(4 * sequences)

        async def one(number: int) -> int:
            async with gate:
                return sum(s.tokens for s in (await client.generate(requests[number], sibling=number)).samples)

        return sum(await asyncio.gather(*map(one, numbers)))

    said = timed(lambda numbers: asyncio.run(ask(numbers)), questions, began)
    started.stop()
    return said


def sampling_pass(folder: Path, questions: int) -> dict[str, Any]:
    """Our `gather` on Ray Data, all that is written included; and what it costs outside the engine."""
    from dgrc.config.file import make_config
    from dgrc.engines.pool import Pool
    from dgrc.pipeline.curate import _ingest
    from dgrc.pipeline.graph import run_pass
    from dgrc.pipeline.passes import GATHER
    from dgrc.runtime.session import ray_session
    from dgrc.storage.run_dir import RunDir

    config = make_config({
        "runs_dir": str(folder), "teacher": engine(folder).model_dump(), "student": engine(folder).model_dump(),
        "method": {
            "prompts": "general", "teacher_chains": N, "max_pairs": 0,
            "teacher_sampling": {"temperature": 1.0, "max_tokens": setup(folder)["max_tokens"]},
        },
        "pipeline": {"workers": 2, "rows_per_block": 128},
    })  # fmt: skip
    watched: list[Watch] = []
    prompt_tokens = 0
    began, passes = time.monotonic(), itertools.count()
    with ray_session(config, RunDir(folder / "session")), Pool.start("teacher", config.teacher, 0) as started:
        started.wait()
        with Watch(started._pids) as idle:  # while nobody asks
            time.sleep(IDLE_SECONDS)

        def work(numbers: Sequence[int]) -> int:
            nonlocal prompt_tokens
            source = folder / f"first-{len(numbers)}.jsonl"
            source.write_text("".join((folder / "questions.jsonl").read_text().splitlines(True)[: len(numbers)]))
            own = make_config(config.model_dump() | {
                "name": f"pass-{next(passes)}",
                "questions": {"files": [str(source)], "student_chains": [str(folder / "student.jsonl")]},
            })  # fmt: skip
            run = RunDir.of(own)
            _ingest(run, own)
            with Watch(started._pids) as watch:
                report = run_pass(GATHER, run, own, {"teacher": started}, "benchmark")
            watched.append(watch)
            spent = report["usage"]["teacher/sample"]
            prompt_tokens = round(spent["prompt_tokens"] / len(numbers))
            return int(spent["completion_tokens"])

        said = timed(work, questions, began + IDLE_SECONDS)
    few, all_of_them = watched[-2:]
    rate = (questions - few_of(questions)) / (all_of_them.seconds - few.seconds)
    busy = {who: seconds for who, seconds in all_of_them.steady().items() if who != "replicas"}  # the engine's process
    return {
        **said,
        "prompt_tokens": prompt_tokens,
        "requests_per_second": rate,
        "cpu_ms_per_request": {who: 1000 * seconds / rate for who, seconds in busy.items()},
        "idle_cpu_ms_per_second": {who: 1000 * idle.steady()[who] for who in busy},
    }


def ray_data_llm(folder: Path, questions: int) -> dict[str, float]:
    """ray.data.llm, each prompt n times, for it returns one sample a row."""
    import ray
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    from dgrc.engines.vllm.engine import engine_args, environment

    os.environ.update(environment(engine(folder)))
    _ray()
    began = time.monotonic()
    args = engine_args(engine(folder), 0)
    left_out = ("model", "scheduling_policy", "disable_log_stats")
    config = vLLMEngineProcessorConfig(
        model_source=str(folder / "model"),
        engine_kwargs={name: value for name, value in args.items() if name not in left_out},
        concurrency=1, batch_size=16, max_concurrent_batches=max(8, setup(folder)["sequences"] // 4),
        log_engine_metrics=False,
        placement_group_config={"bundles": [{"CPU": 1} | ({"GPU": 1} if setup(folder)["gpus"] else {})]},
        runtime_env={"env_vars": environment(engine(folder))},
    )  # fmt: skip
    sampling = {"temperature": 1.0, "max_tokens": setup(folder)["max_tokens"]}
    processor = build_processor(
        config,
        preprocess=lambda row: {"messages": row["messages"], "sampling_params": sampling},
        postprocess=lambda row: {"tokens": row["num_generated_tokens"]},
    )
    prompts = chats(folder)

    def work(numbers: Sequence[int]) -> int:
        rows = [{"messages": prompts[number]} for number in numbers for _ in range(N)]
        return sum(row["tokens"] for row in processor(ray.data.from_items(rows)).take_all())

    return timed(work, questions, began)


def transformers(folder: Path, questions: int) -> dict[str, float]:
    """`generate`, in batches of as many sequences as the others decode at once."""
    began = time.monotonic()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    device, batch = "cuda" if setup(folder)["gpus"] else "cpu", setup(folder)["sequences"] // N
    model: Any = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.bfloat16).to(device)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder / "model", padding_side="left")
    prompts = chats(folder)

    def work(numbers: Sequence[int]) -> int:
        tokens = 0
        for at in range(0, len(numbers), batch):
            encoded = tokenizer.apply_chat_template(
                [prompts[n] for n in numbers[at : at + batch]], add_generation_prompt=True, return_dict=True,
                return_tensors="pt", padding=True,
            ).to(device)  # fmt: skip
            replies = model.generate(
                **encoded, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=setup(folder)["max_tokens"],
                num_return_sequences=N,
            )[:, encoded["input_ids"].shape[1] :]
            tokens += int((replies != model.config.pad_token_id).sum())
        return tokens

    return timed(work, max(3 * batch, questions // FEWER), began, few=batch)


def _ray() -> None:
    import ray

    from dgrc.runtime.session import ENVIRONMENT

    os.environ.update(ENVIRONMENT)
    ray.init(address="local", num_cpus=8, include_dashboard=False, log_to_driver=False)


if __name__ == "__main__":
    main()
