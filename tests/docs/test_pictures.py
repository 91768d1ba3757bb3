"""The pictures of `dgrc view` that pages show are there, in their sizes, and what makes them refuses what it must."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from docs.make_pictures import DOCS, MOST_BYTES, SIZES, main
from tests.docs import pages
from tests.view.browser import needs_chromium
from tests.view.made import CASES, changed, write_run

NAMES = [f"view_{name}.png" for name in SIZES]


def make(*runs: Path, out: Path) -> Result:
    return CliRunner().invoke(main, [*map(str, runs), "--out", str(out)])


def size_of(png: bytes) -> tuple[int, int]:
    """What the head of a PNG file says of its width and height."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("name", SIZES)
def test_a_picture_is_there_in_its_size_and_a_page_shows_it(name: str) -> None:
    file = DOCS / f"view_{name}.png"
    assert size_of(file.read_bytes()) == SIZES[name]
    assert file.stat().st_size <= MOST_BYTES
    shown = {(page.parent / link).resolve() for page in pages.pages() for link in pages.links(page.read_text())}
    assert file in shown


def test_no_other_picture_of_the_view_lies_about() -> None:
    assert sorted(path.name for path in DOCS.glob("view*.png")) == sorted(NAMES)


def test_without_a_browser_it_says_so_wherever_it_is_called(tmp_path: Path) -> None:
    command = [sys.executable, str(DOCS / "make_pictures.py"), "nowhere"]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": str(tmp_path)}, capture_output=True)
    assert done.returncode == 2
    assert b"no browser" in done.stderr and b"Chromium" in done.stderr and b"Traceback" not in done.stderr


@needs_chromium
def test_it_refuses_what_is_no_run_has_nothing_in_it_or_has_one_round(tmp_path: Path) -> None:
    one = write_run(tmp_path / "one").root
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "config.yaml").write_bytes((one / "config.yaml").read_bytes())
    for runs, said in {
        (tmp_path / "nowhere",): "is not a run",
        (one,): "has one round",
        (one, empty): "has nothing in it yet",
    }.items():
        refused = make(*runs, out=tmp_path)
        assert refused.exit_code == 2 and said in refused.output, refused.output
    assert list(tmp_path.glob("*.png")) == []


@needs_chromium
@pytest.mark.stack
def test_all_pictures_of_two_runs_are_made_or_none(tmp_path: Path) -> None:
    agreeing = [one for one in CASES if one.status == "agreeing"]
    one, two, same = (
        write_run(tmp_path / name, cases).root
        for name, cases in {"one": CASES, "two": changed(), "same": agreeing}.items()
    )
    refused = make(same, two, out=tmp_path)
    assert refused.exit_code == 2 and "None of 1 cases" in refused.output, refused.output
    assert list(tmp_path.glob("*.png")) == []
    made = make(one, two, out=tmp_path)
    assert made.exit_code == 0, made.output
    sizes = {path.name: size_of(path.read_bytes()) for path in tmp_path.glob("*.png")}
    assert sizes == dict(zip(NAMES, SIZES.values(), strict=True))
    assert made.output.split() == [str(tmp_path / name) for name in NAMES]
    assert not (one / "marks.jsonl").exists()
