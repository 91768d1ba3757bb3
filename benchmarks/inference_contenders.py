"""The contenders of `benchmarks.inference`, each in processes of its own, as `python -m
benchmarks.inference_contenders WHO FOLDER QUESTIONS`. The last line of output is a JSON object: generated tokens a
second, and seconds until it could work."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.inference import MAX_TOKENS, N
from dgrc.config import EngineConfig

WARM_UP = 8
"""Questions whose time does not count."""
SEQUENCES = 64
"""Sequences decoded at once, by all."""
Work = Callable[[Sequence[int]], int]
"""Questions by number in, generated tokens out."""


def main() -> None:
    """Runs the contender that is named."""
    who, folder, questions = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    contenders: dict[str, Any] = {
        "raw_vllm": raw_vllm, "pool": pool, "sampling_pass": sampling_pass, "ray_data_llm": ray_data_llm,
        "transformers": transformers,
    }  # fmt: skip
    sys.stdout.write(json.dumps(contenders[who](folder, questions)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # some leave threads behind


def engine(folder: Path) -> EngineConfig:
    """The engine's section, for those that take one."""
    return EngineConfig(model=str(folder / "model"), max_model_len=2048, max_num_seqs=SEQUENCES, kv_cache_gib=0.5)


def texts(folder: Path) -> list[str]:
    """The questions."""
    return [json.loads(line)["question"] for line in (folder / "questions.jsonl").read_text().splitlines()]


def chats(folder: Path) -> list[list[Any]]:
    """The messages that ask them, as the pack `general` has them."""
    from dgrc.method import sample
    from dgrc.method.prompts import load_pack

    pack = load_pack("general")
    return [sample.build_messages(pack, text, ()) for text in texts(folder)]


def timed(work: Work, questions: int, start_seconds: float) -> dict[str, float]:
    """The rate of an engine that is up: after a first few questions, all of them."""
    work(range(WARM_UP))
    began = time.monotonic()
    tokens = work(range(questions))
    return {"tokens_per_second": tokens / (time.monotonic() - began), "start_seconds": start_seconds}


def raw_vllm(folder: Path, questions: int) -> dict[str, float]:
    """vLLM's own offline interface, with the arguments that our engine gives it."""
    from dgrc.engines.tokens import PromptEncoder
    from dgrc.engines.vllm_local import engine_args, environment

    os.environ.update(environment(engine(folder)))
    began = time.monotonic()
    from vllm import LLM, SamplingParams

    args = engine_args(engine(folder), 0)
    llm: Any = LLM(**{name: value for name, value in args.items() if name != "worker_extension_cls"})
    encoder = PromptEncoder(str(folder / "model"))
    prompts = [{"prompt_token_ids": encoder.encode(tuple(chat))} for chat in chats(folder)]
    sampling = SamplingParams(n=N, temperature=1.0, max_tokens=MAX_TOKENS)

    def work(numbers: Sequence[int]) -> int:
        outputs = llm.generate([prompts[n] for n in numbers], sampling, use_tqdm=False)
        return sum(len(sample.token_ids) for output in outputs for sample in output.outputs)

    return timed(work, questions, time.monotonic() - began)


def pool(folder: Path, questions: int) -> dict[str, float]:
    """Our pool, asked directly."""
    from dgrc.engines.base import Request
    from dgrc.engines.pool import Pool

    _ray()
    began = time.monotonic()
    started = Pool.start("teacher", engine(folder), 0).wait()
    client = started.client()
    requests = [Request(tuple(chat), n=N, temperature=1.0, max_tokens=MAX_TOKENS) for chat in chats(folder)]

    async def ask(numbers: Sequence[int]) -> int:
        gate = asyncio.Semaphore(4 * SEQUENCES)

        async def one(number: int) -> int:
            async with gate:
                return sum(s.tokens for s in (await client.generate(requests[number], sibling=number)).samples)

        return sum(await asyncio.gather(*map(one, numbers)))

    said = timed(lambda numbers: asyncio.run(ask(numbers)), questions, time.monotonic() - began)
    started.stop()
    return said


def sampling_pass(folder: Path, questions: int) -> dict[str, float]:
    """Our `gather` on Ray Data, all that is written included; and what it costs outside the engine."""
    from dgrc.config_file import make_config
    from dgrc.engines.pool import Pool
    from dgrc.pipeline.curate import _ingest
    from dgrc.pipeline.graph import run_pass
    from dgrc.pipeline.passes import PASSES
    from dgrc.session import ray_session
    from dgrc.storage.run_dir import RunDir

    config = make_config({
        "runs_dir": str(folder), "teacher": engine(folder).model_dump(), "student": engine(folder).model_dump(),
        "method": {
            "prompts": "general", "teacher_chains": N, "max_pairs": 0,
            "teacher_sampling": {"temperature": 1.0, "max_tokens": MAX_TOKENS},
        },
        "pipeline": {"workers": 1, "rows_per_block": 256},
    })  # fmt: skip
    gather = PASSES[0]
    began = time.monotonic()
    with ray_session(config, RunDir(folder / "session")), Pool.start("teacher", config.teacher, 0) as started:
        started.wait()
        start_seconds = time.monotonic() - began

        def work(count: int) -> tuple[int, float, float]:
            source = folder / f"first-{count}.jsonl"
            source.write_text("".join((folder / "questions.jsonl").read_text().splitlines(True)[:count]))
            own = make_config(config.model_dump() | {
                "name": f"pass-{count}",
                "questions": {"files": [str(source)], "student_chains": [str(folder / "student.jsonl")]},
            })  # fmt: skip
            run = RunDir.of(own)
            _ingest(run, own)
            cpu, clock = _cpu_outside(started), time.monotonic()
            report = run_pass(gather, run, own, {"teacher": started}, "benchmark")
            tokens = report["usage"]["teacher/sample"]["completion_tokens"]
            return tokens, time.monotonic() - clock, _cpu_outside(started) - cpu

        few, many = work(4 * WARM_UP), work(questions)
    tokens, seconds, cpu = (after - before for before, after in zip(few, many, strict=True))
    return {
        "tokens_per_second": tokens / seconds,
        "start_seconds": start_seconds + few[1],
        "cpu_ms_per_request": 1000 * cpu / (questions - 4 * WARM_UP),
    }


def _cpu_outside(started: Any) -> float:
    """CPU seconds so far of all processes of this session, but for those of the engine."""
    import psutil

    engines, total = set(started._pids), 0.0
    me = psutil.Process()
    for process in [me, *me.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        if process.pid not in engines:
            total += times.user + times.system
    return total


def ray_data_llm(folder: Path, questions: int) -> dict[str, float]:
    """ray.data.llm, each prompt n times, for it returns one sample a row."""
    import ray
    from ray.data.llm import build_processor, vLLMEngineProcessorConfig

    from dgrc.engines.vllm_local import engine_args, environment

    os.environ.update(environment(engine(folder)))
    _ray()
    args = engine_args(engine(folder), 0)
    left_out = ("model", "worker_extension_cls", "scheduling_policy", "disable_log_stats")
    config = vLLMEngineProcessorConfig(
        model_source=str(folder / "model"),
        engine_kwargs={name: value for name, value in args.items() if name not in left_out},
        concurrency=1, batch_size=16, log_engine_metrics=False, placement_group_config={"bundles": [{"CPU": 1}]},
        runtime_env={"env_vars": environment(engine(folder))},
    )  # fmt: skip
    sampling = {"temperature": 1.0, "max_tokens": MAX_TOKENS}
    processor = build_processor(
        config,
        preprocess=lambda row: {"messages": row["messages"], "sampling_params": sampling},
        postprocess=lambda row: {"tokens": row["num_generated_tokens"]},
    )
    prompts = chats(folder)

    def work(count: int) -> tuple[int, float]:
        rows = [{"messages": chat} for chat in prompts[:count] for _ in range(N)]
        clock = time.monotonic()
        done = processor(ray.data.from_items(rows)).take_all()
        return sum(row["tokens"] for row in done), time.monotonic() - clock

    few, many = work(4 * WARM_UP), work(questions)
    return {"tokens_per_second": (many[0] - few[0]) / (many[1] - few[1]), "start_seconds": few[1]}


def transformers(folder: Path, questions: int) -> dict[str, float]:
    """`generate`, in batches of as many sequences as the others decode at once."""
    began = time.monotonic()
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(1)
    model: Any = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.bfloat16)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder / "model", padding_side="left")
    prompts = chats(folder)

    def work(numbers: Sequence[int]) -> int:
        tokens = 0
        for at in range(0, len(numbers), SEQUENCES // N):
            batch = [prompts[n] for n in numbers[at : at + SEQUENCES // N]]
            encoded = tokenizer.apply_chat_template(
                batch, add_generation_prompt=True, return_dict=True, return_tensors="pt", padding=True
            )
            replies = model.generate(
                **encoded, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=MAX_TOKENS, num_return_sequences=N
            )[:, encoded["input_ids"].shape[1] :]
            tokens += int((replies != model.config.pad_token_id).sum())
        return tokens

    return timed(work, questions, time.monotonic() - began)


def _ray() -> None:
    import ray

    from dgrc.session import ENVIRONMENT

    os.environ.update(ENVIRONMENT)
    ray.init(num_cpus=8, include_dashboard=False, log_to_driver=False)


if __name__ == "__main__":
    main()
