"""Archives of small articles for the fake extractor."""

import random
from pathlib import Path


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
