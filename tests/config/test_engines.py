from typing import Any

import pytest

from dgrc.config.file import make_config
from dgrc.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"engine": "openai_api", "model": "x"}, "belong together"),
        ({"api": {"base_url": "http://x"}}, "belong together"),
        ({"engine": "openai_api", "model": "x", "api": {"base_url": "x.com"}}, "`api.base_url` is 'x.com'"),
        ({"engine": "openai_api", "api": {"base_url": "http://x"}}, "needs `model`"),
        ({"engine": "openai_api", "model": "x", "api": {"base_url": "http://x", "budget": 3}}, "`price_per_million`"),
        ({"engine": "openai_api", "model": "x", "api": {"base_ur": "http://x"}}, "did you mean `base_url`"),
    ],
)
def test_sections_that_cannot_be_are_refused(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_config({"teacher": settings})
    assert says in str(caught.value)
