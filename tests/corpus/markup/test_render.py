"""Pages to lines: blocks, headings, tables, and what stands inside a line."""

import pytest

from tests.corpus.markup.samples import PAGE, only


def test_a_page_keeps_its_blocks_and_headings_and_loses_what_is_on_every_page() -> None:
    row = only(PAGE, ".html")
    assert row["title"] == "Water Code"
    assert row["text"].split("\n\n") == [
        "# Water Code", "Nobody may take water\nwithout a licence & a fee.", "## Fees",
        "Loose text bold and linked.", "Within.", "after", "- first", "- second", "- inner",
        "Rates\nUse | Fee\nhome | 3 \u20ac", "SECTION 1.", "As is\nso.",
    ]  # fmt: skip


def test_the_main_part_of_a_page_is_taken_where_it_is_marked() -> None:
    page = "<body><div>Menu</div><main><h1>A</h1><p>text</p><footer>in main</footer></main><p>Ads</p></body>"
    assert only(page, ".htm")["text"] == "# A\n\ntext\n\nin main"
    assert only(page, ".htm", path="//div")["text"] == "Menu"


def test_a_table_that_lays_out_a_page_is_no_row() -> None:
    page = "<table><tr><td>(a)</td><td><p>one</p><p>two</p></td></tr><tr><td>(b)</td><td>three</td></tr></table>"
    assert only(page, ".html")["text"] == "(a) one\n\ntwo\n\n(b) three"
    whole = "<table><tr><td><h2>Law</h2><p>x</p></td><td><p>y</p></td></tr></table>"
    assert only(whole, ".html")["text"] == "## Law\n\nx\n\ny"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>9</sup>/L, 5 kg/m<sup>2</sup>, CO<sub>2</sub>", "10^9/L, 5 kg/m^2, CO2"),
        ("as shown<sup>12</sup> and said.<sup><a href='#n'>3</a></sup>", "as shown [12] and said. [3]"),
        ("the 3<sup>rd</sup> day, le 2<sup>e</sup>, daily<sup>a</sup>", "the 3rd day, le 2e, daily [a]"),
        ("5 kg\u2009m<sup>\u22122</sup>", "5 kg m^\u22122"),
        ("if <math><mfrac><mi>a</mi><mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>"
         "<msup><mn>10</mn><mn>9</mn></msup><annotation>x</annotation></math>.", "if a/(b+1)10^9."),
        ("a<br><br>b<br>c", "a\n\nb\nc"),
        ("co\u00adoperate &lt;b&gt; &#8211; &unknown;", "cooperate <b> \u2013 &unknown;"),
    ],
)
def test_what_stands_inside_a_line(html: str, text: str) -> None:
    assert only(f"<p>{html}</p>", ".html")["text"] == text


def test_headings_that_only_a_class_marks_as_on_eur_lex() -> None:
    page = """<div class="eli-subdivision"><p class="oj-ti-section-1">CHAPTER I</p><div>
    <p class="oj-ti-art">Article 1</p> <p class="oj-normal">It applies.</p>
    <p class="li ManualHeading2">1.1. <span>Scope</span></p></div></div>"""
    assert only(page, ".html")["text"] == "## CHAPTER I\n\n### Article 1\n\nIt applies.\n\n## 1.1. Scope"
