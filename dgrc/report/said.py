"""Text of anybody for a terminal with styles: rich takes none of it for markup, and the terminal obeys none of it."""

from typing import Any

from rich.text import Text

from dgrc.report.terminal import plain


class Said(Text):
    """Text that may quote anybody: neither markup nor escape codes in it are obeyed."""

    def __init__(self, text: str = "", *more: Any, **options: Any):
        super().__init__(plain(text), *more, **options)

    def append(self, text: Any, style: Any = None) -> "Said":
        """Adds text of a style of its own."""
        super().append(plain(text) if isinstance(text, str) else text, style)
        return self
