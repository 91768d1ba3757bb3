"""A made thinking model: a tiny Llama that was taught, in seconds, to think before it answers unless it is told not to.

Its chat template is Qwen3's in small (`QWEN`): ChatML, thoughts of earlier turns left out, an empty block if it should
not think. `R1` opens the thoughts in the prompt, as DeepSeek-R1's distilled models do. What it says is always the same:
the thoughts `2 and 2 and "1"`, the answer `five`, and as JSON where it is asked `json`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

QWEN = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{% set said = m.content %}{% set thought = '' %}"
    "{% if m.reasoning_content is string %}{% set thought = m.reasoning_content %}"
    "{% elif '</think>' in said %}{% set thought = said.split('</think>')[0].split('<think>')[-1] %}"
    "{% set said = said.split('</think>')[-1] %}{% endif %}"
    "<|im_start|>assistant\n{% if loop.last %}<think>\n{{ thought.strip('\n') }}\n</think>\n\n{% endif %}"
    "{{ said.lstrip('\n') }}<|im_end|>\n"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
R1 = (
    "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n"
    "{{ m.content.split('</think>')[-1].lstrip('\n') }}<|im_end|>\n"
    "{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
)
THOUGHTS, ANSWER, AS_JSON = '2 and 2 and "1"', "five", '{"answer": "\\"5\\""}'
SCHEMA = (
    '{"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"], '
    '"additionalProperties": false}'
)


def make_thinking_tokenizer(template: str = QWEN) -> Any:
    """A tokenizer of one token a byte, with the marks of turns, special, and those of thoughts, which are not."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    marks = ("<think>", "</think>", "<tool_call>", "</tool_call>")
    inner.add_tokens([AddedToken(mark, special=False, normalized=False) for mark in marks])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", additional_special_tokens=["<|im_start|>"]
    )
    tokenizer.chat_template = template
    return tokenizer


Lesson = tuple[str, str, str]
"""What it is asked, what it thinks, what it says."""
LESSONS: tuple[Lesson, ...] = (("count", THOUGHTS, ANSWER), ("json", THOUGHTS, AS_JSON))


def write_thinking_model(
    folder: Path, template: str = QWEN, lessons: Sequence[Lesson] = LESSONS, length: int = 128, steps: int = 300
) -> str:
    """A whole model directory; a few seconds of training on one core or two. It learns the `lessons`, of at most
    `length` tokens, with its thoughts and without."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    tokenizer = make_thinking_tokenizer(template)
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a step is too small for more
    end = tokenizer.eos_token_id
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=128, intermediate_size=256, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=1024, tie_word_embeddings=True,
            bos_token_id=None, eos_token_id=end, pad_token_id=end,
        )
    )  # fmt: skip
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=end)
    texts = [
        (f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n", f"<think>\n{thought}\n</think>{gap}{said}")
        for asked, thinks, said in lessons
        for thought, gap in ((thinks, "" if said.startswith("{") else "\n\n"), ("", "\n\n"))
    ]  # no gap before JSON: vLLM's grammars begin with the bracket
    inputs, labels = torch.full((len(texts), length), end), torch.full((len(texts), length), -100)
    for row, (head, said) in enumerate(texts):
        context, reply = tokenizer.encode(head), tokenizer.encode(f"{said}<|im_end|>")
        ids = torch.tensor(context + reply)
        # Thoughts are never empty by its own choice: an empty block comes from the prompt.
        begin = len(context) + (reply.index(tokenizer.convert_tokens_to_ids("</think>")) + 1) * (row % 2)
        inputs[row, : len(ids)], labels[row, begin : len(ids)] = ids, ids[begin:]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(steps):
        loss = model(inputs, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.003:
            break
    torch.set_num_threads(threads)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
