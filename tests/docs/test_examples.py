"""What the README shows is what the program prints."""

import pytest

from tests.docs.examples import examples, output_of

EXAMPLES = list(examples())


def test_the_readme_has_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.model
@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[c[:40] for c, _ in EXAMPLES])
def test_an_example_gives_what_the_readme_shows(command: str, output: str) -> None:
    assert output_of(command) == output, "run ./dev docs"
