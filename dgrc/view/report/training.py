"""Curves of trainings: the losses that a run kept flow in, points to draw flow out.

A training of a million steps is drawn by some hundred points: the mean of the steps between two of them, with the least
and the most.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dgrc.storage.run_dir import RunDir

POINTS, TICKS = 160, 4
WIDTH, HEIGHT = 320, 150
"""Of the plot, in the units of its drawing."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Curve:
    """One recipe's training: the mean loss, in nats a token, at places of `steps`, with the `low` and the `high` of the
    steps around; looks at examples set apart; where stages begin; and how many steps came to no number."""

    recipe: str
    steps: int
    mean: Sequence[Point]
    low: Sequence[Point]
    high: Sequence[Point]
    validation: Sequence[Point]
    stages: Sequence[tuple[str, int]]
    broken: int


@dataclass(frozen=True)
class Drawn:
    """A curve in the units of a drawing: the points of lines and areas, and ticks of the axis as (place, words)."""

    recipe: str
    words: str
    line: str
    area: str
    dots: Sequence[Point]
    stages: Sequence[tuple[str, float]]
    across: Sequence[tuple[float, str]]
    up: Sequence[tuple[float, str]]


def read_curves(run: RunDir, recipes: Sequence[str], troubles: list[str]) -> list[Curve]:
    """The curves of these recipes; files that cannot be read are told. Earlier versions kept none."""
    found = []
    for recipe in recipes:
        file = run.losses(recipe)
        try:
            found.append(curve(recipe, json.loads(file.read_text(encoding="utf-8"))))
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            troubles.append(f"The losses of {recipe} cannot be read ({type(e).__name__}: {e})")
    return found


def curve(recipe: str, kept: dict[str, Any]) -> Curve:
    """The curve of what `TrainResult.curve` kept."""
    losses = [float("nan") if loss is None else float(loss) for loss in kept["losses"]]
    if not losses:
        raise ValueError("there are none")
    begins, at = {}, 0
    for name, steps in kept.get("stages") or ():
        begins[str(name)] = at
        at += int(steps)
    mean, low, high = [], [], []
    wide = max(1, math.ceil(len(losses) / POINTS))
    for first in range(0, len(losses), wide):
        some = [loss for loss in losses[first : first + wide] if math.isfinite(loss)]
        if some:
            place = first + (min(wide, len(losses) - first) + 1) / 2
            mean.append((place, sum(some) / len(some)))
            low.append((place, min(some)))
            high.append((place, max(some)))
    looks = [(begins.get(str(stage), 0) + int(step), float(loss)) for stage, step, loss in kept.get("validation") or ()]
    broken = sum(not math.isfinite(loss) for loss in losses)
    stages = list(begins.items())
    return Curve(
        recipe, len(losses), mean, low, high, [look for look in looks if math.isfinite(look[1])], stages, broken
    )


def drawn(curves: Sequence[Curve]) -> list[Drawn]:
    """Curves on axes that they share, so that they can be held against each other."""
    values = [loss for one in curves for _, loss in (*one.low, *one.high, *one.validation)]
    if not values:
        return []
    least, most = min(0.0, *values), max(values)
    up = ticks(least, most)
    top, bottom = max(most, up[-1]), min(least, up[0])
    longest = max(one.steps for one in curves)

    def at(point: Point) -> Point:
        return round(WIDTH * point[0] / longest, 1), round(HEIGHT * (top - point[1]) / ((top - bottom) or 1), 1)

    across = [(at((step, 0))[0], f"{step:,.0f}") for step in ticks(0, longest) if step <= longest]
    return [
        Drawn(
            one.recipe, _words(one), _points(map(at, one.mean)), _points(map(at, [*one.high, *reversed(one.low)])),
            [at(point) for point in one.validation], [(name, at((step, 0))[0]) for name, step in one.stages],
            across, [(at((0, value))[1], f"{value:g}") for value in up],
        )
        for one in curves if one.mean
    ]  # fmt: skip


def ticks(low: float, high: float) -> list[float]:
    """Some round numbers from one to another."""
    rough = (high - low) / TICKS or 1.0
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * one for one in (1, 2, 5, 10) if size * one >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(step * n, 12) for n in range(first, last + 1)]


def _words(one: Curve) -> str:
    words = f"{one.recipe}: {one.steps:,} step{'' if one.steps == 1 else 's'}"
    if one.validation:
        words += f", validation {one.validation[-1][1]:.3f} at the end"
    return words + (f"; {one.broken:,} step{'' if one.broken == 1 else 's'} came to no number" if one.broken else "")


def _points(points: Any) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
