"""How many CPUs a cluster started here is told to have."""

import pytest

from dgrc.config_file import make_config
from dgrc.errors import ConfigError
from dgrc.session import DATA_CPUS, _logical_cpus


def test_engines_and_ray_data_both_find_room() -> None:
    config = make_config({"teacher": {"replicas": 3, "cpus": 4}, "student": {"cpus": 1.5}})
    assert _logical_cpus(config) >= 3 * 4 + 1.5 + DATA_CPUS


def test_training_that_needs_more_than_the_engines_counts() -> None:
    config = make_config({"training": {"workers": 40, "cpus_per_worker": 2}})
    assert _logical_cpus(config) >= 80 + DATA_CPUS


def test_too_few_cpus_are_refused_not_waited_for() -> None:
    with pytest.raises(ConfigError, match=r"`ray.num_cpus` is 4.*Set it to 6 or more"):
        _logical_cpus(make_config({"ray": {"num_cpus": 4}}))
