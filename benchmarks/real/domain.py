"""The points before the run: `check` the models, measure the `difficulty`, write the `domain`."""

import dataclasses
import hashlib
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.real import lenient
from benchmarks.real.bench import Bench, asked, recipes, sampling_of
from benchmarks.real.difficulty import Reply, choose, table, with_unseen
from benchmarks.real.settings import SPLITS, Settings
from dgrc.config import EvaluationConfig
from dgrc.errors import ConfigError
from dgrc.evaluation.predict import predict
from dgrc.evaluation.score import is_right
from dgrc.proving.natural.files import QUESTIONS, write_domain
from dgrc.proving.natural.generate import problems
from dgrc.proving.natural.problem import LEVELS, Problem
from dgrc.proving.natural.templates import TEMPLATES
from dgrc.runtime.driver import finish
from dgrc.storage.atomic import write_json
from dgrc.workflow.preflight import check as preflight

PILOT_SEED, DOMAIN_SEED = 1, 0
PILOTED = ("train", "templates")
"""The splits that the pilot draws from; what it drew is in neither."""
START_S = 60.0
"""Ray and an engine, for each point that needs them."""
VISIT_S = 1.0
"""A visit of a student of 135M on two cores, workers' start included; seen once (docs/real.md): 240 in 228 s."""
VISITS_A_QUESTION = 6.0
ASKED_IN_CHAINS = 5.0
"""What DGRC asks about a question beside the teacher's chains, in chains: diagnoses, answers, verdicts."""


def check(bench: Bench, licences: dict[str, str]) -> dict[str, Any]:
    """Whether both models can be used; their hashes, licences and vocabularies."""
    config = bench.settings.config()
    with tempfile.TemporaryDirectory() as folder:  # the questions themselves come after the difficulty is known
        write_domain(Path(folder), problems("train", 1, DOMAIN_SEED), {})
        files = f"questions.files={json.dumps([str(Path(folder) / QUESTIONS)])}"
        preflight(bench.settings.config("check", files), ("curate", "train"), bench.say)
    models = {}
    for role in ("teacher", "student"):
        model = Path(getattr(config, role).model)
        found = weights(model)
        licence = licences.get(role, "unknown")
        models[role] = {"folder": model.name, "sha256": found, "licence": licence, "vocabulary": vocabulary(model)}
        bench.say(f"  {role}: {model.name}, licence {licence}")
    sizes_ = {role: model["vocabulary"] for role, model in models.items()}
    equal = sizes_["teacher"] == sizes_["student"]
    said = "equal" if equal else "different: the student learns text, not distributions, so nothing depends on it"
    bench.say(f"  vocabularies {sizes_['teacher']:,} and {sizes_['student']:,}: {said}")
    return {"models": models, "equal_vocabularies": equal}


def weights(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of weights.

    Raises:
        ConfigError: the folder is no model, or has no safetensors.
    """
    if not (folder / "config.json").is_file():
        raise ConfigError(f"{folder} is no model folder: it has no config.json. Give a Hugging Face model directory.")
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise ConfigError(f"{folder} has no *.safetensors. Save the model with `save_pretrained`.")
    return {file.name: _sha256(file) for file in files}


def _sha256(file: Path) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def vocabulary(folder: Path) -> int:
    """Tokens that a model's tokenizer knows."""
    from transformers import AutoTokenizer

    return len(AutoTokenizer.from_pretrained(folder, trust_remote_code=False))


def difficulty(bench: Bench) -> dict[str, Any]:
    """Both models on a pilot of each level; the levels and templates that suit the teacher go into `domain.json`."""
    settings, config = bench.settings, bench.settings.config()
    pilot = [problem for split in PILOTED for level in LEVELS for problem in _of_level(bench, split, level)]
    figures: dict[str, Any] = {"problems": len(pilot)}
    replies: dict[str, list[Reply]] = {}
    with bench.ray(config):
        for role in ("teacher", "student"):
            engine, sampling = getattr(config, role), sampling_of(role, config)
            with bench.pool(role, engine, config.seed) as pool:
                began = time.monotonic()
                evaluation = EvaluationConfig(sampling=sampling)
                said = finish(predict(pool.client(), asked(pilot), config.method, evaluation))
                seconds = time.monotonic() - began
            replies[role] = [
                Reply(
                    p.template, p.level, s.chain.answer is not None,
                    is_right(s.chain.answer, p.answer, (), config.method.answers, config.method.number_tolerance,
                             question=p.text),
                    lenient.right(s.chain.text, p.answer, p.text, s.chain.finish_reason == "stop"), s.chain.tokens,
                )
                for p, s in zip(pilot, said, strict=True)
            ]  # fmt: skip
            figures[role] = _figures(_of_split(replies[role], pilot, "train"), replies[role], seconds)
            rows = ({"text": s.chain.text, "answer": s.chain.answer, "finish": s.chain.finish_reason} for s in said)
            _keep(bench, f"difficulty-{role}", pilot, list(rows))
            for level, part in figures[role]["by_level"].items():
                bench.say(f"  {role}, level {level}: {part['right']:.2f} of {part['n']} right, {part['read']:.2f} read")
    trained, unseen = (_of_split(replies["teacher"], pilot, split) for split in PILOTED)
    choice = with_unseen(choose(trained, settings.least_templates), unseen)
    figures["unseen_by_template"] = table(unseen, "template")
    bench.say(f"  levels {choice.levels}, {len(choice.templates)} templates: {choice.accuracy:.2f} right expected")
    write_json(settings.out / "domain.json", dataclasses.asdict(choice))
    figures["choice"] = dataclasses.asdict(choice)
    return figures


def _of_level(bench: Bench, split: str, level: int) -> list[Problem]:
    """Problems of a level, as many as there are wanted; none where no template is of this level."""
    try:
        return problems(split, bench.settings.pilot, PILOT_SEED, levels=(level,))
    except ConfigError as e:
        bench.say(f"  level {level} is left out: {e}")
        return []


def _of_split(replies: Sequence[Reply], pilot: Sequence[Problem], split: str) -> list[Reply]:
    return [reply for reply, problem in zip(replies, pilot, strict=True) if problem.split == split]


def _figures(trained: Sequence[Reply], replies: Sequence[Reply], seconds: float) -> dict[str, Any]:
    """Shares on templates that are trained on; speed over all."""
    tokens = sum(reply.tokens for reply in replies)
    return {
        "by_level": table(trained, "level"), "by_template": table(trained, "template"), "tokens": tokens,
        "tokens_a_chain": round(tokens / len(replies), 1), "tokens_per_second": round(tokens / seconds, 1),
    }  # fmt: skip


def _keep(bench: Bench, name: str, pilot: list[Problem], said: list[dict[str, Any]]) -> None:
    file = bench.replies(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(file, "w", encoding="utf-8") as out:
        for problem, row in zip(pilot, said, strict=True):
            own = {"id": problem.id, "level": problem.level, "template": problem.template}
            out.write(json.dumps({**own, "question": problem.text, "truth": problem.answer, **row}) + "\n")


def domain(bench: Bench) -> dict[str, Any]:
    """Writes the questions without labels, the held-out ones with labels, and the truth of all."""
    settings = bench.settings
    found = bench.points.need("difficulty")["choice"]
    levels, names = tuple(found["levels"]), {*found["templates"], *found["unseen"]}
    fitting = [template for template in TEMPLATES if template.name in names]
    pilot = {problem.id for split in PILOTED for level in LEVELS for problem in _of_level(bench, split, level)}

    def fresh(split: str, count: int) -> list[Problem]:
        wanted = count
        while True:
            drawn = problems(split, wanted, DOMAIN_SEED, levels=levels, templates=fitting)
            found = [problem for problem in drawn if problem.id not in pilot]
            if len(found) >= count:
                return found[:count]
            wanted += count - len(found)

    train = fresh("train", settings.questions)
    held_out: dict[str, Sequence[Problem]] = {split: fresh(split, settings.held_out) for split in SPLITS}
    write_domain(settings.domain, train, held_out)
    named = {s: sorted({p.template for p in part}) for s, part in (("train", train), *held_out.items())}
    bench.say(f"  {len(train):,} questions of {len(named['train'])} templates, levels {levels}")
    return {
        "questions": len(train), "held_out": {s: len(part) for s, part in held_out.items()}, "templates": named,
        "levels": list(levels), "seed": DOMAIN_SEED,
    }  # fmt: skip


def say_sizes(bench: Bench, minutes: float) -> None:
    """Which sizes fit into so many minutes, by what the difficulty's point measured."""
    figures = bench.points.done("difficulty")
    if figures is None:
        bench.say("  which sizes fit is said once the point `difficulty` is done")
        return
    for line in sizes(figures, bench.settings, minutes):
        bench.say(f"  {line}")


def minutes(figures: Mapping[str, Any], settings: Settings, chains: float, questions: int, held_out: int) -> float:
    """Minutes of everything that comes after the difficulty, for so many questions.

    Rough, by a half either way: what DGRC asks a question and how long a visit takes is known only once it was done.
    """
    teacher, student = figures["teacher"], figures["student"]
    asked = (chains + ASKED_IN_CHAINS) * teacher["tokens_a_chain"] / teacher["tokens_per_second"]
    curating = questions * (2 * asked + chains * student["tokens_a_chain"] / student["tokens_per_second"])
    students = len(recipes(settings)) * len(settings.seeds)
    training = students * questions * VISITS_A_QUESTION * VISIT_S
    replying = held_out * len(SPLITS) * student["tokens_a_chain"] / student["tokens_per_second"]
    theirs = held_out * len(SPLITS) * teacher["tokens_a_chain"] / teacher["tokens_per_second"]
    return (curating + training + replying * (students + 1) + theirs + (students + 8) * START_S) / 60


def sizes(figures: Mapping[str, Any], settings: Settings, wanted: float) -> list[str]:
    """What the sizes as given take, and which of the same proportion take so many minutes."""
    chains = settings.config().method.teacher_chains
    now = minutes(figures, settings, chains, settings.questions, settings.held_out)
    fixed = minutes(figures, settings, chains, 0, 0)
    lines = [
        f"--questions {settings.questions} --held-out {settings.held_out} takes about {now:,.0f} minutes "
        "(a rough estimate, by a half either way)"
    ]
    if wanted <= fixed:
        return [*lines, f"{wanted:g} minutes are too few for any size: starts alone take {fixed:,.0f}. Use fewer seeds"]
    factor = (wanted - fixed) / (now - fixed)
    questions, held_out = (max(1, int(n * factor)) for n in (settings.questions, settings.held_out))
    return [*lines, f"about {wanted:,.0f} minutes: --questions {questions} --held-out {held_out} (in a new --out)"]
