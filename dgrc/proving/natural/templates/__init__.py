"""The templates of the natural domain, a file for each domain and language."""

from dgrc.proving.natural.templates import law_zh, law_zh_held_out, medicine_en, medicine_zh, medicine_zh_held_out

TEMPLATES = (
    *medicine_en.TEMPLATES,
    *medicine_zh.TEMPLATES,
    *medicine_zh_held_out.TEMPLATES,
    *law_zh.TEMPLATES,
    *law_zh_held_out.TEMPLATES,
)
"""All of them."""
