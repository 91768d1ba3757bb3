"""Configuration: refusals that name the setting and the way out, overrides, and every shipped file."""

from pathlib import Path

import pytest

from dgrc.config import Config
from dgrc.config.file import dump_config, load_config, make_config
from dgrc.errors import ConfigError
from tests.paths import ROOT

SHIPPED = sorted(p for p in (ROOT / "configs").rglob("*.yaml") if p.parent.name != "deepspeed")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_shipped_configuration_is_valid(path: Path) -> None:
    load_config(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"metod": {}}, ["`metod` is not a setting", "did you mean `method`"]),
        ({"method": {"teacher_chain": 2}}, ["`method.teacher_chain`", "did you mean `teacher_chains`"]),
        ({"method": {"teacher_sampling": {"temprature": 1}}}, ["did you mean `temperature`"]),
        ({"ray": {"zzzz": 1}}, ["`ray.zzzz`", "here stand `address`"]),
        ({"teacher": {"replicas": "many"}}, ["`teacher.replicas` got 'many', wanted: whole number or list of 2"]),
        ({"method": {"pairs": "most"}}, ["`method.pairs` got 'most', wanted: `per_answer` or `all`"]),
        ({"method": {"min_agreement": 1.5}}, ["`method.min_agreement` got 1.5, wanted: number, at least 0, at most 1"]),
        ({"method": 3}, ["`method` got 3, wanted: section"]),
        ({"teacher": {"engine": "scripted"}}, ["`teacher`", "script: module:function"]),
        ({"teacher": {"pipeline_parallel": 2}}, ["`pipeline_parallel` is for GPUs"]),
        ({"teacher": {"gpus": 2}}, ["`gpus` is 2", "set it to 1"]),
        ({"teacher": {"replicas": [3, 2]}}, ["least not above the most"]),
        ({"name": "../up"}, ["`name` got '../up'"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_what_is_wanted(data: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config(data, where="mine.yaml")
    message = str(caught.value)
    assert message.startswith("In mine.yaml: ")
    assert "docs/configuration.md" in message
    for word in words:
        assert word in message


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match=r"`seed`.*`name`|`name`.*`seed`"):
        make_config({"seed": -1, "name": ""})


def test_overrides_win_make_sections_and_are_read_as_yaml(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("method: {max_pairs: 3}\nseed: 1\n")
    overrides = ["method.max_pairs=2", "training.chains.learning_rate=1e-3", "questions.files=[a.jsonl, b.csv]"]
    config = load_config(file, [*overrides, "ray.address=auto"])
    assert config.method.max_pairs == 2
    assert config.training.chains.learning_rate == 1e-3
    assert config.questions.files == ("a.jsonl", "b.csv")
    assert (config.ray.address, config.seed) == ("auto", 1)


@pytest.mark.parametrize("override", ["seed", "=3", "seed.deep=3", "seed=[1", "method.max_pair=2", ".=1", "a..b=1"])
def test_a_wrong_override_is_refused(override: str) -> None:
    with pytest.raises(ConfigError):
        make_config({"seed": 1}, [override])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"- a\n- b\n", "holds a list, but a mapping"),
        (b"a: [1\n", "not valid YAML"),
        (b"\xff\xfe\x00", "not valid YAML"),
        (b"text", "holds text, but a mapping"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_config(file)


def test_a_missing_file_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file"):
        load_config("nowhere.yaml")


def test_an_empty_file_is_all_defaults_and_the_resolved_form_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("")
    config = load_config(file, ["teacher.model=org/model", "method.pairs=all"])
    file.write_text(dump_config(config))
    assert load_config(file) == config != Config()


def test_a_configuration_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().seed = 3  # type: ignore[misc]


def test_a_configuration_does_not_change_the_callers_mapping() -> None:
    data = {"method": {"max_pairs": 3}}
    make_config(data, ["method.max_pairs=2"])
    assert data == {"method": {"max_pairs": 3}}


def test_settings_that_do_not_go_together_are_named_without_the_whole_section() -> None:
    with pytest.raises(ConfigError) as caught:
        make_config({"method": {"agreeing": "corpus", "corpus_facts": 0}})
    assert str(caught.value) == (
        "In the configuration: in `method`: `agreeing: corpus` checks against corpus facts, so `corpus_facts` must be "
        "more than 0. All settings are in docs/configuration.md."
    )


@pytest.mark.parametrize(
    ("training", "says"),
    [
        ({"workers": 0}, "`workers` is 0"),
        ({"workers": [4, 2]}, "the least not above the most"),
        ({"deepspeed": "x.json", "zero_stage": 3}, "leave `zero_stage` and `offload` out"),
        ({"deepspeed": "x.json", "offload": "optimizer"}, "leave `zero_stage` and `offload` out"),
        ({"offload": "all"}, "`zero_stage` is 2"),
        ({"offload": "optimizer", "zero_stage": 0}, "ZeRO 0 has no optimizer state"),
        ({"adapter": {"quantize": "nf4"}}, "runs on GPUs alone"),
        ({"adapter": {"quantize": "nf4"}, "gpus_per_worker": 1, "zero_stage": 3}, "ZeRO 3 cannot partition"),
    ],
)
def test_a_training_that_cannot_be_is_refused(training: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config({"training": training})
    assert says in str(caught.value) and str(caught.value).startswith("In the configuration: in `training`: ")


def test_a_misspelled_key_of_an_optional_section_is_refused_like_any_other() -> None:
    with pytest.raises(ConfigError, match=r"`auditor\.modle` is not a setting; did you mean `model`\? All settings"):
        make_config({"auditor": {"modle": "x"}})


def test_sections_that_do_not_go_together_are_told_without_a_place() -> None:
    with pytest.raises(ConfigError, match=r"^In the configuration: `method\.audit_share` asks a third model"):
        make_config({"method": {"audit_share": 0.5}})


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[" * 2000, "nested deeper than 32"),
        ("seed: " + "[" * 40 + "]" * 40, "nested deeper than 32"),
        ("seed: &a [*a]", "nested deeper than 32"),
        (LAUGHS, "more than 100,000 values"),
        ("seed: " + "1" * 5000, "not valid YAML"),
        ("seed: 2001-99-99", "`seed` got '2001-99-99'"),  # YAML 1.1 took it for a date that is none
        ("seed: !!int x", "not valid YAML"),
        ("!!timestamp x: 1", "not valid YAML"),
        ("seed: !!python/object/apply:os.system [id]", "not valid YAML"),
    ],
)
def test_a_hostile_file_is_refused_at_once(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=says):
        load_config(path)
    if content.startswith("seed: "):
        with pytest.raises(ConfigError, match=says):
            make_config({}, (content.replace("seed: ", "seed=", 1),))


def test_a_long_wrong_value_is_quoted_in_part() -> None:
    with pytest.raises(ConfigError, match=r"`seed` got 'xxx") as caught:
        make_config({"seed": "x" * 100_000})
    assert len(str(caught.value)) < 1000
    with pytest.raises(ConfigError, match=r"and 480 more") as caught:
        make_config({f"{number} {'x' * 1000}": 1 for number in range(500)})
    assert len(str(caught.value)) < 20_000


def test_an_override_whose_name_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="unable to parse raw data as a unicode string"):
        make_config({}, ("meth\ud800d=2",))


def test_an_override_that_goes_too_deep_is_refused() -> None:
    with pytest.raises(ConfigError, match="nested deeper than 32"):
        make_config({}, ("a." * 5000 + "b=1",))


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/b", "..", ".x", "x\n", "x\x1b[2J", "", "\u202ex"])
def test_a_name_cannot_lead_out_of_the_folder_of_runs(name: str) -> None:
    with pytest.raises(ConfigError, match="`name` got"):
        make_config({"name": name})


@pytest.mark.parametrize(
    "api",
    [
        {"base_url": "https://me:tiger@api.test/v1"}, {"base_url": "https://api.test/v1?key=tiger"},
        {"base_url": "https://api.test/v1", "key_env": "sk-tiger"},
        {"base_url": "https://api.test/v1", "key_env": "$TIGER"},
    ],
)  # fmt: skip
def test_a_secret_in_the_place_of_its_name_is_refused_and_not_shown(api: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"got \(not shown\)") as caught:
        make_config({"teacher": {"engine": "openai_api", "model": "m", "api": api}})
    assert "tiger" not in str(caught.value).lower()
