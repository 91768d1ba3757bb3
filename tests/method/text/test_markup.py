"""LaTeX and Markdown round an answer mean what is inside; money is no maths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dgrc.method.text.markup import unwrap


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (r"\boxed{5\,\text{mg}}", "5 mg"), ("**5 mg**", "5 mg"), ("$5$ mg", "5 mg"), (r"\(5\) mg", "5 mg"),
        (r"\[5\]", "5"), ("$$5$$", "5"), (r"$\$5$", "$5"), (r"\frac{1}{2}", "1/2"), (r"\dfrac34", "3/4"),
        (r"1\frac{1}{2}", "1 1/2"), (r"5\%", "5%"), ("10^{9}", "10^9"), ("10^{-3}", "10^-3"), ("1{,}000", "1,000"),
        (r"$4.5\times10^{9}/\text{L}$", "4.5\u00d710^9/L"), (r"\(37\,^\circ\text{C}\)", "37 \u00b0C"),
        (r"98.6^{\circ}\mathrm{F}", "98.6\u00b0F"), (r"\boxed{\text{B}}", "B"), (r"\textbf{(C)}", "(C)"),
        ("`B`", "B"), ("*B*", "B"), ("__B__", "B"), ("***B***", "B"), (r"\mathrm{5~mg}", "5 mg"), ("### B", "B"),
        (r"\boxed{\$1.5\text{ million}}", "$1.5 million"), ("**$1.5 million**", "$1.5 million"),
        (r"\boxed{\frac{\text{5 mg}}{2}}", "(5 mg)/2"), (r"\le 5", "\u22645"), (r"\SI{5}{mg}", "5 mg"),
    ],
)  # fmt: skip
def test_what_is_inside_is_meant(text: str, plain: str) -> None:
    assert unwrap(text) == plain
    assert unwrap(plain) == plain


@pytest.mark.parametrize(
    "text",
    ["$5", "$5-$10", "between $5 and $10", "US$5", "$5 or $6", "2*3*4", "snake_case_x", "5~10\u5929", "x_1", "a * b",
     "{a}", "#1", "C:\\temp", "5 mg", ""],
)  # fmt: skip
def test_what_is_no_markup_stays(text: str) -> None:
    assert unwrap(text) == text


@given(st.text(alphabet="\\{}$*_`~^5a \u00b0", max_size=30) | st.text(max_size=60))
def test_nothing_is_stumbled_over_and_nothing_is_added(text: str) -> None:
    assert len(unwrap(text)) <= 2 * len(text) + 8


@pytest.mark.parametrize(
    "piece", ["\\text{", "**a ", "*a ", "_a ", "$a ", "\\frac", "{", "\\", "$", "*", "_", "`", "$\\", " ", "^ ", "^{ "]
)
def test_a_long_run_of_marks_is_read_once(piece: str) -> None:
    """Repeated 100,000 characters long, before what would close it; a second reading of each would take minutes."""
    assert isinstance(unwrap("1" + piece * (100_000 // len(piece)) + "\\frac{1"), str)
