"""How well made models do each role of the method, measured against the world's truth.

    python -m dgrc.proving.measure size=standard seed=0 wording=other     (settings of `ProvingConfig`)

A world and the two model directories go in; named shares between 0 and 1 come out. It generates with
plain transformers on one thread, so that it needs neither Ray nor vLLM.
"""

import random
import re
import sys
from collections.abc import Iterable, Mapping, Sequence

from dgrc.config import ProvingConfig
from dgrc.proving.corpus import diagnose_prompt, diagnose_reply, verify_prompt, verify_reply
from dgrc.proving.language import read_answer, read_atom, read_steps
from dgrc.proving.world import World
from dgrc.runtime.cpu import has_bfloat16


class Speaker:
    """A model directory that answers user turns in batches."""

    def __init__(self, folder: str, seed: int = 0) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left", trust_remote_code=False)
        dtype = torch.bfloat16 if has_bfloat16() else torch.float32
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True, trust_remote_code=False)
        self.model = model.eval()

    def reply(self, prompts: Sequence[str], temperature: float = 0.0, max_tokens: int = 200) -> list[str]:
        """One reply a prompt, without special tokens."""
        replies: dict[int, str] = {}
        order = sorted(range(len(prompts)), key=lambda n: len(prompts[n]))
        for start in range(0, len(order), 128):
            chunk = order[start : start + 128]
            texts = [
                self.tokenizer.apply_chat_template(
                    [{"role": "user", "content": prompts[n]}], tokenize=False, add_generation_prompt=True
                )
                for n in chunk
            ]
            inputs = self.tokenizer(texts, return_tensors="pt", padding=True, return_token_type_ids=False)
            sampling = (
                {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
            )
            outputs = self.model.generate(**inputs, max_new_tokens=max_tokens, **sampling)
            made = self.tokenizer.batch_decode(outputs[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
            replies.update(zip(chunk, made, strict=True))
        return [replies[n] for n in range(len(prompts))]


def measure(world: World, folders: Mapping[str, str], questions: int = 300) -> dict[str, float]:
    """The figures that WORLD-scale claims rest on, over at most `questions` held-out and unlabeled questions.

    `atomic` is asked of every fact. `diagnosis_exact` compares whole diagnoses of sampled divergences
    with the right ones; `diagnosis_on_target` is the share of asked atoms that the right diagnosis asks, and
    `diagnosis_of_everything` what that share would be if every look-up of both chains were asked.
    `verifier` is agreement with the right verdict on the facts given (the teacher's own answers to the
    atoms asked), `verifier_exact` that of every clause; `passed_right_steps` is the share of
    passed chains that are right in every step, `divergent_right_steps` that of all chains that were checked.
    """
    teacher, student = Speaker(folders["teacher"]), Speaker(folders["student"])
    figures: dict[str, float] = {}
    held = [s.question for s in world.held_out[:questions]]
    facts = [world.ask(fact) for fact in world.facts]
    answers: dict[str, str | None] = {}
    for name, speaker in (("teacher", teacher), ("student", student)):
        greedy = speaker.reply(held)
        figures[f"{name}_chains_greedy"] = _share(
            world.is_answer_right(q, read_answer(r)) for q, r in zip(held, greedy, strict=True)
        )
        figures[f"{name}_steps_greedy"] = _share(
            world.chain_fully_right(q, r) for q, r in zip(held, greedy, strict=True)
        )
        atoms = [read_answer(r) for r in speaker.reply(facts)]
        figures[f"{name}_atomic"] = _share(world.is_atom_right(f, a) for f, a in zip(facts, atoms, strict=True))
        if name == "teacher":
            answers = dict(zip(facts, atoms, strict=True))
    sampled = teacher.reply(held, temperature=0.6)
    figures["teacher_chains_sampled"] = _share(
        world.is_answer_right(q, read_answer(r)) for q, r in zip(held, sampled, strict=True)
    )
    figures |= _measure_diagnosis(world, teacher, student, answers, questions)
    return {name: round(value, 4) for name, value in figures.items()}


def _measure_diagnosis(
    world: World, teacher: Speaker, student: Speaker, answers: Mapping[str, str | None], questions: int
) -> dict[str, float]:
    asked = [s.question for s in world.unlabeled[:questions]]
    own, other = teacher.reply(asked, temperature=0.6), student.reply(asked, temperature=1.0)
    pairs = [(q, a, b) for q, a, b in zip(asked, own, other, strict=True) if read_answer(a) != read_answer(b)]
    swap = random.Random(0)
    shown = [(q, *((a, b) if swap.random() < 0.5 else (b, a))) for q, a, b in pairs]
    diagnoses = teacher.reply([diagnose_prompt(*case) for case in shown])
    right = [diagnose_reply(first, second, world.ask) for _, first, second in shown]
    wanted = [set(_atoms(reply)) for reply in right]
    found = [_atoms(reply) for reply in diagnoses]
    stated = [{**read_steps(first), **read_steps(second)} for _, first, second in shown]
    checks = []
    for (question, chain, _), atoms in zip(pairs, found, strict=True):
        # As in the pipeline: each atom once, sorted by its text, with the teacher's own answer to it.
        known = sorted({(atom, answers.get(atom) or "none") for atom in atoms if atom in answers})
        checks.append((question, chain, known, [(fact, v) for a, v in known if (fact := read_atom(a))]))
    verdicts = teacher.reply([verify_prompt(q, known, chain) for q, chain, known, _ in checks])
    true_verdicts = [verify_reply(facts, chain) for _, chain, _, facts in checks]
    passed = [(q, c) for (q, c, _, _), v in zip(checks, verdicts, strict=True) if v.endswith("verdict consistent")]
    return {
        "divergent": len(pairs) / len(asked),
        "diagnosis_exact": _share(a == b for a, b in zip(diagnoses, right, strict=True)),
        "diagnosis_on_target": _share(a in w for atoms, w in zip(found, wanted, strict=True) for a in atoms),
        "diagnosis_of_everything": _share(world.ask(f) in w for s, w in zip(stated, wanted, strict=True) for f in s),
        "atoms_a_pair": sum(map(len, found)) / max(1, len(found)),
        "verifier": _share(a.split()[-1:] == b.split()[-1:] for a, b in zip(verdicts, true_verdicts, strict=True)),
        "verifier_exact": _share(a == b for a, b in zip(verdicts, true_verdicts, strict=True)),
        "passed": len(passed) / max(1, len(pairs)),
        "divergent_right_steps": _share(world.chain_fully_right(q, c) for q, c, _ in pairs),
        "passed_right_answer": _share(world.is_answer_right(q, read_answer(c)) for q, c in passed),
        "passed_right_steps": _share(world.chain_fully_right(q, c) for q, c in passed),
        "facts_a_check": sum(len(k) for _, _, k, _ in checks) / max(1, len(checks)),
        "chains_stating_facts": _share(bool(read_steps(c)) for _, c, _ in pairs),
    }


def _atoms(diagnosis: str) -> list[str]:
    return re.findall(r"differ : (.*? \?)", diagnosis)


def _share(hits: Iterable[bool]) -> float:
    values = list(hits)
    return sum(values) / max(1, len(values))


if __name__ == "__main__":
    from dgrc.proving.models import make_models

    chosen = ProvingConfig.model_validate(dict(setting.split("=", 1) for setting in sys.argv[1:]))
    made = make_models(chosen, ("teacher", "student"), print)
    for figure, share in measure(World.from_config(chosen), made).items():
        print(f"{figure:24} {share:.3f}")
