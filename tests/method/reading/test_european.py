"""Answers in Spanish, Portuguese, French, Italian, German and Dutch; more in `tests/method/wild`."""

import pytest

from dgrc.method.reading import in_tags, read

OPTIONS = ("Metoprolol", "Lisinopril", "Amlodipine", "Hydrochlorothiazide")
SAYS = (
    "La respuesta correcta es {}", "Por lo tanto, la opción correcta es la {}.", "**Respuesta: {}**",
    "Respuesta final: {}",
    "La respuesta correcta sería la opción {}.", "La opción {} es la correcta.", "La bonne réponse est donc {}",
    "L'option correcte est la {}.", "Réponse\u00a0: {}", "{} est la bonne réponse.", "La réponse {} est correcte.",
    "Die richtige Antwort lautet: {}", "Daher ist die richtige Antwort {}.", "Also ist Antwort {} richtig.",
    "Antwort: {}", "Richtig ist Antwort {}.", "A resposta correta é a {}.", "La risposta corretta è {}.",
    "Het juiste antwoord is {}.", "Elijo la opción {}.", "Ich wähle {}.",
)  # fmt: skip
SAYS_NOT = (
    "La respuesta no es {}.", "¿La respuesta correcta es la {}?", "No creo que la respuesta correcta es {}.",
    "Si tuviera asma, la respuesta correcta sería {}.", "La respuesta incorrecta es {}.", "La réponse n'est pas {}.",
    "On pourrait penser que la réponse est {}.", "La bonne réponse serait {} si elle avait de l'asthme.",
    "Die richtige Antwort ist nicht {}.", "Die falsche Antwort ist {}.", "Ist Antwort {} richtig?",
    "Wenn sie Asthma hätte, wäre die richtige Antwort {}.", "El estudiante dice que la respuesta es {}.",
    "La respuesta a la pregunta no es {}.", "La opción {} no es correcta.",
)  # fmt: skip


@pytest.mark.parametrize("says", SAYS)
def test_a_letter_is_read_in_every_wording(says: str) -> None:
    for letter in "ABCD":
        assert read(f"x.\n\n{says.format(letter)}", OPTIONS)[0] == letter
        assert read(says.format(f"**{letter}**"), OPTIONS)[0] == letter


@pytest.mark.parametrize("says", SAYS_NOT)
def test_what_is_denied_asked_or_supposed_is_no_answer(says: str) -> None:
    for letter in "ABCD":
        assert read(says.format(letter), OPTIONS) == (None, None)


JOINTS = (" o ", " y ", ", o quizás ", " ou ", " et ", " oder ", " und ", ", vielleicht auch ")


@pytest.mark.parametrize("joint", JOINTS)
def test_two_letters_are_no_answer(joint: str) -> None:
    for says in ("La respuesta es {}.", "La réponse est {}.", "Die Antwort ist {}."):
        assert read(says.format(f"B{joint}C"), OPTIONS) == (None, None)


def test_a_tag_may_hold_the_sentence() -> None:
    assert in_tags("<answer>La respuesta correcta es B</answer>", OPTIONS) == "B"
    assert read("<answer>Die richtige Antwort ist C.</answer>", OPTIONS) == ("C", "tag")


def test_the_letter_of_another_options_text_is_no_answer() -> None:
    assert read("La respuesta correcta es A: Amlodipine.", OPTIONS) == (None, None)
