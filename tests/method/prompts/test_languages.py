"""A pack and the script of the questions: what differs is said with shares and a remedy, what is not known is not."""

import shutil
from pathlib import Path

import pytest

from dgrc.method import prompts
from dgrc.method.prompts import load_pack
from dgrc.method.prompts.languages import SCRIPTS, mismatch, shares

HAN, LATIN = "租赁期限最长为多少年？", "How long may a lease be?"


def test_shares_are_of_the_texts_that_have_letters() -> None:
    assert shares([HAN, HAN, HAN, LATIN, "12 + 7 = ?", ""]) == {"Han": 0.75, "Latin": 0.25}
    assert shares(["患者 WBC 12.0×10^9/L，CRP 85 mg/L，最可能的诊断是什么？"]) == {"Han": 1.0}
    assert shares(["いつまでに通知しなければなりませんか"]) == {"Kana": 1.0}
    assert shares([]) == {}


@pytest.mark.parametrize(
    ("pack", "written", "says"),
    [
        ("legal", {"Han": 0.78, "Latin": 0.22}, "78% of the questions are written in Han, the pack `legal` asks in En"),
        ("legal", {"Han": 0.78, "Latin": 0.22}, "to `legal_zh` or a pack of your own"),
        ("medical", {"Han": 1.0}, "`medical_zh`"),
        ("general", {"Han": 0.1, "Latin": 0.9}, "to `legal_zh` or `medical_zh` or a pack of your own"),
        ("legal_zh", {"Latin": 1.0}, "100% of the questions are written in Latin, the pack `legal_zh` asks in Chinese"),
        ("legal_zh", {"Latin": 1.0}, "to `legal` or a pack"),
        ("medical_zh", {"Kana": 0.6, "Cyrillic": 0.2, "Han": 0.2}, "80% of the questions are written in Kana and Cy"),
        ("general", {"Thai": 1.0}, "set `method.prompts` to a pack of your own"),
    ],
)  # fmt: skip
def test_another_script_is_said_with_what_to_do(pack: str, written: dict[str, float], says: str) -> None:
    assert says in (mismatch(load_pack(pack), written) or "")


@pytest.mark.parametrize(
    ("pack", "written"),
    [
        ("legal", {"Latin": 1.0}), ("legal_zh", {"Han": 1.0}), ("legal", {"Latin": 0.95, "Han": 0.05}), ("legal", {}),
        ("proving", {"Han": 1.0}),
    ],
)  # fmt: skip
def test_what_fits_or_is_not_known_is_not_said(pack: str, written: dict[str, float]) -> None:
    assert mismatch(load_pack(pack), written) is None


def test_what_is_looked_at_is_named() -> None:
    said = mismatch(load_pack("legal"), {"Han": 1.0}, "passages")
    assert said is not None and said.startswith("100% of the passages are written in Han, the pack `legal` asks in")
    assert "is answered in it: set `method.prompts` to `legal_zh` or" in said


def own(folder: Path, language: str) -> str:
    """A user's own pack, which says this of its language."""
    target = shutil.copytree(Path(prompts.__file__).parent / "general", folder / f"own-{language}"[:20])
    text = (target / "pack.toml").read_text().replace('language = "en"\n', language)
    (target / "pack.toml").write_text(text)
    return str(target)


def test_a_pack_without_a_language_or_with_a_rare_one_is_left_alone(tmp_path: Path) -> None:
    """Packs of users are older than the key: what they ask in is not known, and a wrong warning would be worse."""
    pack = load_pack(own(tmp_path, ""))
    assert pack.language == "" and pack.called() == "general, version 8, language not declared"
    assert mismatch(pack, {"Han": 1.0}) is None
    rare = load_pack(own(tmp_path, 'language = "qaa"\n'))
    assert "qaa" not in SCRIPTS and mismatch(rare, {"Han": 1.0}) is None


def test_a_language_with_a_region_is_that_language(tmp_path: Path) -> None:
    pack = load_pack(own(tmp_path, 'language = "zh-Hant"\n'))
    assert mismatch(pack, {"Han": 1.0}) is None
    assert "asks in Chinese" in (mismatch(pack, {"Latin": 1.0}) or "")


def test_packs_say_their_language_and_a_language_alone_makes_no_other_pack(tmp_path: Path) -> None:
    said = {name: load_pack(name).language for name in prompts.built_in()}
    assert said == {
        "general": "en", "legal": "en", "legal_zh": "zh", "medical": "en", "medical_zh": "zh", "proving": "",
    }  # fmt: skip
    assert load_pack("legal_zh").called() == "legal_zh, version 4, zh"
    assert load_pack(own(tmp_path, "")).digest() == load_pack("general").digest(), "nothing would be paid for again"
