"""What a curation came to. Its reports flow in; warnings flow out, and an error where nothing is to be learned."""

import json
from collections.abc import Callable
from typing import Any

from dgrc.config import Config, MethodConfig
from dgrc.errors import EmptyCurriculumError
from dgrc.method.prompts import load_pack
from dgrc.records import hash64
from dgrc.storage.atomic import write_json
from dgrc.storage.run_dir import RunDir

Say = Callable[[str], None]


def with_trusted_readers(config: Config, run: RunDir, say: Say) -> Config:
    """The configuration with `method.ask_unread: checked` as what the run's pilot found when the run began.

    It is found once a run: a pilot that is made later would have all chains paid for again.
    """
    if config.method.ask_unread != "checked":
        return config
    mark, found = run.in_round(1).state("method") / "asked.json", trusted_readers(config)
    if not mark.is_file():
        write_json(mark, found)
    begun = tuple(json.loads(mark.read_text(encoding="utf-8")))
    if found != begun and run.number == 1:
        now, then = (" and ".join(roles) or "nobody" for roles in (found, begun))
        say(
            f"! by its pilot the teacher may be asked about chains of {now}, but this run was begun with {then} and "
            "goes on so: to do as the pilot says, give it another `name`"
        )
    return config.model_copy(update={"method": config.method.model_copy(update={"ask_unread": begun})})


def trusted_readers(config: Config) -> tuple[str, ...]:
    """The roles about whose unread chains a reader may be asked, as this run's pilot found; none without a pilot, or
    if it was made with other models or another prompt pack."""
    file = RunDir.of(config.model_copy(update={"name": pilot_name(config)})).root / "pilot.json"
    if not file.is_file():
        return ()
    pilot = json.loads(file.read_text(encoding="utf-8"))
    if pilot.get("asked_with") != asked_with(config):
        return ()
    return tuple(role for role in ("teacher", "student") if pilot["ask_unread"].get(role, {}).get("used"))


def asked_with(config: Config) -> str:
    """What decides whether a reader can be believed: the models and the prompt pack, as one hash."""
    models = [config.teacher.identity(), config.student.identity()]
    pack = load_pack(config.method.prompts).digest()
    return f"{hash64(json.dumps([models, pack], sort_keys=True)):x}"


def pilot_name(config: Config) -> str:
    """What the pilot of a run is called."""
    return f"{config.name}-pilot"


def warn(reports: dict[str, Any], run: RunDir, method: MethodConfig, say: Say) -> None:
    """Says what should be looked into, and keeps it with the run."""
    from dgrc.workflow.curated.figures import of_run
    from dgrc.workflow.curated.warnings import warnings

    found = warnings(of_run(reports, run, method))
    write_json(run.warnings(), found)
    warn_again(run, say)


def warn_again(run: RunDir, say: Say) -> None:
    """Says what the curation of the run gave reason to say: whoever trains on it need not have been there."""
    if run.warnings().is_file():
        for line in json.loads(run.warnings().read_text(encoding="utf-8")):
            say(f"! {line}")


def refuse_empty(run: RunDir, kinds: tuple[str, ...], allowed: bool) -> None:
    """Raises EmptyCurriculumError if the curriculum holds no example of these kinds (`atomic`, `cot`), unless that is
    allowed."""
    files = [run.curriculum() / kind / "train.jsonl" for kind in kinds]
    if allowed or any(file.stat().st_size for file in files if file.is_file()):
        return
    what = "is empty" if len(kinds) > 1 else "has no chains, so that a student would learn no reasoning from it"
    raise EmptyCurriculumError(
        f"The curriculum in {run.curriculum()} {what}. What the curation said in lines that begin with `!` tells why; "
        f"look at cases with `dgrc show {run.root}`, and try settings with `dgrc pilot`. To go on all the same: "
        "--allow-empty."
    )
