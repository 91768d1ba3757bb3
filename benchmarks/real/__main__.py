"""Does DGRC teach a real LLM anything? A real pair, the real stack, and a domain whose truth is computed.

    python -m benchmarks.real --teacher DIR --student DIR --benchmark plain=mmlu_clinical_knowledge.jsonl
    python -m benchmarks.real --teacher DIR --student DIR --benchmark plain=FILE --replay chats.jsonl
    python -m benchmarks.real --teacher DIR --student DIR --list
    python -m benchmarks.real --teacher DIR --student DIR --only difficulty --minutes 600

Point by point: the domain is made as hard as the teacher needs it, curated once, measured against the truth of every
step; then students by DGRC and by its baselines, at equal visits and no fewer teacher tokens for the baselines; with
--replay also by DGRC with chats of other matters among its visits, and what that does to forgetting. Points that are
done are kept in the folder, so that the command can be stopped and called again.
"""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.real.bench import Bench, recipes
from benchmarks.real.evaluation import BASE, TEACHER, evaluate_students, evaluate_teacher
from benchmarks.real.points import Figures, Points, listing, run_points
from benchmarks.real.settings import Settings, folder_name
from benchmarks.real.summary import KEYS, checked, details, last_line, replies, write_replies
from dgrc.cli.common import say
from dgrc.errors import ConfigError, DgrcError

Work = list[tuple[str, Callable[[], Figures | None]]]


def plan(bench: Bench, licences: dict[str, str]) -> Work:
    """All points in order: what is measured before students, then seed by seed, so that one seed is whole early."""
    from benchmarks.real import curation, domain, students
    from benchmarks.real.cases import cases

    work: Work = [
        ("check", partial(domain.check, bench, licences)),
        ("difficulty", partial(domain.difficulty, bench)),
        ("domain", partial(domain.domain, bench)),
        ("curate", partial(curation.curate, bench)),
        ("premise", partial(curation.premise, bench)),
        ("tokens", partial(curation.tokens, bench)),
        (f"evaluate-{BASE}", partial(evaluate_students, bench, BASE)),
        (f"evaluate-{TEACHER}", partial(evaluate_teacher, bench)),
    ]
    for seed in bench.settings.seeds:
        names = [f"{recipe}-{seed}" for recipe in bench.recipes]
        work += [(f"train-{recipe}-{seed}", partial(students.train, bench, recipe, seed)) for recipe in bench.recipes]
        work += [(f"evaluate-{name}", partial(evaluate_students, bench, name)) for name in names]
    return [*work, ("cases", partial(cases, bench))]


def names_of(settings: Settings) -> list[str]:
    """The names of all points."""
    seeds, all_ = settings.seeds, recipes(settings)
    first = ["check", "difficulty", "domain", "curate", "premise", "tokens", f"evaluate-{BASE}", f"evaluate-{TEACHER}"]
    each = [f"{what}-{recipe}-{seed}" for seed in seeds for what in ("train", "evaluate") for recipe in all_]
    return [*first, *each, "cases"]


def _pairs(values: tuple[str, ...], option: str) -> list[tuple[str, str]]:
    """`a=b` options as pairs."""
    for value in values:
        if not all(value.partition("=")):
            raise ConfigError(f"{option} {value!r} is not of the form NAME=VALUE.")
    return [(value.partition("=")[0], value.partition("=")[2]) for value in values]


def _seeds(said: str) -> tuple[int, ...]:
    try:
        found = tuple(dict.fromkeys(int(seed) for seed in said.split(",")))
    except ValueError as e:
        raise ConfigError(f"--seeds {said!r} is no list of whole numbers, such as 0,1.") from e
    if min(found) < 0:
        raise ConfigError(f"--seeds {said!r} has one below 0.")
    return found


@click.command()
@click.option("--teacher", required=True, help="Model directory of the teacher.")
@click.option("--student", required=True, help="Model directory of the student.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder of everything.  [runs/real-TEACHER-STUDENT]")
@click.option("--questions", default=400, show_default=True, type=click.IntRange(min=1), help="Questions to curate.")
@click.option("--held-out", default=150, show_default=True, type=click.IntRange(min=1), help="Held out, each split.")
@click.option("--pilot", default=60, show_default=True, type=click.IntRange(min=1), help="Problems of each level.")
@click.option("--seeds", default="0,1", show_default=True, help="Seeds of the trainings, separated by commas.")
@click.option("--benchmark", multiple=True, metavar="FORM=FILE", help="A real benchmark of multiple choice beside it, "
              "where harm would show; `plain` for rows with question, choices, label; repeatable.")
@click.option("--benchmark-limit", type=click.IntRange(min=1), help="The first so many questions of each.")
@click.option("--least-templates", default=8, show_default=True, type=click.IntRange(min=1), help="Trained on.")
@click.option("--set", "overrides", multiple=True, metavar="A.B=C", help="Over configs/real/natural.yaml; repeatable.")
@click.option("--replay", multiple=True, metavar="FILE", help="Chat examples that one more recipe, dgrc_replay, mixes "
              "into its visits against forgetting; rows with `messages`, or `prompt` and `completion`; repeatable.")
@click.option("--replay-share", default=0.1, show_default=True, type=click.FloatRange(0, 1, min_open=True,
              max_open=True), help="Share of that recipe's visits that are to them.")
@click.option("--licence", multiple=True, metavar="ROLE=NAME", help="Licence of `teacher` or `student`, for the card.")
@click.option("--only", multiple=True, metavar="POINT", help="Do these points alone; repeatable.")
@click.option("--list", "listed", is_flag=True, help="Say what is done and what is left, and stop.")
@click.option("--minutes", type=click.FloatRange(min=0), help="Say which sizes fit into so many minutes.")
@click.option("--replies", "export", type=click.IntRange(min=1), metavar="N", help="Write N replies to check by hand.")
@click.option("--write", is_flag=True, help="Write the record and docs/real_students.md though points are left.")
def main(**options: Any) -> None:
    """Do what is left to do, then say what came of it."""
    try:
        _main(**options)
    except DgrcError as e:
        raise click.UsageError(str(e)) from e


def _main(
    teacher: str, student: str, out: Path | None, questions: int, held_out: int, pilot: int, seeds: str,
    benchmark: tuple[str, ...], benchmark_limit: int | None, least_templates: int, overrides: tuple[str, ...],
    replay: tuple[str, ...], replay_share: float, licence: tuple[str, ...], only: tuple[str, ...], listed: bool,
    minutes: float | None, export: int | None, write: bool,
) -> None:  # fmt: skip
    from benchmarks.real.domain import say_sizes

    settings = Settings(
        out or Path("runs") / folder_name(teacher, student), teacher, student, questions, held_out, pilot,
        _seeds(seeds), tuple(_pairs(benchmark, "--benchmark")), benchmark_limit, least_templates, overrides,
        replay, replay_share,
    )  # fmt: skip
    names = names_of(settings)
    if unknown := [name for name in only if name not in names]:
        raise ConfigError(f"There is no point {unknown[0]!r}. Points: {', '.join(names)}.")
    points = Points(settings.out)
    if not listed:
        for folder in (teacher, student):
            weights_there(Path(folder))
        settings.load_benchmarks()
        settings.check_replay()
        settings.config()
        settings.claim()
    bench = Bench(settings, points, say)
    if not listed and not export:
        work = plan(bench, dict(_pairs(licence, "--licence")))
        assert [name for name, _ in work] == names
        run_points(points, [(name, do) for name, do in work if not only or name in only], say)
    if minutes is not None:
        say_sizes(bench, minutes)
    if export:
        say(f"{write_replies(bench, export)}: say of each reply, in `hand`, whether its final answer is right")
    finish(bench, names, write)


def weights_there(folder: Path) -> None:
    """Says at once if a folder is no model; the hashes are for the point `check`.

    Raises:
        ConfigError: it is none.
    """
    if not (folder / "config.json").is_file() or not any(folder.glob("*.safetensors")):
        raise ConfigError(
            f"{folder} is no model folder: wanted are config.json and *.safetensors. Give a Hugging Face directory."
        )


def finish(bench: Bench, names: list[str], write: bool) -> None:
    """Says what is done and left; writes card, record and page where they are wanted; prints the last line."""
    from benchmarks.real.report import write_card, write_page
    from benchmarks.shared.record import record

    for said in listing(bench.points, names):
        say(said)
    result = result_of(bench, names)
    click.echo(json.dumps({key: result[key] for key in KEYS}))
    if result["points"]:
        write_card(bench, result)
    if result["points"] and (write or not result["left"]):
        record("real", result, command=command(bench.settings))
        write_page(result)


def result_of(bench: Bench, names: list[str]) -> dict[str, Any]:
    """All that the record holds."""
    found = details(replies(bench), bench.settings.seeds)
    done = {name: figures for name in names if (figures := bench.points.done(name)) is not None}
    return {
        **last_line(bench, found), "seeds": list(bench.settings.seeds), "points": done, "details": found,
        "checked": checked(bench), "seconds": round(sum(figures["seconds"] for figures in done.values()), 1),
        "left": [name for name in names if name not in done],
    }  # fmt: skip


def command(settings: Settings) -> str:
    """The command by which others repeat it; folders of this machine are nobody else's matter."""
    benchmarks = [f"--benchmark {form}={Path(file).name}" for form, file in settings.benchmarks]
    if settings.benchmark_limit:
        benchmarks.append(f"--benchmark-limit {settings.benchmark_limit}")
    if settings.replay:
        benchmarks += [f"--replay {Path(file).name}" for file in settings.replay]
        benchmarks.append(f"--replay-share {settings.replay_share}")
    own = [f"--set {override}" for override in settings.overrides]
    sizes = f"--questions {settings.questions} --held-out {settings.held_out} --pilot {settings.pilot}"
    models = f"--teacher {Path(settings.teacher).name} --student {Path(settings.student).name}"
    return " ".join(["real", models, sizes, f"--seeds {','.join(map(str, settings.seeds))}", *benchmarks, *own])


if __name__ == "__main__":
    main()
