"""Curate in Python, cell by cell: questions, a run, its tables; then, with models that can be trained, the student.

    python docs/examples/curate_in_python.py                              toy models that add: seconds, no weights
    DGRC_EXAMPLE=proving/small python docs/examples/curate_in_python.py   tiny real models on vLLM: minutes, trained too

Editors and Jupyter (jupytext) take each `# %%` as a cell. The run is written to `runs/` in the folder it is started in.
"""

# %% The settings: a configuration that comes with dgrc, the path of your own, or a dict.
import os

import pyarrow.dataset as pads

import dgrc

CONFIG = os.environ.get("DGRC_EXAMPLE", "proving/toy")

# %% Questions: rows with a text, perhaps options (`choices`), an id of yours, a label that curation never reads.
#    A pandas frame, a datasets.Dataset, a pyarrow Table, a Ray Dataset and paths are taken as well.
#    Without questions the configuration's own files are read.
questions = None
if CONFIG == "proving/toy":
    questions = [{"id": f"sum-{i}", "question": f"What is {i} + {2 * i} + 7?"} for i in range(1, 25)]

# %% Curate. If this is interrupted, run it again: it goes on where it stopped.
run = dgrc.curate(CONFIG, questions=questions)
print(run)

# %% Where student and teacher part.
statuses = run.cases.to_table(columns=["status"]).to_pandas()["status"].value_counts()
print(statuses.to_string())

# %% One divergent question: both answers, and what the teacher asked itself.
case = run.cases.to_table(filter=pads.field("status") == "divergent").slice(0, 1).to_pylist()[0]
print("question:", case["text"])
print("teacher: ", [chain["answer"] for chain in case["teacher"]])
print("student: ", [chain["answer"] for chain in case["student"]])
print("asked:   ", [atom for diagnosis in case["diagnoses"] for atom in diagnosis["atoms"]])

# %% The atoms: small questions, answered afresh several times.
print(run.atoms.to_pandas(columns=["question", "answer", "agreement", "kept"]).head().to_string())

# %% The verdicts: how many of the teacher's chains stand against the atoms.
chains = [verdict for row in run.verdicts.to_table(columns=["verdicts"]).to_pylist() for verdict in row["verdicts"]]
print(f"{sum(verdict['consistent'] is True for verdict in chains)} of {len(chains)} chains verified")
print(f"{sum(verdict['consistent'] is False for verdict in chains)} contradicted")

# %% The curriculum that a student learns from: chat messages, atoms first, then verified chains.
print(f"{run.curriculum.atomic.count_rows()} atoms, {run.curriculum.cot.count_rows()} chains")
for message in run.curriculum.cot.head(1).to_pylist()[0]["messages"]:
    print(f"[{message['role']}] {message['content']}")

# %% Train the student and score it on held-out questions. Toy models have no weights to train.
if run.config.student.engine == "vllm":
    print(dgrc.train(run).student)
    evaluation = dgrc.evaluate(run)
    for name, model in evaluation.models.items():
        print(f"{name:<18} {model.accuracy:.3f} [{model.low:.3f}, {model.high:.3f}] of {model.n}")

# %% Another day: the same run, without asking anything.
again = dgrc.open_run(run.run)
print(again.reports["gather"]["status"])
