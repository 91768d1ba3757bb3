import random
from pathlib import Path

from transformers import AutoTokenizer

from dgrc.proving.corpus import batch, vocabulary
from dgrc.proving.tokenizer import build_tokenizer, encode_chat, word_ids
from dgrc.proving.world import World


def test_the_saved_tokenizer_and_its_template_give_the_ids_of_training(tmp_path: Path) -> None:
    world = World(0, "small")
    words = vocabulary(world)
    build_tokenizer(words, 512).save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    counts = {"solve": 5, "answer": 5, "diagnose": 5, "verify": 5}
    for example in (e for role in batch(world, "teacher", counts, random.Random(0)) for e in role):
        ids, head = encode_chat(word_ids(words), example.prompt, example.reply)
        turns = [*example.messages, {"role": "assistant", "content": example.reply}]
        whole = tokenizer.apply_chat_template(turns, return_dict=True, return_assistant_tokens_mask=True)
        assert whole["input_ids"] == ids
        assert whole["assistant_masks"] == [0] * head + [1] * (len(ids) - head)
        prompt = tokenizer.apply_chat_template(example.messages, add_generation_prompt=True, return_dict=True)
        assert prompt["input_ids"] == ids[:head]
        assert tokenizer.decode(ids[head:], skip_special_tokens=True) == example.reply
        assert tokenizer.unk_token_id not in ids
