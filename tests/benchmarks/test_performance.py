"""docs/performance.md says what the records say, and what there is no record of."""

from pathlib import Path

import pytest

from benchmarks.performance import NAMES, plot, records, render

ROOT = Path(__file__).parent.parent.parent


def test_the_page_is_what_the_records_give() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert page == render(records()), "run `python -m benchmarks.performance`"


def test_what_has_no_record_is_named_and_nothing_else_is_said_of_it() -> None:
    found = records()
    page = render({name: record for name, record in found.items() if name != "train"})
    assert "- `python -m benchmarks.train`" in page
    assert "## Training" not in page
    empty = render({})
    assert all(f"- `python -m benchmarks.{name}`" in empty for name in NAMES)


def test_the_picture_is_drawn_of_what_there_is(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name, found in (("some", records()), ("none", {})):
        plot(found, tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "some.png").stat().st_size > (tmp_path / "none.png").stat().st_size
