#!/bin/sh
# TRL 1.16.0: `SFTTrainer` leaves out examples whose prompt alone fills `max_length`, without a word.
#
# The documentation of `max_length` says that longer sequences are truncated. A row whose prompt is that long has no
# token of its completion left, and is dropped when the trainer is made: fewer examples, fewer steps, no warning, no
# count. In a comparison at "equal examples" the two sides then learn from different ones. Right: documented, or a
# warning.
# Output: 3 of 6 rows are trained on; nothing is said.
# Source: `SFTConfig.max_length`; trl/trainer/sft_trainer.py ("Dropping fully masked examples"). Seen 2026-11-28.
. "$(dirname "$0")/common"
install trl==1.16.0 torch==2.13.0 transformers==5.19.0 datasets==5.2.0 accelerate==1.15.0
try_it <<'END'
import logging
import warnings
from datasets import Dataset, disable_progress_bars
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

disable_progress_bars()
said = []
warnings.showwarning = lambda message, *_: said.append(str(message))
heard = logging.Handler(logging.WARNING)
heard.emit = lambda record: said.append(record.getMessage())
logging.getLogger().addHandler(heard)

alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
core = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))  # one token a byte
core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<end>", pad_token="<pad>")
model = LlamaForCausalLM(LlamaConfig(
    vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
))
rows = Dataset.from_list([{"prompt": "q" * length, "completion": "answer"} for length in (10, 60, 63, 64, 65, 200)])
trainer = SFTTrainer(
    model, SFTConfig(output_dir="out", max_length=64, report_to="none", use_cpu=True, bf16=False), train_dataset=rows,
    processing_class=tokenizer,
)
about = [line for line in said if "drop" in line.lower() or "mask" in line.lower() or "max_length" in line]
kept = len(trainer.train_dataset)
print(f"of {len(rows)} rows with prompts of 10, 60, 63, 64, 65 and 200 tokens {kept} are trained on; said of it: {about}")
assert kept == 3 and not about
END
