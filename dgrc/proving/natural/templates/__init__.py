"""The templates of the natural domain, a file for each domain and language."""

from dgrc.proving.natural.templates import medicine_en

TEMPLATES = (*medicine_en.TEMPLATES,)
"""All of them."""
