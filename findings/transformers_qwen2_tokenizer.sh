#!/bin/sh
# transformers 5.19.0: `AutoTokenizer` reads any tokenizer beside a `model_type: qwen2` as Qwen's own byte-level BPE.
#
# A tokenizer.json of whole words, saved by transformers itself, comes back as itself from a folder without a
# config.json. Beside a config.json that says `"model_type": "qwen2"` its vocabulary is read as that of a byte-level
# BPE: the words are gone, texts become other ids or none, and nothing is said. So who trains a tokenizer of their own
# for Qwen2's architecture, as small models do, trains on other tokens than they think. Beside `llama` and `qwen3` it
# comes back as it was. Right: the ids of the tokenizer.json.
# Output: [1, 2, 3] without a config.json, beside llama and beside qwen3; [] beside qwen2.
# Source: transformers/models/qwen2/tokenization_qwen2.py, models/auto/tokenization_auto.py. Seen 2026-11-28.
. "$(dirname "$0")/common"
install transformers==5.19.0 tokenizers==0.23.3
try_it <<'END'
import json
import pathlib
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

core = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "court": 2, "held": 3}, unk_token="[UNK]"))
core.pre_tokenizer = pre_tokenizers.Whitespace()

def ids(model_type):
    folder = pathlib.Path(model_type or "bare")
    PreTrainedTokenizerFast(tokenizer_object=core, unk_token="[UNK]").save_pretrained(folder)
    if model_type:
        (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return type(tokenizer).__name__, tokenizer("the court held")["input_ids"]

seen = {model_type: ids(model_type) for model_type in (None, "llama", "qwen2", "qwen3")}
for model_type, found in seen.items():
    print(f"config.json says {model_type}: {found}")
assert seen[None][1] == [1, 2, 3] and seen["qwen2"][1] != [1, 2, 3]
END
