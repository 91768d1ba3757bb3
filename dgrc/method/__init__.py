"""The method as pure functions: messages out, replies in. No Ray, no torch, no I/O beyond prompt templates.

The steps, one a file, in the order in which data passes through them:

1. `sample`      a question becomes messages; replies of student and teacher become chains with final answers.
2. `compare`     which answers are the same, and which teacher and student chains to hold against each other.
   `quantities` reads answers that are measures, `reading.answer_forms` says what a yes or a text is, `meaning` which
   are the same, `grade` asks where differently worded answers may be.
3. `diagnose`    two diverging chains become atomic questions about the points where they part.
4. `answer`      an atomic question, alone in a fresh context, becomes an answer with its rationale.
5. `screen`      which atomic questions are the same one, which answers agree well enough to be kept; `judge` scores.
6. `verify`      a teacher chain is held against answered atoms, fact by fact.
7. `audit`       a third model's answers to agreeing questions become an estimate of the errors that both make.
8. `curriculum`  kept atoms and verified chains become training examples; baselines come from the same cases.

Before them, where there is a corpus and no questions yet: `write` has questions written about a passage and says what
is wrong with each (`dgrc.corpus` cuts documents into passages).

`prompts` holds the wording (one folder a pack), `replies` and `text` the helpers with which every step reads text.
Labels never come in here: no function takes one.
"""
