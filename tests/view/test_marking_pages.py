"""Marks and comparisons in a real browser: keys, fields, two viewers, read only, deep links."""

from collections.abc import Iterator
from typing import Any

import pytest

from dgrc.storage.marks.file import append, marks_of, read
from dgrc.storage.marks.record import Mark
from dgrc.storage.run_dir import RunDir
from tests.view.browser import needs_chromium, press, until, viewing
from tests.view.made import CASES, indexed_pair

pytestmark = [needs_chromium, pytest.mark.stack]
LEASE = CASES[0].id
KEPT = "querySelector('[role=status]').textContent === 'kept' && !document.activeElement.matches('input')"
SHARES = "fetch('api/hand/1/overview').then((r) => r.json()).then((told) => told.marks.shares.length === 2)"
SHA = f"fetch('api/hand/1/cases/{LEASE}').then((r) => r.json()).then((told) => told.chains.teacher[0].sha)"
FIRST = "document.querySelector('#teacher-0')"
ROWS = "document.querySelectorAll('ol.rows > li')"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[RunDir]:
    return indexed_pair(tmp_path_factory.mktemp("runs"), "hand", "later")


@pytest.fixture(scope="module")
def address(runs: list[RunDir]) -> Iterator[str]:
    with viewing(*(run.root for run in runs)) as address:
        yield address


@pytest.fixture
def run(runs: list[RunDir]) -> Iterator[RunDir]:
    yield runs[0]
    marks_of(runs[0]).unlink(missing_ok=True)


def said(run: RunDir) -> list[tuple[str, int | None, str, str, str | None]]:
    return [(m.what, m.chain, m.mark, m.note, m.answer) for m in read(marks_of(run)).marks.values()]


def test_a_chain_and_an_atom_are_marked_by_keys(driver: Any, address: str, run: RunDir) -> None:
    driver.get(f"{address}#/hand/1/cases/{LEASE}")
    until(driver, f"{FIRST}?.querySelector('.judge button')")
    press(driver, "w")
    until(driver, f"{FIRST}.classList.contains('is-wrong')")
    press(driver, "e", "too late", "\ue007")
    until(driver, f"{FIRST}.{KEPT}")
    press(driver, "n", "n", "n", "n", "w")  # the first atom
    until(driver, "document.querySelector('.atom.is-wrong input[name=answer]')")
    press(driver, "e", "six months", "\ue007")
    until(driver, f"document.querySelector('.atom.is-wrong').{KEPT}")
    assert said(run)[0] == ("chain", 0, "wrong", "too late", None)
    until(driver, SHARES)
    driver.get("about:blank")
    driver.get(f"{address}#/hand/1/cases/{LEASE}")  # what was said is there when the page is loaded again
    until(driver, f"{FIRST}?.querySelector('input[name=note]')?.value === 'too late'")
    assert said(run)[-1] == ("atom", None, "wrong", "", "six months")
    press(driver, "x")
    until(driver, f"!{FIRST}.classList.contains('is-wrong')")
    press(driver, "r")
    until(driver, f"{FIRST}.classList.contains('is-right')")
    press(driver, "j")  # the keys of cases still go on
    until(driver, f"!location.hash.includes('{LEASE}')")


def test_what_another_viewer_says_appears(driver: Any, address: str, run: RunDir) -> None:
    driver.get(f"{address}#/hand/1/cases/{LEASE}")
    sha = until(driver, f"{FIRST} && {SHA}")
    append(run, Mark("chain", LEASE, 0, 1, "wrong", "<b>said elsewhere</b>", None, "", sha, True))
    until(driver, f"{FIRST}.querySelector('input[name=note]')?.value === '<b>said elsewhere</b>'")


def test_read_only_has_no_buttons(driver: Any, runs: list[RunDir]) -> None:
    with viewing(runs[0].root, options=("--read-only",)) as shut:
        driver.get(f"{shut}#/hand/1/cases/{LEASE}")
        until(driver, f"{FIRST}?.querySelector('.judge')")
        press(driver, "w")
        assert driver.execute_script("return document.querySelectorAll('.judge button').length") == 0
        driver.get("about:blank")
    assert not marks_of(runs[0]).exists()


def test_what_changed_is_listed_filtered_and_linked(driver: Any, address: str) -> None:
    driver.get(f"{address}#/later/1/compare")
    until(driver, f"{ROWS}.length === 3")
    text = driver.execute_script("return document.querySelector('main').innerText")
    assert "6 questions in both, of which 3 changed" in text and "1 only in the first" in text
    assert "hand, round 1" in text and "divergent → agreeing" in text
    way = "[...document.querySelectorAll('.facets label')].find((one) => one.textContent.includes('passed → contra'))"
    driver.execute_script(f"{way}.click()")
    until(driver, f"{ROWS}.length === 1 && /with=hand.*verdict_was=/.test(location.hash)")
    link = driver.current_url
    driver.get("about:blank")
    driver.get(link)
    until(driver, f"{ROWS}.length === 1 && document.querySelector('.facets input:checked')")
    driver.execute_script("document.querySelector('ol.rows a').click()")
    until(driver, f"location.hash.includes('/hand/1/cases/{CASES[1].id}') && document.querySelector('article.case')")
    driver.back()
    until(driver, f"{ROWS}.length === 1")
    driver.execute_script("[...document.querySelectorAll('.from a')][0].click()")
    until(driver, "location.hash.includes('/hand/1/compare?with=later') && document.querySelector('.from strong')")


def test_one_run_has_nothing_to_be_compared_with(driver: Any, runs: list[RunDir]) -> None:
    with viewing(runs[0].root) as alone:
        driver.get(f"{alone}#/hand/1/compare")
        until(driver, "document.querySelector('main .none')?.textContent.includes('dgrc view RUN OTHER')")
        driver.get("about:blank")
