import json
import random
from pathlib import Path

import jsonschema
from transformers import AutoTokenizer

import dgrc.method.prompts
from dgrc.proving.noise import ASSISTANT, END, USER, build_tokenizer, reply


def test_replies_fit_the_schemas_of_the_packs() -> None:
    packs = Path(dgrc.method.prompts.__file__).parent
    files = ("general/diagnose", "legal/diagnose", "general/verify")
    schemas = [json.loads((packs / f"{file}.schema.json").read_text()) for file in files]
    rng = random.Random(0)
    fitting, answered = [0, 0, 0], 0
    for text in (reply(rng) for _ in range(200)):
        if text.endswith("</answer>"):
            answered += not text.startswith("<think>")
            continue
        checks = [jsonschema.Draft202012Validator(schema).is_valid(json.loads(text)) for schema in schemas]
        assert sum(checks) == 1
        fitting = [count + fits for count, fits in zip(fitting, checks, strict=True)]
    assert min(*fitting, answered) > 10


def test_any_text_survives_the_tokenizer(tmp_path: Path) -> None:
    build_tokenizer().save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    text = "§ 12: “naïve”\n\tA.  <think>\0 日本 </answer>"
    ids = tokenizer.encode(f"{USER}{text}{ASSISTANT}", add_special_tokens=False)
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert len(ids) == len(text.encode()) + 2
    assert tokenizer.eos_token == END
