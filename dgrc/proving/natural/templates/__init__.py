"""The templates of the natural domain, by domain and language."""

from dgrc.proving.natural.templates import (
    calendars_en,
    drips_en,
    law_en,
    law_unseen_en,
    medicine_en,
    medicine_unseen_en,
)

TEMPLATES = (
    *medicine_en.TEMPLATES,
    *drips_en.TEMPLATES,
    *medicine_unseen_en.TEMPLATES,
    *law_en.TEMPLATES,
    *calendars_en.TEMPLATES,
    *law_unseen_en.TEMPLATES,
)
"""All of them."""
