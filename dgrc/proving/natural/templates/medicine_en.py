"""Medicine in English: doses, drips and supplies whose rules stand in the question."""

import random

from dgrc.proving.natural.problem import Draft, Step, Template


def _dose_by_weight(rng: random.Random) -> Draft:
    weight, rate, times = rng.randrange(10, 91, 5), rng.choice((2, 3, 4, 5, 8, 10)), rng.choice((2, 3, 4))
    dose = weight * rate
    return Draft(
        f"A patient weighs {weight} kg. A medicine is given at {rate} mg per kg of body weight for each dose, "
        f"{times} times a day. How many mg does the patient get in one day?",
        (
            Step(
                "multiply",
                f"A medicine is dosed at {rate} mg per kg of body weight. How many mg is one dose for a patient of "
                f"{weight} kg?",
                f"{dose} mg",
                (f"{rate} mg per kg", f"{weight} kg"),
            ),
            Step(
                "multiply",
                f"A patient gets {dose} mg of a medicine {times} times a day. How many mg is that in one day?",
                f"{dose * times} mg",
                (f"{dose} mg", f"{times} times a day"),
            ),
        ),
    )


TEMPLATES = (Template("medicine/en/dose_by_weight", "medicine", "en", held_out=False, draw=_dose_by_weight),)
"""Those of medicine in English."""
