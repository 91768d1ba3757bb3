"""`dgrc plan CONFIG`: what a training takes, before it is paid for."""

import click

from dgrc.cli.common import Positive, load, tell, with_settings


def _counts(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    try:
        counts = [int(n) for n in value.split(",")]
    except ValueError:
        counts = [0]
    if min(counts) < 1:
        raise click.BadParameter(f"got {value!r}; wanted are whole numbers of 1 and more, such as 1,8,32.")
    return counts


@click.command()
@with_settings
@click.option("--dry-run", is_flag=True, help="Leave out steps and time, for which the run's curriculum is read.")
@click.option("--model", help="Plan for this model directory, or for qwen2.5-1.5b, -7b, -32b.  [default: the student]")
@click.option(
    "--gpus", default="1,8,32", show_default=True, callback=_counts, help="Numbers of GPUs to compare, with commas."
)
@click.option("--gpu", default="H100", show_default=True, help="Name of the GPU, for its peak arithmetic.")
@click.option("--gpu-gib", type=Positive(), default=79.0, show_default=True,
              help="Memory of a GPU (a worker's, on CPUs) in GiB.")
@click.option("--tokens-per-second", type=Positive(), help="Measured rate, all workers together.  [default: the run's]")
@click.option("--mfu", type=Positive(most=1), default=0.4, show_default=True,
              help="Share of the peak to assume where no rate was measured.")
@click.option("--price", type=Positive(), help="Price of a GPU for an hour, in any currency.")  # fmt: skip
def plan(
    config: str,
    overrides: tuple[str, ...],
    dry_run: bool,
    model: str | None,
    gpus: list[int],
    gpu: str,
    gpu_gib: float,
    tokens_per_second: float | None,
    mfu: float,
    price: float | None,
) -> None:
    """Parameters, memory of each way to train, steps, time and cost; refuses (exit 2) what does not fit."""
    from dgrc.runtime.extras import training

    training("`dgrc plan`").check()
    from dgrc.questions.chats import ChatFiles
    from dgrc.training.plan.memory import GIB, parts
    from dgrc.training.plan.planner import check_fits, compare, measured_rate, model_shape, seconds, setup_of, work_of
    from dgrc.training.plan.shapes import peak_flops

    settings = load(config, overrides)
    shape = model_shape(settings, model)
    workers = settings.training.most_workers
    tell(f"{shape.parameters:,} parameters, {shape.layers} layers of width {shape.width}")
    if shape.whole_logits:
        tell(f"The loss needs logits of all positions at once, for {shape.whole_logits}.")
    if shape.mixing:
        tell(
            f"{', '.join(shape.mixing)}: in these, tokens see each other outside attention. Unless kernels are there "
            "that take the ends of examples, training finds it out and takes one example a row, which is slower."
        )
    again = "with" if settings.training.gradient_checkpointing else "without"
    tell(f"\nGiB a GPU, of {gpu_gib:g}, {again} gradient checkpointing (x: does not fit)")
    tell(f"{'':<36}" + "".join(f"{f'{n} GPUs':>20}" for n in gpus))
    for name, cells in compare(settings, shape, gpus, gpu_gib):
        tell(f"{name:<36}" + "".join(f"{('' if fits else 'x ') + text:>20}" for text, fits in cells))

    chats = ChatFiles.of(settings)
    work = None if model or dry_run else work_of(settings, chats)
    setup = setup_of(settings, shape, workers, work)
    tell(f"\nThis configuration, {workers} workers:")
    for name, (device, host) in parts(shape, setup).items():
        tell(f"  {name:<16} {device / GIB:8.2f} GiB" + (f" and {host / GIB:.2f} on the host" if host else ""))
    if work is None:
        tell("Steps and time: `dgrc curate` first, for they depend on the curriculum.")
    else:
        for name, steps, visits, tokens, _ in work.stages:
            tell(f"  {name:<16} {steps:,} steps, {visits:,} visits, {tokens:,} tokens")
        if settings.training.replayed.files:
            there, learned, visits = work.replayed
            tell(f"  {'of these':<16} {visits:,} visits to {learned:,} of the {there:,} replayed chats")
        rate = tokens_per_second or measured_rate(settings)
        took = seconds(shape, work, setup, rate, peak_flops(gpu) if setup.device == "gpu" else None, mfu)
        if took is None:
            tell("  time             unknown: give --tokens-per-second, as `dgrc train` shows it, or --gpu")
        assumed = f"assuming an MFU of {mfu:g} on {workers} x {gpu}, not measured"
        source = f"at {rate:,.0f} tokens/s" if rate else assumed
        if took is not None:
            cost = f", {took / 3600 * workers * price:,.2f} at {price:g} a GPU hour" if price else ""
            tell(f"  time             {took / 3600:,.2f} h {source}{cost}")
    device, _ = check_fits(settings, shape, workers, gpu_gib)
    tell(f"It fits: {device / GIB:,.1f} of {gpu_gib:g} GiB.")
