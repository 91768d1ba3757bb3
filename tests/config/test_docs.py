"""docs/configuration.md is what `make docs` would write, and says what the classes say."""


from dgrc.config.docs import render
from tests.paths import ROOT


def test_the_page_in_the_repository_is_current() -> None:
    assert (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8") == render(), "run `make docs`"


def test_a_setting_shows_type_bounds_default_and_meaning() -> None:
    page = render()
    assert "| `max_retries` | whole number, at least 0 | `3` | How often a dead worker" in page
    assert "| `limit` | whole number or null, at least 1 | `null` |" in page
    assert "`per_answer` or `all` or `majority`" in page


def test_a_sections_own_default_beats_its_class() -> None:
    section = render().partition("## `method.student_sampling`")[2].partition("\n## ")[0]
    assert "| `temperature` | number, at least 0 | `1.0` |" in section


def test_sections_that_are_off_by_default_are_shown_once() -> None:
    page = render()
    for heading in ("teacher.api", "teacher.price_per_million", "training.adapter"):
        assert page.count(f"## `{heading}`") == 1
    assert "## `student.api`" not in page and "## `auditor`" not in page, "as the teacher's"
