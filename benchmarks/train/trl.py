"""TRL's SFTTrainer on the examples of `benchmarks.train`, one process of several (started by `train_contenders`)."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.train.contenders import load_corpus, summary
from dgrc.config.training import TrainingConfig


def main() -> None:
    """Trains and prints what rank 0 has to say."""
    import torch
    from datasets import Dataset
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from dgrc.training.run.progress import memory_gib

    who, folder, warm_up = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    config = TrainingConfig.model_validate_json((folder / "config.json").read_text())
    corpus, workers = load_corpus(folder), config.most_workers
    rows = [corpus.slice(example) for example in range(len(corpus))]
    tokens, masks = [tokens.tolist() for tokens, _ in rows], [mask.astype(int).tolist() for _, mask in rows]
    data = Dataset.from_dict({"input_ids": tokens, "completion_mask": masks})
    on_gpu, packed = config.gpus_per_worker > 0, who == "trl_packed"
    row = config.max_length
    examples = config.batch_examples // workers
    mean = sum(corpus.length(e) for e in range(len(corpus))) / len(corpus)
    arguments = SFTConfig(
        output_dir=str(folder / "trl"),
        use_cpu=not on_gpu,
        bf16=config.precision == "bf16",
        ddp_backend="nccl" if on_gpu else "gloo",
        # As many tokens a step as ours: rows of max_length if packed, examples if padded.
        per_device_train_batch_size=max(1, round(examples * mean / row)) if packed else examples,
        gradient_accumulation_steps=1,
        packing=packed,
        max_length=row,
        train_sampling_strategy="random" if packed else "group_by_length",
        completion_only_loss=True,
        num_train_epochs=1,
        learning_rate=config.chains.learning_rate,
        lr_scheduler_type="constant",
        max_grad_norm=config.max_grad_norm,
        gradient_checkpointing=config.gradient_checkpointing,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=0,
    )
    clock = Clock()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel({"<pad>": 0, "<end>": 1}, unk_token="<pad>")),
        pad_token="<pad>", eos_token="<end>",
    )  # fmt: skip
    dtype = torch.bfloat16 if config.precision == "bf16" else torch.float32
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder / "model", dtype=dtype, attn_implementation="sdpa"),
        args=arguments,
        train_dataset=data,
        processing_class=tokenizer,
        callbacks=[clock.callback(TrainerCallback)],
    )
    trainer.train()
    if int(os.environ["RANK"]) == 0:
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        each = sum(corpus.length(e) for e in range(len(corpus))) / len(losses)
        said = summary(clock.seconds, [round(each)] * len(losses), losses, warm_up, memory_gib())
        print(json.dumps(said))


class Clock:
    """The time of each step."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.began = 0.0

    def callback(self, base: Any) -> Any:
        """A callback of transformers that keeps it."""
        clock = self

        class Timer(base):
            def on_step_begin(self, *arguments: Any, **more: Any) -> None:
                clock.began = time.monotonic()

            def on_step_end(self, *arguments: Any, **more: Any) -> None:
                clock.seconds.append(time.monotonic() - clock.began)

        return Timer()


if __name__ == "__main__":
    main()
