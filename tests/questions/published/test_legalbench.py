"""Every kind of task of LegalBench in its authors' layout: what is asked, which options, which label, how it is scored.

The files are made up; their layout is that of the authors' 162 folders, of which each kind stands here once.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from dgrc.errors import EvaluationError
from dgrc.questions.columns import RawRow
from dgrc.questions.published import HEADER_ALONE, published_rows

YES_NO = ("No", "Yes")


AFTER = [
    ("Pick.\n\nClause: {{text}}\nOptions: fair, unfair\nLabel:", "unfair", ("fair", "unfair"), "Pick.\nClause: t"),
    ("Pick.\n\nClause: {{text}}\nOption A: fair\nOption B: unfair\nA:", "B", ("fair", "unfair"), "Pick.\nClause: t"),
    ("Clause: {{text}} Is it unfair, or fair?\nA:", "unfair", ("unfair", "fair"), "Clause: t Is it unfair, or fair?"),
]


@dataclass
class Kind:
    """A task's files, and what its last row is to become."""

    task: str
    prompt: str
    rows: list[list[str]]
    text: str
    choices: tuple[str, ...]
    label: str
    scored: str = "balanced"
    several: bool = False


KINDS = [
    Kind("hearsay", "Hearsay is what was said elsewhere.\n\nQ: He waved. Is there hearsay?\nA: No\n\n"
         "Q: {{text}} Is there hearsay?\nA:",
         [["index", "answer", "text"], ["0", "No", "He waved."], ["1", "Yes", "She wrote it."]],
         "Hearsay is what was said elsewhere.\nQ: She wrote it. Is there hearsay?", YES_NO, "B"),
    Kind("cuad_audit_rights", "Does the clause grant a right to audit?\n\nClause: Books may be seen.\nLabel: Yes\n\n"
         "Clause: {{text}}\nLabel:",
         [["index", "text", "answer"], ["0", "Nothing.", "No"]],
         "Does the clause grant a right to audit?\nClause: Nothing.", YES_NO, "A"),
    Kind("contract_qa", "Answer the question.\n\nClause: It ends in May.\nQuestion: Is there an end?\nAnswer: Yes\n\n"
         "Clause: {{text}}\nQuestion: {{question}}\nLabel:",
         [["index", "question", "text", "answer"], ["0", "Is a fee due?", "Pay nothing.", "No"]],
         "Answer the question.\nClause: Pay nothing.\nQuestion: Is a fee due?", YES_NO, "A"),
    Kind("consumer_contracts_qa", "{{contract}}\n\nQuestion: {{question}} Answer Yes or No.\nAnswer:",
         [["index", "contract", "question", "answer"], ["0", "You may leave.\nOr stay.", "May I leave?", "Yes"]],
         "You may leave.\nOr stay.\n\nQuestion: May I leave? Answer Yes or No.", YES_NO, "B"),
    Kind("supply_chain_disclosure_disclosed_audits",
         "{{text}}\n\nQuestion: Does it name audits? Answer yes or no.\nAnswer:",
         [["index", "text", "answer"], ["0", "We audit.", "Yes"], ["1", "We do not.", "No"]],
         "We do not.\n\nQuestion: Does it name audits? Answer yes or no.", YES_NO, "A"),
    Kind("jcrew_blocker", "A blocker is a covenant.\n\nProvision: one\nLabel: Yes\n\nProvision: {{text}}\n\nLabel:",
         [["index", "text", "answer"], ["0", "No transfer.", "Yes"]],
         "A blocker is a covenant.\nProvision: No transfer.", YES_NO, "B"),
    Kind("corporate_lobbying",
         "You watch bills.\nSay YES or NO.\nTitle of bill: {{bill_title}}\nName: {{company_name}}\n"
         "Is it relevant? FINAL ANSWER:",
         [["index", "bill_title", "company_name", "answer"], ["0", "On salt", "Salt Inc.", "Yes"]],
         "You watch bills.\nSay YES or NO.\nTitle of bill: On salt\nName: Salt Inc.\nIs it relevant?", YES_NO, "B"),
    Kind("citation_prediction_classification", "Can the case be cited?\n\nText: a\nCitation: b\nSupportive? Yes\n\n"
         "Text: {{text}}\nCitation: {{citation}}\nSupportive?",
         [["index", "text", "citation", "answer"], ["0", "A claim.", "Doe v. Roe", "No"]],
         "Can the case be cited?\nText: A claim.\nCitation: Doe v. Roe\nSupportive?", YES_NO, "A"),
    Kind("nys_judicial_ethics", 'Answer as either "Yes" or "No".\n\nQuestion: May one?\nAnswer: No\n\n'
         "Question: {{question}}\nAnswer:",
         [["index", "question", "answer", "year"], ["0", "Must one?", "Yes", "2021"]],
         'Answer as either "Yes" or "No".\nQuestion: Must one?', YES_NO, "B"),
    Kind("abercrombie", "A mark is plain if it names the thing. A mark is bold if it does not.\n\nQ: x\nA: bold\n\n"
         "Q: {{text}} What is it?\nA:",
         [["index", "answer", "text"], ["0", "bold", "Zorp."], ["1", "plain", "Salt for salt."]],
         "A mark is plain if it names the thing. A mark is bold if it does not.\nQ: Salt for salt. What is it?",
         ("plain", "bold"), "A"),
    Kind("ucc_v_common_law",
         "The UCC governs goods, the common law all else.\n\nContract: a bike.\nGoverned by: UCC\n\n"
         "Contract: {{contract}}\nGoverned by:",
         [["index", "contract", "answer"], ["0", "a bike", "UCC"], ["1", "a farm", "Common Law"]],
         "The UCC governs goods, the common law all else.\nContract: a farm", ("UCC", "Common Law"), "B"),
    Kind("canada_tax_court_outcomes", "INSTRUCTIONS: Say the outcome.\nOptions: allowed, dimissed, other\n\n"
         "EXCERPT: {{text}}\nOUTCOME:",
         [["index", "text", "answer"], ["0", "It is allowed.", "allowed"], ["1", "It fails.", "dismissed"]],
         "INSTRUCTIONS: Say the outcome.\nEXCERPT: It fails.", ("allowed", "dismissed", "other"), "B"),
    Kind("oral_argument_question_purpose",
         "Classify the question. Options: Background, Humor, Support\n\nQuestion: Eh?\n"
         "Answer: Humor\n\nQuestion: {{question}}\nAnswer:",
         [["Docket No.", "question", "answer", "index"], ["1-2", "Who sued?", "Background", "0"]],
         "Classify the question.\nQuestion: Who sued?", ("Background", "Humor", "Support"), "A"),
    Kind("unfair_tos",
         "Classify each clause.\nOptions: Arbitration, Choice of law, Other\n\nClause: hi\nLabel: Other\n\n"
         "Clause: {{text}}\nLabel:",
         [["text", "answer", "index"], ["the law of Utah", "Choice of law", "0"]],
         "Classify each clause.\nClause: the law of Utah", ("Arbitration", "Choice of law", "Other"), "B"),
    Kind("function_of_decision_section",
         "Use these definitions.\n\n- Facts: what happened.\n- Decree: what is ordered.\n\n\n"
         "Text: so ordered\nLabel: Decree\n\nText: {{Paragraph}}\nLabel:",
         [["index", "Citation", "Paragraph", "answer"], ["0", "1 F.4th 1", "She fell.", "Facts"]],
         "Use these definitions.\n\n- Facts: what happened.\n- Decree: what is ordered.\nText: She fell.",
         ("Facts", "Decree"), "A"),
    Kind("insurance_policy_interpretation",
         "Say if it is covered with [A: Yes; B: No; C: It\u2019s open]\n\nPolicy: p\nClaim: c\n"
         "Label: B\n\nPolicy: {{policy}}\nClaim: {{claim}}\nLabel:",
         [["index", "policy", "claim", "answer"], ["0", "fire", "water", "C"]],
         "Say if it is covered with [A: Yes; B: No; C: It\u2019s open]\nPolicy: fire\nClaim: water",
         ("Yes", "No", "It\u2019s open"), "C"),
    Kind("maud_type_of_consideration",
         "Instruction: Choose.\nQuestion: What is paid?\nOption A: All Cash\nOption B: All Stock\n"
         "Option C: Mixed: Election\n\nMerger Agreement: cash\nAnswer: A\n\nMerger Agreement: {{text}}\nAnswer:",
         [["index", "answer", "text"], ["0", "C", "Both, at will."]],
         "Instruction: Choose.\nQuestion: What is paid?\nMerger Agreement: Both, at will.",
         ("All Cash", "All Stock", "Mixed: Election"), "C"),
    Kind("scalr",
         "Select the holding:\n\nQuestion: old\nChoices:\n0: \"a\"\n1: \"b\"\nAnswer: 1\n\nQuestion: {{question}}\n"
         "Choices:\n0: {{choice_0}}\n1: {{choice_1}}\n2: {{choice_2}}\nAnswer:",
         [["index", "question", "choice_0", "choice_1", "choice_2", "answer"],
          ["0", "May it?", "holding it may", "holding it must", "holding not", "2"]],
         "Select the holding:\nQuestion: May it?", ("holding it may", "holding it must", "holding not"), "C"),
    Kind("privacy_policy_qa",
         "Classify if it is relevant.\n\nClause: a\nLabel: Relevant\n\nClause: b\nLabel: Irrelevant\n\n"
         "Clause: c\nLabel: Relevant\n\nClause: d\nLabel: Irrelevant\n\nClause: {{text}}\nLabel:",
         [["index", "text", "answer"], ["0", "x", "Irrelevant"], ["1", "y", "Relevant"]],
         "Classify if it is relevant.\nClause: y", ("Irrelevant", "Relevant"), "B"),
    Kind("successor_liability",
         "There are exceptions:\n\n1. it agrees (express agreement)\n\n2. it merges (de facto merger)\n\n"
         "3. it goes on (mere continuation)\n\nFacts: one\nExceptions: de facto merger, mere continuation\n\n"
         "Facts: {{text}}\nException:",
         [["index", "text", "issue", "answer"], ["0", "f", "s", "mere continuation,de facto merger"]],
         "There are exceptions:\n\n1. it agrees (express agreement)\n\n2. it merges (de facto merger)\n\n"
         "3. it goes on (mere continuation)\nFacts: f",
         ("express agreement", "de facto merger", "mere continuation"), "BC", "exceptions", True),
    Kind("citation_prediction_open", "Give the citation.\n\nText: a\nCircuit: b\nCitation: Ro v. Wa\n\nText: {{text}}\n"
         "Circuit: {{circuit}}\nCitation:",
         [["index", "circuit", "answer", "text"], ["0", "Fifth", "Ro v. Wa", "a"], ["1", "Ninth", "Do v. Re", "t"]],
         "Give the citation.\nText: t\nCircuit: Ninth", (), "Do v. Re", "contained"),
    Kind("definition_extraction",
         "Identify the term.\n\nSentence: land is soil\nTerm: land\n\nSentence: {{text}}\nTerm:",
         [["index", "answer", "text"], ["0", "land", "land is soil"], ["1", "bank,banks", "a bank lends"]],
         "Identify the term.\nSentence: a bank lends", (), "bank,banks", "any_stem"),
    Kind("sara_numeric",
         "Answer the questions.\n\nStatute: {{statute}}\nDescription: {{description}}\nQuestion: {{question}}. "
         "State the amount first.\nAnswer:",
         [["index", "case id", "statute", "description", "question", "text", "answer"],
          ["0", "c", "s1", "d1", "How much", "t", "$0"], ["1", "c", "s2", "d2", "How much", "t", "$620"]],
         "Answer the questions.\nStatute: s2\nDescription: d2\nQuestion: How much. State the amount first.",
         (), "$620", "within_tenth"),
    Kind("ssla_plaintiff",
         "Extract the plaintiff, or \"Not named\".\n\nExcerpt: e\nPlaintiffs: Ann Lee\n\nExcerpt: {{text}}\n"
         "Plaintiffs:",
         [["index", "answer", "text"], ["0", "['Not named']", "e"], ["1", "['Ann Lee', 'Bo Lu']", "f"]],
         "Extract the plaintiff, or \"Not named\".\nExcerpt: f", (), "['Ann Lee', 'Bo Lu']", "names"),
    Kind("ssla_company_defendants",
         "Extract companies.\n\nExcerpt: e\nCompany defendants: A, Inc.\n\nExcerpt: {{text}}\n"
         "Company defendants:",
         [["index", "answer", "text"], ["0", "A, Inc.", "e"], ["1", "B, Inc.", "f"]],
         "Extract companies.\nExcerpt: f", (), "B, Inc.", "names"),
    Kind("rule_qa", "Q: {{text}}\nA:", [["index", "text", "answer", "doctrine"], ["0", "What is it?", "A rule.", "d"]],
         "Q: What is it?", (), "A rule.", "by_hand"),
]  # fmt: skip


def files(folder: Path, prompt: str, rows: list[list[str]], name: str = "test.tsv") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "base_prompt.txt").write_text(prompt)
    quoted = [[f'"{v}"' if "\n" in v else v.replace('"', '""') for v in row] for row in rows]
    (folder / name).write_text("".join("\t".join(row) + "\n" for row in quoted))
    return str(folder / name)


def read(folder: Path, prompt: str, rows: list[list[str]]) -> list[RawRow]:
    return published_rows("legalbench", files(folder, prompt, rows))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.task)
def test_each_kind_of_task(tmp_path: Path, kind: Kind) -> None:
    raw = read(tmp_path / kind.task, kind.prompt, kind.rows)[-1]
    assert (raw.text, raw.choices, raw.label, raw.several) == (kind.text, kind.choices, kind.label, kind.several)
    assert json.loads(raw.meta) == {"task": kind.task, "scored": kind.scored}
    assert raw.error is None and "{{" not in raw.text


@pytest.mark.parametrize(("prompt", "answer", "choices", "text"), AFTER)
def test_options_may_stand_after_the_place_of_the_text(
    tmp_path: Path, prompt: str, answer: str, choices: tuple[str, ...], text: str
) -> None:
    other = {"unfair": "fair", "B": "A"}[answer]
    raw = read(tmp_path / "mine", prompt, [["text", "answer"], ["s", other], ["t", answer]])[-1]
    assert (raw.text, raw.choices) == (text, choices)
    assert raw.label is not None and raw.choices["AB".index(raw.label)] == "unfair"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.choices], ids=lambda kind: kind.task)
def test_a_solution_is_no_option_whatever_the_folder_is_called(tmp_path: Path, kind: Kind) -> None:
    rows = read(tmp_path / "mine", kind.prompt, kind.rows)
    assert {row.choices for row in rows} == {()} and [row.label for row in rows] == [r[kind.rows[0].index("answer")]
                                                                                   for r in kind.rows[1:]]  # fmt: skip


def test_a_test_file_whose_rows_lack_a_class_has_it_from_the_train_file(tmp_path: Path) -> None:
    kind = next(kind for kind in KINDS if kind.task == "abercrombie")
    files(tmp_path / "t", kind.prompt, kind.rows, "train.tsv")
    (raw,) = read(tmp_path / "t", kind.prompt, [kind.rows[0], kind.rows[1]])
    assert (raw.choices, raw.label) == (("plain", "bold"), "B")


def test_a_header_alone_is_said_and_is_no_error_of_the_whole(tmp_path: Path) -> None:
    (raw,) = read(tmp_path / "rule_qa", "Q: {{text}}\nA:", [["index", "text", "answer", "doctrine"]])
    assert raw.error == HEADER_ALONE and not raw.whole_file and raw.place.endswith("rule_qa/test.tsv")


@pytest.mark.parametrize(
    ("prompt", "rows", "words"),
    [
        ("Q: {{topic}}\nA:", [["text", "answer"], ["a", "Yes"]], r"test\.tsv:2 .* column 'topic'; the row has 'tex"),
        ("No place.", [["text", "answer"], ["a", "Yes"]], r"base_prompt\.txt cannot be used: it has no `\{\{column"),
        ("Options: x, y\n\nQ: {{text}}\nA:", [["text", "answer"], ["a", "zebra"]], "'zebra' is none of the opt.* x; y"),
        ("Q: {{text}}\nA:", [["text", "answer"], ["a", ""]], r"test\.tsv:2 cannot be used: it has no answer"),
        ("Q: {{q}}\n0: {{c0}}\n1: {{c1}}\nA:", [["q", "c0", "answer"], ["a", "b", "0"]], "wants the column 'c1'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_the_place(
    tmp_path: Path, prompt: str, rows: list[list[str]], words: str
) -> None:
    with pytest.raises(EvaluationError, match=words):
        read(tmp_path / "t", prompt, rows)


def test_a_large_prompt_of_one_sign_returns(tmp_path: Path) -> None:
    for sign in ("{{", "[A:", "- a", "\n", "(", " ", "Options:", "A. x\n"):
        prompt = f"{sign * (100_000 // len(sign))}\n\nQ: {{{{text}}}}\nA:"
        assert read(tmp_path / "t", prompt, [["text", "answer"], ["a", "Yes"]])[0].text.endswith("a")
