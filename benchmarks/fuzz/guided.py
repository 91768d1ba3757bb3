"""Coverage-guided fuzzing of one parser by atheris, in a process of its own: libFuzzer ends the one it runs in.

    python -m benchmarks.fuzz.guided TARGET RUNS SEED FINDINGS CORPUS

Every input that breaks the contract is appended to FINDINGS (JSON lines); it goes on after each.
"""

import json
import sys

import atheris

with atheris.instrument_imports(include=["dgrc", "benchmarks.fuzz.parsers"]):
    from benchmarks.fuzz.parsers import TARGETS
    from benchmarks.fuzz.texts import SEEDS

MOST = 200
"""Findings of one kind of target that are written down; the same defect comes again and again."""


def main(target: str, runs: str, seed: str, findings: str, corpus: str) -> None:
    """Fuzzes until so many inputs have been tried."""
    found = 0

    def one(data: bytes) -> None:
        nonlocal found
        try:
            said = data.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            said = data.decode("utf-8", "replace")
        try:
            TARGETS[target](said)
        except Exception as e:  # noqa: BLE001 - that is what is looked for
            found += 1
            if found <= MOST:
                with open(findings, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"target": target, "error": repr(e)[:300], "input": said[:2000]}) + "\n")

    for number, text in enumerate(SEEDS):
        with open(f"{corpus}/{number}", "wb") as file:
            file.write(text.encode("utf-8", "surrogatepass"))
    options = [f"-runs={runs}", f"-seed={seed}", "-timeout=20", "-max_len=65536", "-len_control=20", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}/", corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
