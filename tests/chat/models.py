"""Chat templates that behave as those of known models do, worded anew and in small, one for each way to write a turn.

Each `Model` says what is learned of the reply `Four.`: all that it would generate after its prompt, and the token that
ends its turn last.
"""

from dataclasses import dataclass

CHAT = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
ASK = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
IM = ("<|endoftext|>", "<|im_end|>", "<|im_start|>")
SAID = "{% set said = m.content.split('</think>')[-1].lstrip('\n') %}"
OFF = "enable_thinking is defined and not enable_thinking"
EMPTY = "<think>\n\n</think>\n\n"


@dataclass(frozen=True)
class Model:
    """A family: its template, special tokens, which of them is the eos, how its reply is learned, and where it is
    dated, how the prompt says the day."""

    name: str
    template: str
    special: tuple[str, ...]
    eos: str
    learned: str
    plain: tuple[str, ...] = ()
    bos: str | None = None
    dated: str = ""

    @property
    def end(self) -> str:
        """The special token that ends its turns."""
        return max((mark for mark in self.special if self.learned.endswith(mark)), key=len)


HEADER = "<|start_header_id|>{}<|end_header_id|>\n\n"
LLAMA = ("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>")
LLAMA_31 = (
    "{{ bos_token }}{% if not date_string is defined %}{% set date_string = '26 Jul 2024' %}{% endif %}"
    "{% set own = messages[0].content if messages[0].role == 'system' else '' %}" + HEADER.format("system") + ""
    "Cutting Knowledge Date: December 2023\nToday Date: {{ date_string }}\n\n{{ own | trim }}<|eot_id|>"
    "{% for m in messages if m.role != 'system' %}" + HEADER.format("{{ m.role }}") + "{{ m.content | trim }}<|eot_id|>"
    "{% endfor %}{% if add_generation_prompt %}" + HEADER.format("assistant") + "{% endif %}"
)
LLAMA_32 = LLAMA_31.replace(
    "{% set date_string = '26 Jul 2024' %}",
    "{% if strftime_now is defined %}{% set date_string = strftime_now('%d %b %Y') %}"
    "{% else %}{% set date_string = '26 Jul 2024' %}{% endif %}",
)
GEMMA_2 = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 is even) %}{{ raise_exception('take turns') }}"
    "{% endif %}<start_of_turn>{{ {'assistant': 'model'}.get(m.role, m.role) }}\n{{ m.content | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
GEMMA_3 = (
    "{{ bos_token }}{% set ns = namespace(first='') %}{% for m in messages %}"
    "{% if m.role == 'system' %}{% set ns.first = m.content ~ '\n\n' %}{% else %}"
    "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ ns.first }}{% set ns.first = '' %}"
    "{{ m.content | trim }}<end_of_turn>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
GEMMA_4 = (
    "{{ bos_token }}{% for m in messages %}<|turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<turn|>\n{% endfor %}{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)
QWEN_25 = (
    "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
) + CHAT + ASK  # fmt: skip
QWEN_3 = (
    "{% set ns = namespace(asked=0) %}{% for m in messages if m.role == 'user' %}"
    "{% set ns.asked = ns.asked + 1 %}{% endfor %}{% set seen = namespace(n=0) %}"
    "{% for m in messages %}{% if m.role == 'user' %}{% set seen.n = seen.n + 1 %}{% endif %}"
    "{% if m.role == 'assistant' %}" + SAID + "{% set thought = m.reasoning_content or "
    "(m.content.split('</think>')[0].split('<think>')[-1] if '</think>' in m.content else '') %}<|im_start|>assistant\n"
    "{% if seen.n == ns.asked and (loop.last or thought) %}<think>\n{{ thought.strip('\n') }}\n</think>\n\n{% endif %}"
    "{{ said }}<|im_end|>\n{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% if " + OFF + " %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
QWEN_35 = QWEN_3.replace(
    "<think>\n\n</think>\n\n{% endif %}{% endif %}", "<think>\n\n</think>\n\n{% else %}<think>\n{% endif %}{% endif %}"
)
R1_MARKS = ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>")
R1_DISTILL = (
    "{{ bos_token }}{% for m in messages if m.role == 'system' %}{{ m.content }}{% endfor %}"
    "{% for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }}{% elif m.role == 'assistant' %}"
    "<｜Assistant｜>{{ m.content.split('</think>')[-1] }}<｜end▁of▁sentence｜>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<｜Assistant｜><think>\n{% endif %}"
)
NEMOTRON = (
    "<SPECIAL_10>System\n{% if messages[0].role == 'system' %}{{ messages[0].content | trim }}{% endif %}\n"
    "{% for m in messages if m.role != 'system' %}<SPECIAL_11>{{ m.role | capitalize }}\n"
    "{{ m.content.split('</think>')[-1] | trim }}\n{% if m.role == 'assistant' %}<SPECIAL_12>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<SPECIAL_11>Assistant\n<think>\n{% endif %}"
)
GPT_OSS = (
    "<|start|>system<|message|>You are ChatGPT.\nCurrent date: {{ strftime_now('%Y-%m-%d') }}\n\n"
    "Reasoning: {{ reasoning_effort | default('medium') }}<|end|>{% for m in messages %}"
    "{% if m.role == 'system' %}<|start|>developer<|message|># Instructions\n\n{{ m.content }}<|end|>"
    "{% elif m.role == 'user' %}<|start|>user<|message|>{{ m.content }}<|end|>"
    "{% elif loop.last and not add_generation_prompt %}{% if m.thinking %}<|start|>assistant<|channel|>analysis"
    "<|message|>{{ m.thinking }}<|end|>{% endif %}"
    "<|start|>assistant<|channel|>final<|message|>{{ m.content }}<|return|>{% else %}"
    "<|start|>assistant<|channel|>final<|message|>{{ m.content }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant{% endif %}"
)
PHI_4 = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{{ m.content }}<|im_end|>{% else %}"
    "<|im_start|>{{ m.role }}<|im_sep|>{{ m.content }}<|im_end|>"
    "{% if m.role == 'user' %}<|im_start|>assistant<|im_sep|>{% endif %}{% endif %}{% endfor %}"
)
PHI_4_MINI = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% else %}{{ eos_token }}{% endif %}"
)
MISTRAL = (
    "{{ bos_token }}{% set own = messages[0].content if messages[0].role == 'system' else '' %}"
    "{% for m in messages if m.role != 'system' %}{% if m.role == 'user' %}[INST] "
    "{% if loop.last and own %}{{ own }}\n\n{% endif %}{{ m.content }}[/INST]{% else %} {{ m.content | trim }}"
    "{{ eos_token }}{% endif %}{% endfor %}"
)
MISTRAL_SMALL = (
    "{% set today = strftime_now('%Y-%m-%d') %}{{ bos_token }}[SYSTEM_PROMPT]"
    "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% else %}The current date is {{ today }}{% endif %}"
    "[/SYSTEM_PROMPT]{% for m in messages if m.role != 'system' %}{% if m.role == 'user' %}[INST]{{ m.content }}[/INST]"
    "{% else %}{{ m.content }}{{ eos_token }}{% endif %}{% endfor %}"
)
SMOLLM_3 = (
    "<|im_start|>system\nToday Date: {{ strftime_now('%d %B %Y') }}\nReasoning Mode: "
    "{{ '/no_think' if " + OFF + " else '/think' }}\n\n"
    "{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}<|im_end|>\n"
    "{% for m in messages if m.role != 'system' %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    + ASK.replace("\n{%", "\n{% if " + OFF + " %}<think>\n\n</think>\n{% endif %}{%")
)
GLM_MARKS = ("[gMASK]", "<sop>", "<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>", "<|observation|>")
GLM_4 = (
    "[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
GLM_45 = (
    "[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{% if m.role == 'assistant' %}<think></think>\n{% endif %}"
    "{{ m.content.split('</think>')[-1] | trim }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{{ '\n<think></think>' if " + OFF + " else '' }}{% endif %}"
)
OLMO_2 = (
    "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}"
    "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% if not loop.last or m.role != 'assistant' %}\n"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
OLMO_3 = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% if m.role == 'assistant' and loop.last %}{{ eos_token }}{% else %}<|im_end|>\n{% endif %}{% endfor %}" + ASK
)

THINK = ("<think>", "</think>")
MODELS = (
    Model("a base model with ChatML", CHAT + ASK, IM, "<|endoftext|>", "Four.<|im_end|>"),
    Model("Llama 3.1 over a base model", LLAMA_31, LLAMA, LLAMA[1], "Four.<|eot_id|>", bos=LLAMA[0]),
    Model("Llama 3.2", LLAMA_32, LLAMA, LLAMA[2], "Four.<|eot_id|>", (), LLAMA[0], "Today Date: 29 Nov 2026"),
    Model("Gemma 2", GEMMA_2, ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"), "<eos>", "Four.<end_of_turn>",
          bos="<bos>"),
    Model("Gemma 3", GEMMA_3, ("<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"), "<eos>", "Four.<end_of_turn>",
          bos="<bos>"),
    Model("Gemma 4", GEMMA_4, ("<bos>", "<eos>", "<|turn>", "<turn|>"), "<eos>", "Four.<turn|>", bos="<bos>"),
    Model("Qwen2.5", QWEN_25, IM, "<|im_end|>", "Four.<|im_end|>"),
    Model("Qwen3", QWEN_3, IM, "<|im_end|>", f"{EMPTY}Four.<|im_end|>", THINK),
    Model("Qwen3.5", QWEN_35, IM, "<|im_end|>", "\n</think>\n\nFour.<|im_end|>", THINK),
    Model("DeepSeek-R1-Distill", R1_DISTILL, R1_MARKS, R1_MARKS[1], f"\n</think>\n\nFour.{R1_MARKS[1]}",
          ("<｜User｜>", "<｜Assistant｜>", *THINK), R1_MARKS[0]),
    Model("Nemotron Nano 2", NEMOTRON, ("<s>", "</s>", "<SPECIAL_10>", "<SPECIAL_11>", "<SPECIAL_12>"), "<SPECIAL_12>",
          "\n</think>\n\nFour.\n<SPECIAL_12>", THINK, "<s>"),
    Model("gpt-oss", GPT_OSS, ("<|startoftext|>", "<|endoftext|>", "<|return|>", "<|start|>", "<|end|>", "<|message|>",
                               "<|channel|>", "<|call|>"), "<|return|>",
          "<|channel|>final<|message|>Four.<|return|>", (), "<|startoftext|>", "Current date: 2026-11-29"),
    Model("Phi-4", PHI_4, (*IM, "<|im_sep|>"), "<|endoftext|>", "Four.<|im_end|>", bos="<|endoftext|>"),
    Model("Phi-4-mini", PHI_4_MINI, ("<|endoftext|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"),
          "<|endoftext|>", "Four.<|end|>"),
    Model("Mistral 7B v0.3", MISTRAL, ("<s>", "</s>", "[INST]", "[/INST]"), "</s>", " Four.</s>", bos="<s>"),
    Model("Mistral Small 3", MISTRAL_SMALL, ("<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"),
          "</s>", "Four.</s>", (), "<s>", "The current date is 2026-11-29"),
    Model("SmolLM2", QWEN_25, IM, "<|im_end|>", "Four.<|im_end|>", bos="<|im_start|>"),
    Model("SmolLM3", SMOLLM_3, IM, "<|im_end|>", "Four.<|im_end|>", THINK,
          dated="Today Date: 29 November 2026"),
    Model("GLM-4", GLM_4, GLM_MARKS, "<|endoftext|>", "\nFour.<|user|>"),
    Model("GLM-4.5", GLM_45, GLM_MARKS, "<|endoftext|>", "\n<think></think>\nFour.<|user|>", THINK),
    Model("OLMo 2", OLMO_2, ("<|endoftext|>", "<|pad|>"), "<|endoftext|>", "Four.<|endoftext|>", bos="<|endoftext|>"),
    Model("OLMo 3", OLMO_3, IM, "<|endoftext|>", "Four.<|endoftext|>", bos="<|endoftext|>"),
)  # fmt: skip


def tokenizer_of(model: Model) -> object:
    """A byte-level tokenizer with the model's template and special tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(alphabet)}, merges=[]))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in model.special])
    inner.add_tokens([AddedToken(token, special=False, normalized=False) for token in model.plain])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=model.eos, bos_token=model.bos)
    tokenizer.chat_template = model.template
    return tokenizer
