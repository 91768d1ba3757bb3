"""The contenders of `benchmarks.train`, each in processes of its own: `python -m benchmarks.train.contenders WHO FOLDER
WARM_UP`. The last line of output is a JSON object: losses by step, real tokens a second, tokens in all, memory, MFU."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from dgrc.config.training import TrainingConfig
from dgrc.training.data.encode import Corpus

WORKERS = 2


def main() -> None:
    """Runs the contender that is named."""
    who, folder, warm_up = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    config = TrainingConfig.model_validate_json((folder / "config.json").read_text())
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    contenders = {"ours": ours, "torch": plain_torch, "trl_padded": trl, "trl_packed": trl}
    said = contenders[who](who, folder, config, warm_up)
    print(json.dumps(said))


def load_corpus(folder: Path) -> Corpus:
    """The examples."""
    with np.load(folder / "corpus.npz") as data:
        return Corpus(data["tokens"], data["loss"], data["offsets"], 0, np.arange(len(data["offsets"]) - 1))


def summary(
    seconds: list[float], tokens: list[int], losses: list[float], warm_up: int, memory: float
) -> dict[str, Any]:
    """What a contender says of itself."""
    rate = sum(tokens[warm_up:]) / sum(seconds[warm_up:])
    return {
        "tokens_per_second": rate, "losses": losses, "tokens": sum(tokens), "memory_gib": round(memory, 3), "mfu": None
    }  # fmt: skip


def ours(who: str, folder: Path, config: TrainingConfig, warm_up: int) -> dict[str, Any]:
    """The whole of our training: Ray Train, DeepSpeed, packing."""
    import ray

    from dgrc.runtime.session import ENVIRONMENT
    from dgrc.training.data.stages import plan_stages
    from dgrc.training.run import launch
    from dgrc.training.run.progress import TrainProgress

    os.environ.update(ENVIRONMENT)
    corpus = load_corpus(folder)
    stages = plan_stages(0, len(corpus), config, 0, None, corpus.length)
    course = launch.Course("student", None, "given", str(folder / "student"), {})
    planned = launch.Planned(course, corpus, None, stages, 0, None)  # examples are tokens already
    steps: list[TrainProgress] = []
    ray.init(address="local", num_cpus=WORKERS + 1, include_dashboard=False, log_to_driver=False)
    launch._run_workers(config, str(folder / "model"), [planned], 0, folder / "work", "train-ours", steps.append)
    ray.shutdown()
    seconds = [step.tokens / step.tokens_per_second for step in steps]
    said = summary(seconds, [s.tokens for s in steps], [s.loss for s in steps], warm_up, steps[-1].memory_gib)
    mfus = [step.mfu for step in steps[warm_up:] if step.mfu is not None]
    return {**said, "mfu": round(sum(mfus) / len(mfus), 4) if mfus else None}


def plain_torch(who: str, folder: Path, config: TrainingConfig, warm_up: int) -> dict[str, Any]:
    """Our packing and loss in a loop of torch's DistributedDataParallel, without Ray and DeepSpeed."""
    import torch.multiprocessing as mp

    workers = config.most_workers
    context = mp.get_context("spawn")
    answers = context.Queue()
    started = [
        context.Process(target=_plain_worker, args=(rank, workers, folder, config, answers)) for rank in range(workers)
    ]
    for process in started:
        process.start()
    seconds, tokens, losses, memory = answers.get()
    for process in started:
        process.join()
    return summary(seconds, tokens, losses, warm_up, memory)


def _plain_worker(rank: int, workers: int, folder: Path, config: TrainingConfig, answers: Any) -> None:
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel
    from transformers import AutoModelForCausalLM

    from dgrc.training.data.packing import collate, loss_tokens, share_rows
    from dgrc.training.data.stages import plan_stages
    from dgrc.training.model.head import give_loss
    from dgrc.training.run.loop import _attention_kernel, batch_loss, tokens_per_batch
    from dgrc.training.run.progress import memory_gib

    on_gpu = config.gpus_per_worker > 0
    dist.init_process_group(
        "nccl" if on_gpu else "gloo", init_method=f"file://{folder}/meet-{os.getppid()}", rank=rank, world_size=workers
    )
    device = torch.device("cuda", rank) if on_gpu else torch.device("cpu")
    corpus = load_corpus(folder)
    (stage,) = plan_stages(0, len(corpus), config, 0, None, corpus.length)
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    bare: Any = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=dtype, attn_implementation="sdpa")
    bare.to(device)
    if config.gradient_checkpointing:
        bare.gradient_checkpointing_enable({"use_reentrant": False})
    bare.train()
    assert give_loss(bare) is None
    model: Any = DistributedDataParallel(bare)
    optimizer = torch.optim.AdamW(model.parameters(), betas=config.betas, weight_decay=0.0, fused=True)
    seconds, tokens, losses = [], [], []
    for visits in stage.steps:
        began = time.monotonic()
        shares = share_rows(corpus, visits, tokens_per_batch=tokens_per_batch(config), workers=workers)[rank]
        scale = workers / loss_tokens(corpus, visits)
        total = torch.zeros((), device=device)
        for n, rows in enumerate(shares):
            model.require_backward_grad_sync = n == len(shares) - 1
            with _attention_kernel(device):
                loss = batch_loss(model, collate(corpus, rows).to(device), scale)
                loss.backward()
            total += loss.detach()
        torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)
        optimizer.param_groups[0]["lr"] = stage.settings.learning_rate
        optimizer.step()
        optimizer.zero_grad()
        dist.all_reduce(total)
        losses.append(float(total) / workers)
        seconds.append(time.monotonic() - began)
        tokens.append(sum(corpus.length(v) for v in visits))
    if rank == 0:
        answers.put((seconds, tokens, losses, memory_gib()))
    dist.barrier()
    dist.destroy_process_group()


def trl(who: str, folder: Path, config: TrainingConfig, warm_up: int) -> dict[str, Any]:
    """TRL's SFTTrainer under torchrun; padded and grouped by length, or packed."""
    import subprocess

    workers = config.most_workers
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={workers}",
        "-m", "benchmarks.train.trl", who, str(folder), str(warm_up),
    ]  # fmt: skip
    environment = {**os.environ, "LOGLEVEL": "ERROR"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    said: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"tok')))
    return said


if __name__ == "__main__":
    main()
