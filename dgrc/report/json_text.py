"""Plain data to a line of JSON that every reader takes: numbers that are none become null."""

import json
import math
from typing import Any


def json_text(data: Any) -> str:
    """The data as compact JSON in ASCII."""
    try:
        return json.dumps(data, separators=(",", ":"), allow_nan=False)
    except ValueError:  # a figure that is none
        return json.dumps(_finite(data), separators=(",", ":"))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data
