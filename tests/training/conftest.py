from pathlib import Path

import pytest

from tests.training.builders import make_examples, write_base_model, write_examples
from tests.training.curriculum import Curriculum


@pytest.fixture
def curriculum(tmp_path: Path) -> Curriculum:
    atoms, chains = make_examples("atom", 12), make_examples("chain", 30)
    write_examples(tmp_path / "atoms", atoms)
    write_examples(tmp_path / "chains", chains)
    return Curriculum(tmp_path, write_base_model(tmp_path / "base"), atoms, chains)
