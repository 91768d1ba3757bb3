"""A run as one file: what is in it, that it is text whatever it says, what is said of runs that are not whole."""

import html.parser
import re
from pathlib import Path
from typing import Any

import pytest

from dgrc.storage.atomic import write_json
from dgrc.storage.manifest import read_manifest, write_manifest
from dgrc.storage.run_dir import RunDir
from dgrc.storage.verify import damage
from dgrc.view.report import text
from dgrc.view.report.write import put, report
from tests.cli.test_main import dgrc, one_paragraph
from tests.paths import ROOT
from tests.view.made import CASES, HOSTILE, LONG, evaluated, write_run

SMALL = [one for one in CASES if one.source_id != HOSTILE]
"""Without the one that says a megabyte."""
SPELLED = {"\x1b": "U+001B", "\x07": "U+0007", "\u202e": "U+202E", "\u202c": "U+202C"}


class Page(html.parser.HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.flat = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def marked(self, page: str) -> list[str]:
        return [
            " ".join(Page(part).flat.split()) for part in re.findall(r"<mark class=parting>(.*?)</mark>", page, re.S)
        ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    made = write_run(tmp_path_factory.mktemp("runs") / "r")
    evaluated(made)
    losses = [3.0, float("nan"), *(2.0 - step / 500 for step in range(498))]
    stages = [["atoms", 200], ["chains", 300]]
    write_json(made.losses("dgrc"), {"losses": losses, "validation": [["chains", 50, 1.5]], "stages": stages})
    figures = {"visits": 6400, "steps": 500, "tokens": 99_000, "first_loss": 3.0, "last_loss": 1.004}
    for recipe in ("dgrc", "distill"):
        made.mark_done(f"train-{recipe}", "f", figures)
    usage = {"teacher/sample": {"calls": 28, "money": 1.5}, "teacher/grade": {"money": 0.25}}
    made.mark_done("gather", "f", {"rows": 7, "usage": usage})
    return made


@pytest.fixture(scope="module")
def page(run: RunDir) -> str:
    return report(run)


def test_a_page_loads_nothing_and_runs_nothing_whatever_models_say(page: str) -> None:
    made = Page(page)
    assert not {"script", "img", "iframe", "link", "object", "form"}.intersection(tag for tag, _ in made.elements)
    for tag, attributes in made.elements:
        assert not any(name.startswith("on") or name == "src" for name in attributes), (tag, attributes)
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style and "@import" not in style and "@media print" in style
    policy = next(a["content"] for _, a in made.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    spelled = HOSTILE
    for control, name in SPELLED.items():
        spelled = spelled.replace(control, name)
    assert made.words.count(spelled) >= 5  # name, question, option, chain, thoughts
    assert not text.HIDDEN.search(page)


def test_controls_are_spelled_as_the_pages_of_the_view_do() -> None:
    source = (ROOT / "dgrc/view/static/dom.js").read_text()
    theirs = re.compile(re.search(r"const HIDDEN = /(.*)/g;", source)[1])  # type: ignore[index]
    ours = {chr(code) for code in range(0x10000) if text.HIDDEN.match(chr(code))}
    halves = {chr(code) for code in range(0xD800, 0xE000)}
    assert ours - halves == {chr(code) for code in range(0x10000) if theirs.match(chr(code))} and halves <= ours
    page = "".join(ours) + "<b>&amp;"
    assert Page(str(text.said(page))).words == "".join(f"U+{ord(one):04X}" for one in page[:-8]) + "<b>&amp;"


def test_figures_of_all_kinds_are_there(page: str) -> None:
    flat = Page(page).flat
    for said in (
        "atoms kept 3 −1 disagreement", "base 0.610 0.550 to 0.670 3 0.0012", "dgrc 0.720 0.660 to 0.770 3",
        "teacher sample 28 8,400 2,100 6,300 1.50", "teacher grade 0 0 0 0 0.25", "all 56 16,800 4,200 12,600 1.75",
        "Questions by how answers were read", "phrase 1 12%", "all agree 3 75%", "Atoms by the judge's score",
        "dgrc 6,400 500 99,000 3.000 1.004", "No curve of distill",
        "dgrc: 500 steps, validation 1.500 at the end; 1 step came to no number", "All questions that were gathered",
    ):  # fmt: skip
        assert said in flat, said
    assert page.count('<figure class="curve">') == 1 and "<polyline" in page


def test_cases_have_their_marks_relations_and_reasons(page: str) -> None:
    made = Page(page)
    marked = made.marked(page)
    assert marked[0] == "[they part here] It must also be given three months before the end, so by 30 September."
    assert marked[1] == "[they part here] It must also be given one month before the end, so by 30 November."
    for said in (
        "In the curriculum: held against 2 facts, none contradicts it.", "contradicts teacher 1",
        "does not contradict teacher 0", "supports teacher 2", "teacher 2 says: three months",
        "Dropped: held against 2 facts, contradicted by 1 of them.",
        "contradicted by: How long before the end of a yearly lease must a landlord give notice? → three months",
        "Refused: Which of the following is right? – leans on options", "This question failed: teacher sample: HTTP",
        "100% of 4 answers agree · asked by 1 question · judge 12 · dropped: disagreement",
    ):  # fmt: skip
        assert said in made.flat, said
    first, second = made.flat.index("1. lease-17"), made.flat.index("7. broken-1")
    assert first < second, "what tells most comes first"
    targets = {attributes.get("id") for _, attributes in made.elements}
    leads = {attributes["href"] for tag, attributes in made.elements if tag == "a"}
    assert len(leads) > 10 and {str(lead)[1:] for lead in leads} <= targets


def test_a_megabyte_is_folded_and_the_page_says_what_it_leaves_out(page: str) -> None:
    assert len(LONG) == 1_200_000 and len(page) < 400_000
    flat = Page(page).flat
    assert re.search(r"… [\d,]+ more characters are not in this file\.", flat)
    whole = text.MOST + 1
    assert "… 1 more characters" in Page(str(text.folded("x" * whole))).flat
    assert Page(str(text.folded("x" * text.MOST))).words.count("x") == text.MOST + 1  # one in `next`


def test_a_page_has_so_many_cases_and_no_more_than_a_file_has_room_for(
    run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Page(report(run, most=2))
    assert "2 of 7 questions that were gathered" in made.flat and "3. " not in made.flat
    monkeypatch.setattr("dgrc.view.report.page.MOST_BYTES", 10_000)
    made = Page(report(run))
    assert "1 of 7 questions" in made.flat and "The file would be too large with more." in made.flat


@pytest.mark.parametrize(
    ("until", "says"),
    [
        ("questions", "No question was gathered yet, so there are no cases."),
        ("cases", "No chain was held against facts yet."),
        ("verdicts", "There is no evaluation, and no student was trained."),
    ],
)
def test_of_a_run_that_is_half_done_the_half_is_shown(tmp_path: Path, until: str, says: str) -> None:
    run = write_run(tmp_path / "r", SMALL, until=until)
    for markdown in (False, True):
        shown = report(run, markdown=markdown)
        flat = shown if markdown else Page(shown).flat
        assert says in flat and "The run is not complete" in flat and ("lease-17" in flat) == (until != "questions")


def test_what_is_damaged_is_told_and_the_rest_is_shown(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", SMALL)
    run.evaluation().write_text("{")
    run.mark_done("train-dgrc", "f", {"steps": "many"})
    run.losses("dgrc").write_text("[1]")
    (run.root / "rounds.json").write_text('{"a": 1, "b": 2}')
    (run.dataset("cases") / "part-00001.parquet").write_bytes(b"PAR1 no")
    run.config_file.write_text(": [")
    run.manifest_file.write_text("{")
    for markdown in (False, True):
        shown = report(run, markdown=markdown)
        flat = shown if markdown else Page(shown).flat
        for said in (
            "evaluation.json cannot be read", "The losses of dgrc cannot be read", "part-00001.parquet cannot be read",
            "This cannot be shown: the run's figures of it are in no form that is known", "lease-17",
            "What it was made with cannot be read", "Its settings cannot be read",
        ):  # fmt: skip
            assert said in flat, said


@pytest.mark.parametrize("form", [{"models": 5}, {"questions": 1, "models": {"x": {}}, "confidence": 0.9}, ["x"]])
def test_an_evaluation_of_another_form_costs_its_own_part_alone(tmp_path: Path, form: Any) -> None:
    run = write_run(tmp_path / "r", SMALL)
    write_json(run.evaluation(), form)
    flat = Page(report(run)).flat
    assert "evaluation.json is in no form that is known, so it is left out" in flat
    assert "atoms kept" in flat and "lease-17" in flat


def test_a_run_that_is_not_there_or_has_nothing_in_it_is_one_sentence(run: RunDir, tmp_path: Path) -> None:
    said = dgrc("report", tmp_path / "absent")
    assert (said.exit_code, said.stdout) == (2, "") and "is not a run" in one_paragraph(said.stderr)
    empty = RunDir(tmp_path / "empty")
    empty.root.mkdir()
    empty.config_file.write_bytes(run.config_file.read_bytes())
    said = dgrc("report", empty.root)
    assert (said.exit_code, said.stdout) == (2, "") and "has nothing in it yet" in one_paragraph(said.stderr)
    assert [path.name for path in empty.root.iterdir()] == ["config.yaml"]
    (empty.dataset("questions")).mkdir()
    (empty.dataset("questions") / "part-0.parquet").write_bytes(b"PAR1")
    said = dgrc("report", empty.root)
    assert said.exit_code == 2 and "1 of its files cannot be read" in one_paragraph(said.stderr)
    assert not (empty.root / "report.html").exists()


def test_a_report_is_written_over_its_own_and_nothing_elses(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", SMALL)
    for _ in range(2):
        said = dgrc("report", run.root, "--cases", 1)
        assert said.exit_code == 0 and said.stdout == f"{run.root}/report.html\n", said.output
    assert "lease-17" in (run.root / "report.html").read_text()
    theirs = tmp_path / "theirs.html"
    theirs.write_text("<!doctype html><p>mine")
    for markdown in ((), ("--markdown",)):
        said = dgrc("report", run.root, "--out", theirs, *markdown)
        assert said.exit_code == 2 and "no report of dgrc's, so it is left alone" in one_paragraph(said.stderr)
    assert theirs.read_text() == "<!doctype html><p>mine"
    said = dgrc("report", run.root, "--out", tmp_path)
    assert said.exit_code == 2 and "Is a directory. Give another file by --out." in one_paragraph(said.stderr)
    said = dgrc("report", run.root, "--out", theirs / "below.html")
    assert said.exit_code == 2 and "Give another file by --out." in one_paragraph(said.stderr)
    card = tmp_path / "card.md"
    assert dgrc("report", run.root, "--out", card, "--markdown").exit_code == 0
    put("again", card)
    assert card.read_text() == "again"


def test_a_report_is_no_part_of_what_a_run_is(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", SMALL)
    assert dgrc("report", run.root).exit_code == 0
    write_manifest(run, reports={}, seconds={})
    assert "report.html" not in read_manifest(run)["files"] and len(read_manifest(run)["files"]) > 5
    before = damage(run)
    evaluated(run)
    assert dgrc("report", run.root).exit_code == 0 and "p against dgrc" in (run.root / "report.html").read_text()
    assert damage(run) == before and not any("report" in where for where, _ in before)


def test_the_last_round_is_told_if_none_is_named(tmp_path: Path) -> None:
    run = write_run(tmp_path / "r", SMALL)
    second = run.in_round(2)
    for name in ("cases", "atoms"):
        second.dataset(name).mkdir(parents=True)
        for file in run.dataset(name).glob("*"):
            (second.dataset(name) / file.name).write_bytes(file.read_bytes())
    assert "Round 2 of 2." in dgrc("report", run.root, "--markdown").stdout
    assert "Round 1 of 2." in dgrc("report", run.root, "--markdown", "--round", 1).stdout
    said = dgrc("report", run.root, "--round", 3)
    assert said.exit_code == 2 and "has no round 3" in one_paragraph(said.stderr)


def test_a_card_is_markdown_in_which_models_say_nothing(run: RunDir) -> None:
    said = dgrc("report", run.root, "--markdown")
    assert said.exit_code == 0 and said.stdout.startswith("<!-- dgrc report -->\n\n# `r`: ")
    bare = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", said.stdout.removeprefix("<!-- dgrc report -->"))
    bare = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", bare)
    assert not re.search(r"[<&`]|https?:|\]\(|owned|\x1b", bare), bare
    for table in ("| atoms kept | 3 | −1 disagreement |", "| base | 0.610 | 0.550 to 0.670 | 3 | 0.0012 |"):
        assert table in said.stdout
    assert "[they part here] It must also be given three months" in said.stdout
    asked = (
        "| `Must notice to end a lease be in writing?` | `yes` | is not touched by teacher 2; does not contradict "
        "teacher 0; was not compared with teacher 1 |"
    )
    assert asked in said.stdout
