"""Names of the configurations that come with dgrc: found from any folder, a user's own file first."""

from pathlib import Path

import pytest

from dgrc.config import shipped
from dgrc.config.file import load_config
from dgrc.errors import ConfigError
from tests.paths import ROOT

CONFIGS = ROOT / "configs"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_file_has_a_name_and_is_found_by_it_from_any_folder() -> None:
    files = {path.relative_to(CONFIGS).with_suffix("").as_posix(): path for path in CONFIGS.rglob("*.yaml")}
    assert shipped.names() == sorted(files) and "legal/casehold" in files
    for name, path in files.items():
        for given in (name, f"{name}.yaml", f"configs/{name}", f"configs/{name}.yaml"):
            assert shipped.locate(given).samefile(path), given


def test_a_file_that_exists_wins_over_a_name(elsewhere: Path) -> None:
    own = elsewhere / "legal" / "casehold.yaml"
    own.parent.mkdir()
    own.write_text("name: mine\n")
    assert load_config("legal/casehold.yaml").name == load_config("legal/casehold").name == "mine"
    assert load_config("configs/legal/casehold").name == "casehold"
    (elsewhere / "medical").mkdir()  # a folder is not read
    (elsewhere / "medical" / "medmcqa").mkdir()
    assert load_config("medical/medmcqa").name == "medmcqa"


def test_a_file_is_looked_for_in_the_folder_that_is_named(elsewhere: Path) -> None:
    (elsewhere / "there").mkdir()
    (elsewhere / "there" / "my.yaml").write_text("name: mine\n")
    assert shipped.locate("my", elsewhere / "there") == elsewhere / "there" / "my.yaml"
    assert not shipped.locate("my").exists()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("legal/casehol", ["legal/casehold", "legal/casehold_api", "legal/casehold_cluster"]),
        ("casehold_api.yaml", ["legal/casehold_api"]),
        ("configs/medmcqa", ["medical/medmcqa"]),
        ("no such thing", ["legal/casehold", "medical/medmcqa", "proving/small"]),
        ("x" * 5000, ["legal/casehold", "medical/medmcqa", "proving/small"]),
    ],
)
def test_a_name_that_is_nowhere_is_refused_with_the_nearest(given: str, names: list[str]) -> None:
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        load_config(given)
    said = str(caught.value).rpartition("comes with dgrc: ")[2].rstrip(".").split(", ")
    assert said[0] == names[0] and set(names) <= set(said)


@pytest.mark.parametrize("given", ["../setup.cfg", "legal/../../setup.cfg", "/etc/passwd", "", "deepspeed/zero1"])
def test_only_names_that_are_listed_are_names(given: str) -> None:
    assert shipped.shipped_name(given) is None


def test_paths_under_configs_mean_files_that_come_along_unless_they_are_here(elsewhere: Path) -> None:
    config = load_config("proving/real_text", ["training.deepspeed=configs/deepspeed/zero1.json"])
    first, second = config.questions.files
    assert Path(first).samefile(CONFIGS / "proving" / "real_text.json") and Path(second).is_file()
    assert Path(config.training.deepspeed or "").samefile(CONFIGS / "deepspeed" / "zero1.json")
    own = elsewhere / "configs" / "proving" / "real_text.json"
    own.parent.mkdir(parents=True)
    own.write_text("[]")
    assert load_config("proving/real_text").questions.files[0] == "configs/proving/real_text.json"
    assert load_config("legal/casehold").questions.files == ("data/casehold_train.json",), "others stay as they are"
