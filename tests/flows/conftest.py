"""Archives of small articles, and one Prefect server for all flow tests."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest


def write_archive(folder: Path, number: int) -> Path:
    """A folder of articles for the fake extractor."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(number)
    for n in range(number):
        deal = f"青空電機は装置を{n + 1}億円で購入した。" if n % 4 else "取引の話はない。"
        # Words of its own, so that no article is nearly the same as another.
        words = "".join(chr(chance.randrange(0x4E00, 0x9000)) for _ in range(30 + 7 * n))
        text = f"第{n}報\n\n{deal}{words}。"
        (folder / f"{n:04}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One Prefect server of our own for all tests of flows, in processes of their own too."""
    saved = {name: os.environ.get(name) for name in ("PREFECT_HOME", "PREFECT_API_URL")}
    os.environ.pop("PREFECT_API_URL", None)
    os.environ["PREFECT_HOME"] = str(tmp_path_factory.mktemp("prefect"))
    from flows.quiet import prefect_ready

    with prefect_ready():
        yield
    for name, value in saved.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
