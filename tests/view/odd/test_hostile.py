"""Hostile runs in a real browser: every text field shows every text of the fuzz corpus in full, no script of theirs
runs, and nobody but the server is asked."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dgrc.records import Atom
from dgrc.view.report.write import report
from tests.view.browser import needs_chromium, until, viewing
from tests.view.odd.hostile import corpus, hostile_run, seen

pytestmark = [needs_chromium, pytest.mark.stack, pytest.mark.slow]
OF_A_CASE = (
    "choice", "other choice", "atom", "a text", "a answer", "a thoughts", "b text", "b answer", "b thoughts", "c text",
    "c answer", "c thoughts", "mute text", "refused", "refused reason", "diagnosis error", "raw", "question",
    "verdict reason", "finding", "source_id", "label", "source", "meta", "case error", "atom answer", "rationale",
    "self answer", "other answer", "dropped", "audit", "unread reply", "unread reason",
)  # fmt: skip
OF_AN_ATOM = ("atom", "variant", "atom answer", "rationale", "self answer", "other answer", "dropped", "atom error",
              "unread reply", "unread reason")  # fmt: skip
WITH_SPACES, FOLDED = ("refused reason", "dropped", "unread reason"), ("choice", "other choice")
"""Names of ours, whose underscores are shown as spaces; options, which models and people get on one line each."""
OPENED = """
for (let more; (more = document.querySelector('button.more')); more.click());
return document.querySelector('main').textContent;
"""


def shown(driver: Any, address: str, page: str) -> str:
    driver.execute_script(f"location.hash = {json.dumps(f'#/hand/1/{page}')}")
    until(driver, f"location.hash.includes({json.dumps(page)}) && document.querySelector('main h1')")
    here = page.rpartition("/")[2]
    if page == "overview":
        until(driver, "document.querySelector('.overview .head')")
    else:
        until(driver, f"document.querySelector('article.case')?.textContent.includes({json.dumps(f'id {here}')})")
    assert driver.execute_script("return document.querySelector('.trouble')") is None, page
    return str(driver.execute_script(OPENED)).replace("[they part here] ", "")


def harmless(driver: Any, address: str) -> None:
    """No mark of theirs is left, no element of theirs is there, and nothing but the server's own was asked for."""
    assert not driver.execute_script("return window.owned || document.title === 'owned'")
    elements = "script:not([src='app.js']), iframe, img, object, embed, video, form, base, meta[http-equiv=refresh]"
    assert driver.execute_script(f"return document.querySelectorAll(\"{elements}\").length") == 0
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith((address, "about:", "data:image/svg"))] == []


def on_one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return corpus()


def test_every_field_shows_every_text_in_full_and_nothing_runs(driver: Any, tmp_path: Path, texts: list[str]) -> None:
    run, rows = hostile_run(tmp_path / "hand", texts)
    missing: list[tuple[str, str]] = []
    with viewing(run.root) as address:
        driver.get(f"{address}#/hand/1/cases")
        until(driver, f"document.querySelector('.count')?.textContent.includes('{len(texts)}')")
        for filled, records in rows:
            (atom,) = (record for record in records if isinstance(record, Atom))
            for page, fields in ((f"cases/{records[1].id}", OF_A_CASE), (f"atoms/{atom.id}", OF_AN_ATOM)):
                text = shown(driver, address, page)
                for field in fields:
                    gave = filled.gave[field].replace("_", " ") if field in WITH_SPACES else filled.gave[field]
                    wanted = seen(on_one_line(gave) if field in FOLDED else gave)
                    missing += [] if wanted in text else [(field, wanted[:200])]
            harmless(driver, address)
        assert missing == [], {field for field, _ in missing}
        text = shown(driver, address, "overview")
        assert [said for said in texts[:25] if seen(said) not in text] == []
        for page in ("atoms", "compare", "cases?q=script", "cases?order=as+read"):
            driver.get(f"{address}#/hand/1/{page}")
            until(driver, "document.querySelector('main').children.length")
            harmless(driver, address)
        driver.get("about:blank")


def test_a_run_with_hostile_text_where_one_of_few_words_is_expected_is_shown(
    driver: Any, tmp_path: Path, texts: list[str]
) -> None:
    run, rows = hostile_run(tmp_path / "hand", texts, wild=True)
    with viewing(run.root) as address:
        driver.get(f"{address}#/hand/1/cases")
        until(driver, f"document.querySelector('.count')?.textContent.includes('{len(texts)}')")
        for _, records in rows[::3]:
            shown(driver, address, f"cases/{records[1].id}")
            harmless(driver, address)
        shown(driver, address, "overview")
        driver.get("about:blank")


def test_a_report_of_it_runs_nothing_and_asks_nobody(driver: Any, tmp_path: Path, texts: list[str]) -> None:
    run, rows = hostile_run(tmp_path / "hand", texts)
    file = tmp_path / "report.html"
    file.write_text(report(run), encoding="utf-8")
    driver.get(file.as_uri())
    harmless(driver, file.as_uri())
    assert urlsplit(driver.current_url).path == str(file)
    text = driver.execute_script("return document.body.textContent").replace("[they part here] ", "")
    fields = ("source_id", "question", "a text", "a answer", "c text", "atom")
    gone = [(name, f.gave[name][:80]) for f, _ in rows for name in fields if seen(f.gave[name][:6000]) not in text]
    assert gone == []
