"""Wordings of a pack: the pack as it ships, and overlays, folders with other templates for some of its steps.

An overlay `FOLDER/PACK/*.jinja` and the pack flow in; a folder with a whole pack flows out, which the product's own
reader checks and loads. An overlay's `system.jinja` speaks in the steps that the overlay words itself; the pack's own
goes on speaking in the others, so that nothing changes there.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dgrc.method.prompts
from dgrc.errors import PromptPackError
from dgrc.method.prompts import Pack, built_in, load_pack

SHIPPED = "shipped"
STEPS = ("sample", "diagnose", "answer", "extract", "verify", "judge")
"""The steps that are measured."""
KNOWN = frozenset(f"{step}{end}" for step in (*STEPS, "system") for end in (".jinja", ".schema.json"))
HERE = Path(__file__).parent / "wordings"


@dataclass(frozen=True)
class Wording:
    """One wording of a pack: the steps that it words itself (all of them for the shipped one), and the whole pack."""

    pack_name: str
    name: str
    steps: tuple[str, ...]
    pack: Pack


def wordings_of(packs: Sequence[str], overlays: Sequence[Path], made: Path) -> list[Wording]:
    """Every pack as it ships, and under each overlay that has a folder for it; merged packs are written below `made`.
    Without overlays those of `HERE` are taken that have one.

    Raises:
        PromptPackError: a pack is unknown, or an overlay words none of the packs' steps or cannot be loaded.
    """
    for overlay in overlays:
        if not overlay.is_dir():
            raise PromptPackError(
                f"The wording {overlay} is no folder. Wanted is a folder with one folder a pack, which holds the "
                f"templates that are worded otherwise, as {HERE / 'plain'} has."
            )
        if not any(_worded(overlay / Path(pack).name) for pack in packs):
            raise PromptPackError(
                f"The wording {overlay} has no template for {', '.join(packs)}. Wanted are files such as "
                f"{overlay / Path(packs[0]).name / 'diagnose.jinja'}; known names are {', '.join(sorted(KNOWN))}."
            )
    found = []
    overlays = overlays or sorted(path for path in HERE.iterdir() if path.is_dir())
    for pack in packs:
        found.append(Wording(Path(pack).name, SHIPPED, STEPS, load_pack(pack)))
        for overlay in overlays:
            if steps := _worded(overlay / Path(pack).name):
                folder = merge(pack, overlay, steps, made)
                found.append(Wording(Path(pack).name, overlay.name, steps, load_pack(str(folder))))
    return found


def merge(pack: str, overlay: Path, steps: Sequence[str], made: Path) -> Path:
    """The pack under the overlay as a folder of its own.

    Raises:
        PromptPackError: the overlay holds files that no measured step reads.
    """
    worded, folder = overlay / Path(pack).name, made / f"{Path(pack).name}-{overlay.name}"
    if unknown := sorted(path.name for path in worded.iterdir() if path.name not in KNOWN):
        raise PromptPackError(
            f"The wording {worded} holds {', '.join(unknown)}, which no measured step reads; known names are "
            f"{', '.join(sorted(KNOWN))}. Rename or remove them."
        )
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_home(pack), folder)
    for path in sorted(worded.iterdir()):
        if path.name != "system.jinja":
            shutil.copyfile(path, folder / path.name)
    if (worded / "system.jinja").is_file():
        ours = (worded / "system.jinja").read_text(encoding="utf-8")
        system = folder / "system.jinja"
        theirs = system.read_text(encoding="utf-8") if system.is_file() else ""
        named = ", ".join(f'"{step}"' for step in steps)
        text = f"{{% if step in [{named}] %}}\n{ours}\n{{% else %}}\n{theirs}\n{{% endif %}}\n"
        system.write_text(text, encoding="utf-8")
    return folder


def _worded(folder: Path) -> tuple[str, ...]:
    """The measured steps that a folder has templates for."""
    return tuple(step for step in STEPS if (folder / f"{step}.jinja").is_file())


def _home(pack: str) -> Path:
    return Path(dgrc.method.prompts.__file__).parent / pack if pack in built_in() else Path(pack)
