"""Articles made from models/lessons.toml: sentences of our own with the parties and values marked.

Annotated articles are few; lessons teach the scorer how Japanese puts a buyer, a seller and an
amount together, whatever the names are.
"""

import json
import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.article import Article, make_article
from pipeline.errors import GazetteerError
from pipeline.extract import Extractor
from pipeline.gazetteer.companies import Companies, load_companies
from pipeline.learn.scorer import Labelled

PASSAGES_FILES = ("passages.jsonl", "passages-2.jsonl", "passages-3.jsonl")
_MARK = re.compile(r"\{([a-z])(\d?)('*)\}")
_MONTHS = 12  # of a year
_ROUNDS = 4  # how often each lesson is read, with other names and amounts
_UNITS = (
    ("億ドル", 10**8, "USD"),
    ("億円", 10**8, "JPY"),
    ("万ドル", 10**4, "USD"),
    ("億ユーロ", 10**8, "EUR"),
)
_HEDGES = ("", "", "", "約", "最大", "総額")
_COUNTRIES = (
    "",
    "",
    "",
    "米",
    "英",
    "独",
    "仏",
    "台湾の",
    "国内の",
    "新興の",
    "半導体大手の",
    "クラウド大手の",
)
_UNKNOWN = (
    "ノーヴァテック", "アークライト", "セレスタAI", "Quantiva", "Northbeam", "Veltrix AI", "Lumen Forge", "Kairos Labs",
    "Oakridge Capital", "Tidewater Ventures", "ミナト計算機", "青嶺電子", "株式会社ハルカ", "Solstice", "Brightwell Group",
    "カナタロボティクス", "Ionis Compute", "Helix Data", "東海データ基盤", "ソラリス・エナジー", "GridNova", "PolarStack",
)  # fmt: skip
_CHIPS = ("H100", "H200", "B200", "GB200", "GB300", "MI350", "TPU v6", "Trainium2", "Gaudi 3")
_DISTRACTORS = (
    "{x}も同じ分野に力を入れる。",
    "業界では{x}の動きも注目される。",
    "{x}は{x}との提携で先行した。",
    "",
    "",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One sentence or passage with marks, and the kinds of the deals that it tells."""

    text: str
    kinds: tuple[str, ...]


def load_lessons(models_dir: Path) -> tuple[Lesson, ...]:
    """Read models/lessons.toml.

    Raises:
        GazetteerError: a file that is missing or of another form, with the mend.
    """
    path = models_dir / "lessons.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(
            Lesson(text=text, kinds=tuple(row.get("kinds", [])))
            for row in data["lesson"]
            for text in row["texts"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path}: cannot be used ({error}); it takes [[lesson]] tables with kinds and texts"
        raise GazetteerError(msg) from error


class _Filler:
    """Fills the marks of one lesson, and remembers what it put where."""

    def __init__(self, chance: random.Random, names: Sequence[str]) -> None:
        self._chance = chance
        self._names = iter(chance.sample(names, 24))
        self._filled: dict[str, str] = {}
        self.parties: dict[tuple[str, str], list[str]] = {}
        self.amounts: dict[tuple[str, str], dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        self.megawatts: dict[str, int] = {}
        self.chips: dict[str, str] = {}
        self.years: int | None = None

    def __call__(self, match: re.Match[str]) -> str:
        mark, number, _ = match.groups()
        key = match.group()
        if key in self._filled and mark in "bsct":
            return self._filled[key]
        text = self._fill(mark, number)
        self._filled[key] = text
        return text

    def _fill(self, mark: str, number: str) -> str:
        chance = self._chance
        if mark in "bsx":
            name = next(self._names)
            if mark != "x":
                self.parties.setdefault((mark, number), []).append(name)
            return chance.choice(_COUNTRIES) + name
        if mark in "amz":
            return self._amount(mark, number)
        if mark == "n":
            self.counts[number] = chance.choice((64, 500, 800, 5000, 20_000, 100_000, 300_000))
            count = self.counts[number]
            written = f"{count // 10_000}万" if count % 10_000 == 0 else f"{count:,}"
            return written + chance.choice(("基", "個", "台", "枚"))
        if mark == "w":
            self.megawatts[number] = chance.choice((100, 200, 750, 1000, 4500))
            power = self.megawatts[number]
            return f"{power / 1000:g}ギガワット" if power >= 1000 else f"{power}メガワット"
        if mark == "c":
            self.chips[number] = chance.choice(_CHIPS)
            return f"「{self.chips[number]}」"
        if mark == "t":
            self.years = chance.choice((2, 3, 4, 5, 6, 7, 10, 15, 20))
            return f"{self.years}年間"
        if mark == "f":
            return f"{chance.choice((5, 10, 15, 20))}%"
        return f"{chance.randint(1, 28)}日"

    def _amount(self, mark: str, number: str) -> str:
        unit, size, currency = self._chance.choice(_UNITS)
        digits = self._chance.choice(
            (3, 8, 12, 20, 38, 50, 75, 100, 174, 300, 450, 1100, 2500, 7200)
        )
        hedge = self._chance.choice(_HEDGES) if mark == "a" else ""
        self.amounts[mark, number] = {"value": digits * size, "currency": currency}
        return f"{hedge}{digits:,}{unit}"


def _deals(filler: _Filler, lesson: Lesson) -> list[dict[str, Any]]:
    deals = []
    # Of several deals nobody says whose the length is.
    years = filler.years if len(lesson.kinds) == 1 else None
    for index, kind in enumerate(lesson.kinds, 1):
        number = str(index)
        amount = filler.amounts.get(("a", number))
        ceiling = filler.amounts.get(("m", number))
        count = filler.counts.get(number)
        deals.append(
            {
                "kind": kind,
                "status": "firm",
                "buyer": [[name] for name in filler.parties.get(("b", number), [])],
                "seller": [[name] for name in filler.parties.get(("s", number), [])],
                "amount": amount and {**amount, "qualifier": "exact"},
                "amount_max": ceiling and ceiling["value"],
                "term_months": years and years * _MONTHS,
                "chips": [filler.chips[number]] if number in filler.chips else [],
                "count": count and {"value": count, "qualifier": "exact", "unit": "個"},
                "capacity_mw": filler.megawatts.get(number),
                "evidence": [],
            }
        )
    return deals


def lesson_articles(
    lessons: Sequence[Lesson], companies: Companies, *, rounds: int = _ROUNDS
) -> Iterator[tuple[Article, list[dict[str, Any]]]]:
    """Articles with their deals, the same ones on every call.

    Args:
        lessons: what to read.
        companies: where half of the names come from.
        rounds: how often each lesson is read.
    """
    known = [
        name
        for company in companies.by_id.values()
        for name in company.names[:2]
        if company.kind in ("company", "fund") and len(name) > 2
    ]
    chance = random.Random(20_261_124)  # noqa: S311 -- reproducible, not secret
    for turn in range(rounds):
        for lesson in lessons:
            names = sorted({*chance.sample(known, 30), *_UNKNOWN})
            filler = _Filler(chance, names)
            text = _MARK.sub(filler, lesson.text)
            text += _MARK.sub(filler, chance.choice(_DISTRACTORS))
            source = f"lessons/{turn}-{lesson.text[:24]}"
            yield make_article(text, source=source), _deals(filler, lesson)


def passage_articles(models_dir: Path) -> Iterator[tuple[Article, list[dict[str, Any]]]]:
    """The annotated passages of models/passages*.jsonl, written for this project.

    Raises:
        GazetteerError: a line of another form, named with the mend.
    """
    for name in PASSAGES_FILES:
        yield from _passages(models_dir / name)


def _passages(path: Path) -> Iterator[tuple[Article, list[dict[str, Any]]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                text, deals = row["text"], row["deals"]
            except (ValueError, KeyError, TypeError) as error:
                msg = f"{path}:{number}: no line of the form {{text, deals}} ({error}); mend it"
                raise GazetteerError(msg) from error
            yield make_article(text, source=f"{path.stem}/{number}"), deals


def taught(extractor: Extractor, models_dir: Path, *, passages: bool = True) -> list[Labelled]:
    """Lessons and passages laid out as the scorer learns from them, beside annotated articles.

    Args:
        extractor: lays them out.
        models_dir: the folder of their files and of the gazetteer.
        passages: False for the lessons alone, where passages are taken as articles.
    """
    rows = [*lesson_articles(load_lessons(models_dir), load_companies(models_dir))]
    if passages:
        rows += passage_articles(models_dir)
    explained = extractor.explain_many(article for article, _ in rows)
    return [
        Labelled(doc=article.source, reading=found.reading, deals=deals)
        for (article, deals), found in zip(rows, explained, strict=True)
    ]
