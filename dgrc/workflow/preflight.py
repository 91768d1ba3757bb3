"""What can be known to fail before anything starts: said at once, not after Ray has started or a run has ended."""

from dgrc.config import Config, MethodConfig


def check(config: Config) -> None:
    """Raises DgrcError if the prompt pack, a model, or the place to publish to cannot be used."""
    from dgrc.engines.vllm.tokens import check_model_path
    from dgrc.storage.publish import check_target

    check_pack(config.method)
    for engine in config.engines().values():
        if engine.engine == "vllm" and not engine.model.startswith("proving:"):
            check_model_path(engine.model)
    if config.publish is not None:
        check_target(config.publish)


def check_pack(method: MethodConfig) -> None:
    """Raises PromptPackError if there is no such pack, or it lacks a step that a setting asks for."""
    from dgrc.method.prompts import load_pack

    pack = load_pack(method.prompts)
    if method.judge is not None:
        pack.require("judge", "method.judge")
    if method.grader:
        pack.require("grade", "method.grader")
