"""Every setting of a run, typed, documented and checked before anything heavy is imported.

One file a section. `file` reads a YAML file into a `Config`; `docs` makes docs/configuration.md from the field
descriptions.
"""

from dgrc.config.corpus import CorpusConfig
from dgrc.config.engines import EngineConfig
from dgrc.config.engines.api import ApiConfig, Price
from dgrc.config.evaluation import BenchmarkConfig, EvaluationConfig
from dgrc.config.method import MethodConfig, RoundsConfig
from dgrc.config.questions import FieldMap, LimitsConfig, QuestionsConfig
from dgrc.config.run import Config, PipelineConfig, ProvingConfig, RayConfig
from dgrc.config.section import Sampling, Section
from dgrc.config.training import AdapterConfig, StageConfig, TrainingConfig

__all__ = [
    "AdapterConfig", "ApiConfig", "BenchmarkConfig", "Config", "CorpusConfig", "EngineConfig", "EvaluationConfig",
    "FieldMap", "LimitsConfig", "MethodConfig", "PipelineConfig", "Price", "ProvingConfig", "QuestionsConfig",
    "RayConfig", "RoundsConfig", "Sampling", "Section", "StageConfig", "TrainingConfig",
]  # fmt: skip
