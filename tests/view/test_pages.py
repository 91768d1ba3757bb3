"""The pages in a real browser: lists, facets, search, keys, deep links, hostile text, a phone, contrast and labels."""

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dgrc.records import Case
from dgrc.storage.run_dir import RunDir
from dgrc.storage.underway import AskedRole, Notes
from dgrc.view.index.build import build
from dgrc.view.report.write import report
from tests.view.browser import look, needs_chromium, press, until, viewing
from tests.view.made import CASES, HOSTILE, chain, evaluated, write, write_run

pytestmark = [needs_chromium, pytest.mark.stack]
ROWS = "document.querySelectorAll('ol.rows > li > a')"
LEASE, HOSTILE_ID = CASES[0].id, CASES[3].id


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunDir:
    made = write_run(tmp_path_factory.mktemp("runs") / "hand")
    evaluated(made)
    return made


@pytest.fixture(scope="module")
def address(run: RunDir) -> Iterator[str]:
    build(run)  # a test of a case that runs first would find none yet
    with viewing(run.root) as address:
        yield address


def test_open_filter_open_a_case_and_hostile_text_is_text(driver: Any, address: str) -> None:
    driver.get(f"{address}#/hand/1/cases")
    until(driver, f"{ROWS}.length === 7")
    driver.execute_script(
        "[...document.querySelectorAll('.facets label')].find((one) => one.textContent.includes('divergent')).click()"
    )
    until(driver, f"{ROWS}.length === 4 && location.hash.includes('status=divergent')")
    driver.execute_script(f"[...{ROWS}].find((one) => one.textContent.includes('Hostile')).click()")
    until(driver, "document.querySelector('.chain .text')")
    shown = driver.execute_script("return document.querySelector('h1 bdi').textContent")
    wanted = HOSTILE
    for control, spelled in {"\x1b": "U+001B", "\x07": "U+0007", "\u202e": "U+202E", "\u202c": "U+202C"}.items():
        wanted = wanted.replace(control, spelled)
    assert shown == wanted
    owned = "window.owned || document.title.includes('owned') && !document.title.startsWith('<img')"
    assert not driver.execute_script(f"return {owned}")
    assert driver.execute_script("return document.querySelectorAll('main img, main script, main iframe').length") == 0
    assert until(driver, "[...document.querySelectorAll('button.more')].length > 0")  # the megabyte is folded


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_report_is_read_without_script_network_or_scrolling_aside(
    driver: Any, run: RunDir, tmp_path: Path, width: int, dark: bool
) -> None:
    file = tmp_path / "report.html"
    file.write_text(report(run), encoding="utf-8")
    look(driver, width, 900, dark)
    driver.get(file.as_uri())
    assert driver.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert driver.execute_script("return document.querySelectorAll('script, img, iframe, link').length") == 0
    assert not driver.execute_script("return window.owned || document.title === 'owned'")
    name = "document.querySelectorAll('article.case')[1].querySelector('bdi').textContent"
    shown = driver.execute_script(f"return {name}")
    assert shown.startswith("<img src=x onerror=") and "U+202E" in shown
    line = "getComputedStyle(document.querySelector('mark.parting')).borderBottomStyle"
    assert driver.execute_script(f"return {line}") == "solid"
    assert driver.execute_script("return document.querySelector('details.chain').open")


def test_the_overview_shows_the_funnel_and_its_losses_lead_to_lists(driver: Any, address: str) -> None:
    driver.get(address)
    until(driver, "document.querySelectorAll('.funnel tr').length === 10")
    text = driver.execute_script("return document.body.innerText")
    assert "0.720" in text and "0.660 to 0.770" in text and "−2 contradicted" in text
    driver.execute_script(
        "[...document.querySelectorAll('.loss')].find((one) => one.textContent.includes('contradicted')).click()"
    )
    until(driver, f"{ROWS}.length === 2")


def test_all_state_is_in_the_address(driver: Any, address: str) -> None:
    driver.get(f"{address}#/hand/1/cases?q=landlord&order=as+read&status=divergent")
    until(driver, f"{ROWS}.length === 2")
    assert driver.execute_script("return document.querySelector('input[type=search]').value") == "landlord"
    assert (
        driver.execute_script("return document.querySelector('.facets input:checked').nextSibling.textContent")
        == "divergent"
    )
    press(driver, "j", "j", "k", "\ue007")
    until(driver, "document.querySelector('article.case')")
    assert f"/cases/{LEASE}?" in driver.current_url and "q=landlord" in driver.current_url
    press(driver, "j")
    until(driver, f"location.hash.includes('{HOSTILE_ID}')")
    until(driver, "document.querySelector('.steps').textContent.includes('2 of 2')")
    press(driver, "u")
    until(driver, f"{ROWS}.length === 2")
    driver.back()
    until(driver, f"location.hash.includes('{HOSTILE_ID}') && document.querySelector('article.case')")


def test_search_as_one_types_in_any_script(driver: Any, address: str) -> None:
    driver.get(f"{address}#/hand/1/cases")
    until(driver, f"{ROWS}.length === 7")
    press(driver, "/")
    press(driver, "时效")
    until(driver, f"{ROWS}.length === 1 && location.hash.includes('q=')")
    assert driver.execute_script("return document.activeElement.value") == "时效"  # typing is not interrupted
    press(driver, "\ue003\ue003")
    press(driver, "المستأجر")
    until(driver, f"{ROWS}.length === 1 && {ROWS}[0].textContent.includes('Flat 4B')")
    assert driver.execute_script(f"return getComputedStyle({ROWS}[0].querySelector('.text bdi')).direction") == "rtl"


def test_a_case_marks_where_chains_part_and_lights_an_atom(driver: Any, address: str) -> None:
    driver.get(f"{address}#/hand/1/cases/{LEASE}")
    until(driver, "document.querySelectorAll('mark.parting').length === 2")
    marks = driver.execute_script("return [...document.querySelectorAll('mark.parting')].map((one) => one.textContent)")
    assert "three months" in marks[0] and "one month" in marks[1]
    direction = "getComputedStyle(document.querySelector('.chain .said > bdi')).direction"
    assert driver.execute_script(f"return {direction}") == "ltr"
    driver.execute_script("document.querySelector('.atom a').focus()")
    lit = until(driver, "[...document.querySelectorAll('mark.lit')].map((one) => one.textContent.toLowerCase())")
    assert {"lease", "notice", "months"} <= set(lit)
    driver.execute_script("document.activeElement.blur()")
    until(driver, "document.querySelectorAll('mark.lit').length === 0")
    driver.execute_script(f"location.hash = '#/hand/1/cases/{CASES[2].id}'")
    until(driver, f"document.querySelector('h1').textContent.includes('إيجار') && {direction} === 'rtl'")


def test_what_is_not_there_is_said(driver: Any, address: str) -> None:
    driver.get(f"{address}#/hand/1/overview")
    until(driver, "document.querySelector('.funnel')")
    driver.execute_script("location.hash = '#/hand/1/cases?status=nowhere'")
    until(driver, "document.querySelector('li.none')")
    driver.execute_script("location.hash = '#/nobody/7/cases/%E0%A4%A'")
    until(driver, "document.querySelector('.funnel') && location.hash.startsWith('#/hand/')")


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_are_labelled_and_can_be_read(driver: Any, address: str, width: int, dark: bool) -> None:
    look(driver, width, 800, dark)
    for page in ("overview", "cases", f"cases/{LEASE}", f"cases/{HOSTILE_ID}", "atoms"):
        driver.get("about:blank")
        driver.get(f"{address}#/hand/1/{page}")
        until(driver, "document.querySelector('main h1')")
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, (page, wide)
        assert driver.execute_script(UNNAMED) == [], page
        assert driver.execute_script(FAINT) == [], page


@pytest.mark.slow
def test_a_run_under_way_grows_on_the_page(driver: Any, tmp_path: Path) -> None:
    run = write_run(tmp_path / "going", until="cases")
    with viewing(run.root) as address:
        driver.get(f"{address}#/going/1/cases")
        until(driver, f"{ROWS}.length === 7")
        more = [Case(n, f"question number {n}", (), "agreeing", (chain("x", "A"),), (), (), (), None) for n in range(3)]
        write(run.dataset("cases"), Case, more, first=90)
        until(driver, f"{ROWS}.length === 10")
        driver.get("about:blank")  # before the server ends, or the page says that it did


def test_what_a_run_does_now_goes_on_by_itself(driver: Any, tmp_path: Path) -> None:
    """The same words as `dgrc status` has, without the page being loaded again."""
    run = write_run(tmp_path / "going", until="cases")
    now = "(document.querySelector('.now')?.innerText ?? '').replace(/\\s+/g, ' ')"
    with viewing(run.root) as address:
        with run.lock():
            note(run, 250, AskedRole("teacher", 1234, 9.5, 800.0, 0.5), AskedRole("student", 7, 0.0, 0.0))
            driver.get(f"{address}#/going/1/overview")
            until(driver, f"{now}.includes('250 of 1,000 rows · 2.5 a second · 5 min 0 s left')")
            shown = driver.execute_script(f"return {now}")
            assert f"Process {os.getpid()} on {platform.node()} works on it, since 20" in shown
            assert "teacher 1,234 9.5 800 50 %" in shown and "student 7 0.0 0" in shown
            note(run, 500)
            until(driver, f"{now}.includes('500 of 1,000 rows') && !{now}.includes('teacher')")
        until(driver, f"{now}.includes('Nobody works on it') && {now}.includes('It stopped in answer')")
        until(driver, "document.querySelector('.state').textContent === 'stopped'")
        assert "Run its command again" in driver.execute_script(f"return {now}")
        evaluated(run)
        until(driver, "document.body.innerText.includes('Held-out accuracy')")
        driver.get("about:blank")  # before the server ends, or the page says that it did


def note(run: RunDir, done: int, *asked: AskedRole) -> None:
    Notes(run)("answer", done, 1000, rate=2.5, roles=asked)


UNNAMED = """
return [...document.querySelectorAll('a, button, input, select, summary, th, td')].filter((one) => {
  if (one.matches('th, td')) return one.tagName === 'TH' && !one.scope && one.textContent;
  const labels = [...(one.labels ?? [])].map((label) => label.textContent).join('');
  return !(one.textContent.trim() || one.getAttribute('aria-label') || labels.trim());
}).map((one) => one.outerHTML.slice(0, 200));
"""
"""Controls without a name, and table headers that do not say of what."""
FAINT = """
const parsed = (colour) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const light = (colour) => {
  const [r, g, b] = colour.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (one) => {
  for (let at = one; at; at = at.parentElement) {
    const colour = parsed(getComputedStyle(at).backgroundColor);
    if (colour[3] > 200) return colour;
  }
  return [255, 255, 255, 255];
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const one = walker.currentNode.parentElement;
  if (!walker.currentNode.textContent.trim()) continue;
  if (one.closest('noscript, script, .hidden, .skip, [aria-hidden], option')) continue;
  if (!one.checkVisibility()) continue;
  const [a, b] = [light(parsed(getComputedStyle(one).color)), light(behind(one))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${one.outerHTML.slice(0, 120)}`);
}
return found.slice(0, 10);
"""
"""Text whose contrast is below 4.5, which WCAG 2.2 asks of text (AA)."""
