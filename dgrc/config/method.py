"""The settings of the method and its rounds, a part of `dgrc.config`."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from dgrc.config.section import Sampling, Section

LATER_SETTINGS = {"ask_unread": "checked", "thoughts": "visible"}
"""Settings that came later, with what runs had before there were such: at these they decide nothing."""


class MethodConfig(Section):
    """The switches of the method (`dgrc.method`)."""

    prompts: str = Field(
        "general",
        description="Prompt pack: `general`, `legal` or `medical`, `legal_zh` or `medical_zh` for questions in "
        "Chinese, `proving`, or a folder.",
    )
    teacher_chains: int = Field(3, ge=1, description="K: teacher chains a question.")
    student_chains: int = Field(3, ge=1, description="J: student chains a question.")
    teacher_sampling: Sampling = Field(Sampling(), description="How the teacher samples chains.")
    student_sampling: Sampling = Field(Sampling(temperature=1.0, top_p=0.95), description="How the student does.")
    diagnose_sampling: Sampling = Field(Sampling(temperature=0), description="How divergences are diagnosed.")
    answer_sampling: Sampling = Field(Sampling(), description="How atomic questions are answered.")
    judge_sampling: Sampling = Field(
        Sampling(temperature=0, max_tokens=1024), description="How atoms are judged and free-text answers graded."
    )
    verify_sampling: Sampling = Field(Sampling(temperature=0), description="How chains are verified.")
    answers: Literal["auto", "text", "number", "yes_no", "yes_no_maybe"] = Field(
        "auto",
        description="Form of the answers to questions without choices. `number` reads measures: numbers with units, "
        "ranges, bounds, ratios, pairs, dates. `auto` compares as measures, or as yes, no and maybe, what is nothing "
        "else, and all else as text; `yes_no` knows no maybe, `yes_no_maybe` does (PubMedQA). An answer that is not of "
        "the form to its end counts as unread.",
    )
    number_tolerance: float = Field(
        0.0, ge=0, lt=1,
        description="Numbers that differ by less, relatively, are equal; of several answers also those that others "
        "between them link. At 0 they are compared exactly.",
    )
    grader: bool = Field(
        False,
        description="Let the teacher say which differently worded answers mean the same, of free-text questions and of "
        "atoms; without it words alone decide.",
    )
    ask_unread: Literal["checked", "off", "measure"] | tuple[Literal["teacher", "student"], ...] = Field(
        "checked",
        description="Ask the teacher which option a chain ends with that could not be read, twice, with the options in "
        "another order. `checked`: for the roles for which the pilot of this run found that the teacher reads as "
        "patterns do (0.9); without a pilot nothing is asked. A list names the roles; `measure` is the pilot's.",
    )
    thoughts: Literal["visible", "all"] = Field(
        "visible",
        description="What diagnosis and verification read of a thinking model's chain: the visible text, or the "
        "thoughts too where that holds no reasoning, or always both.",
    )
    pairs: Literal["per_answer", "all", "majority"] = Field(
        "per_answer",
        description="Pairs to diagnose: one for each distinct differing student answer, all (as published), or "
        "majority against majority.",
    )
    max_pairs: int = Field(4, ge=0, description="Most pairs diagnosed for one question; 0 asks nothing, for baselines.")
    answers_per_atom: int = Field(5, ge=1, description="m: fresh answers to each distinct atomic question.")
    shared_answers: bool = Field(
        True,
        description="An atom is answered once, wherever in the corpus it is asked; false answers it anew for every "
        "pair that asks (as published).",
    )
    min_agreement: float = Field(0.6, ge=0, le=1, description="Atoms whose answers agree less are dropped.")
    near_duplicate: float = Field(
        1.0, ge=0, le=1,
        description="Within a question, atoms whose content words overlap by this share (Jaccard) count as one; "
        "1 merges only equal wording.",
    )
    near_duplicate_corpus: float = Field(
        1.0, gt=0, le=1,
        description="The same across the corpus, after the answers: of near-duplicates that answer alike one is kept "
        "for the curriculum; those that contradict each other are resolved by agreement or dropped. 1 is off; 0.8 "
        "suits real text.",
    )
    near_duplicate_cosine: float | None = Field(
        None, gt=0, le=1,
        description="Find near-duplicates across the corpus by embeddings of at least this cosine instead of by words; "
        "published: 0.85 within a question. Numbers and negations must be the same in any case.",
    )
    ifd: tuple[float, float] | None = Field(
        None,
        description="Keep atoms whose instruction-following difficulty, loss(answer | question) / loss(answer) under "
        "the student, is within this range; published: [0.35, 1.0]. null asks nothing.",
    )
    judge: int | None = Field(
        None, ge=1, le=14, description="Keep atoms that the teacher as a judge scores so high, of 14; published: 13."
    )
    corpus_facts: int = Field(
        8,
        ge=0,
        description="A chain is checked against the atoms that speak to what it says: its question's own, and so many "
        "from elsewhere in the corpus. 0 checks it against all of its question's own atoms alone (as published).",
    )
    fact_coverage: float = Field(
        0.5,
        gt=0,
        le=1,
        description="An atom speaks to a chain if this share of its content words stands in the question or the chain.",
    )
    resample: int = Field(
        0, ge=0, description="How often the teacher samples anew where facts reject every chain of a question."
    )
    accept_unchecked: bool = Field(
        False, description="Keep chains that no fact speaks to (as published); else they are dropped."
    )
    agreeing: Literal["drop", "keep", "corpus", "audit"] = Field(
        "drop",
        description="Chains of questions where all answers agree: dropped; kept unverified (as published); kept if "
        "atoms from elsewhere in the corpus speak to them and none contradicts; or kept unless an audit by a third "
        "model refutes them, with an estimate of how many are wrong.",
    )
    audit_share: float = Field(
        0.0, ge=0, le=1, description="Share of the agreeing questions that the `auditor` answers too; 0 is no audit."
    )
    auditor_chains: int = Field(3, ge=1, description="Chains the auditor samples for a question it looks at.")
    chains_per_question: int = Field(3, ge=1, description="Most verified chains a question gives to the curriculum.")

    def objections(self) -> Iterator[str]:
        if self.agreeing == "audit" and not self.audit_share:
            yield "`agreeing: audit` keeps what an audit does not refute, so set `audit_share` above 0"
        if self.agreeing == "corpus" and not self.corpus_facts:
            yield "`agreeing: corpus` checks against corpus facts, so `corpus_facts` must be more than 0"


class RoundsConfig(Section):
    """Rounds: the trained student samples again, the teacher's chains stay, and what newly diverges is asked."""

    count: int = Field(1, ge=1, description="Most rounds.")
    min_gain: float = Field(
        0.005,
        description="Stop when the share of verified questions on which the student's majority answer is the verified "
        "one has grown by less than this since the round before (no label is used).",
    )
    teacher_tokens: int | None = Field(
        None, ge=1, description="No further round once the teacher has generated so many tokens in all."
    )
