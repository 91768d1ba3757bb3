"""`dgrc benchmark CONFIG`: how fast a cluster curates with these models, what it costs, and what holds it back.

A random sample of the corpus goes through curation as a run of its own, NAME-benchmark, which is emptied first. The
last line of standard output is one JSON object with every figure.
"""

import json

import click

from dgrc.cli.common import config_arguments, load, print_plan, say, tell


@click.command()
@config_arguments
@click.option("--questions", default=1000, show_default=True, type=click.IntRange(min=1), help="How many to curate.")
def benchmark(config: str, questions: int, overrides: tuple[str, ...], dry_run: bool) -> None:
    """Measure curation: questions/s, tokens/s a GPU, cost, bottleneck."""
    from dgrc.engines.load import in_words
    from dgrc.storage.run_dir import RunDir
    from dgrc.storage.standing import mark_sample
    from dgrc.workflow.job import Job
    from dgrc.workflow.preflight import check
    from dgrc.workflow.throughput import measure

    settings = load(config, overrides)
    sampled = settings.questions.model_copy(update={"sample": questions})
    settings = settings.model_copy(update={"name": f"{settings.name}-benchmark", "questions": sampled})
    if dry_run:
        print_plan(settings, ("curate",), anew=True)
        return
    check(settings, ("curate",), say, anew=True)
    run = RunDir.of(settings)
    with run.lock():
        run.empty()
    with Job(settings, say, allow_empty=True, checked=True).open("curate") as job:
        mark_sample(job.run, "benchmark")
        figures = measure(job.curate(), settings)
    for name, part in figures["passes"].items():
        full = "".join(f"  {role} {share:.0%} full" for role, share in part["fullness"].items() if share is not None)
        say(f"  {name:<8} {part['rows']:,} rows in {part['seconds']:.1f} s, {part['generated_tokens']:,} tokens{full}")
        for role, engines in part["engines"].items():
            say(f"           {role}: {in_words(engines)}")
    say(f"{figures['questions_per_second']} questions/s. Bottleneck: {figures['bottleneck']}.")
    tell(json.dumps(figures))
