"""Text for a terminal: any text in, the same text out without anything that a terminal would obey."""

import re

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
# Controls of C0 and C1 but tab and line feed, marks that turn the direction of text, separators of lines that no
# terminal shows as such, and halves of characters, which cannot be written at all.
_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)


def plain(text: str) -> str:
    """The text without anything that a terminal would obey: colours are left out, other controls spelled (`\\x1b`).

    What is left can say anything, but neither move the cursor, write the title or clipboard, hide or overwrite what
    stands there, nor show letters in another order than they are in.
    """
    return _COMMANDS.sub(_spelled, _COLOUR.sub("", text.replace("\r\n", "\n")))


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
