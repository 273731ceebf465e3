"""Folders of trained models: written whole, each with its card and the articles it learned from."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.active import Choice
from pipeline.assemble.scorer import Scorer, scorer_to_data
from pipeline.errors import ModelError
from pipeline.load import SCORER_FILE, choose, tagger_weight
from pipeline.modelfile import read_card, write_card
from pipeline.settings import Settings
from pipeline.tagger.model import KIND as TAGGER

LEARNED = "learned"  # folder of trained models, under models/
SCORER = "scorer"
SEEN_FILE = "trained_on.json"
NAMED = ("active", "default", "rules")


def content_version(content: object, at: datetime) -> str:
    """A name for trained weights: the day, and eight digits of a digest over them."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return f"{at:%Y%m%d}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def write_seen(folder: Path, article_ids: Iterable[str]) -> None:
    """Keep which articles a model learned from, so that nobody measures it on them."""
    (folder / SEEN_FILE).write_text(json.dumps(sorted(set(article_ids))) + "\n", encoding="utf-8")


def read_seen(folder: Path) -> frozenset[str]:
    """The articles that the model in a folder learned from; empty where it does not say."""
    try:
        return frozenset(json.loads((folder / SEEN_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def model_card(title: str, card: Mapping[str, Any]) -> str:
    """README.md of a trained model: what it is made of, how it did, what it is not for.

    Args:
        title: what the model is.
        card: `made_at`, `data`, `articles`, `deals`, `figures` (measure → number or text).
    """
    figures = "\n".join(
        f"| {name} | {value:.3f} |" if isinstance(value, float) else f"| {name} | {value} |"
        for name, value in card["figures"].items()
    )
    return f"""# {title}

Made {card["made_at"]} from `{card["data"]}`: {card["articles"]:,} articles, {card["deals"]:,} deals.

| figure | value |
| --- | --- |
{figures}

For deal records in Japanese technology news, inside Torihiki. The figures are of articles that the
model has not seen, from the same sources; on other sources it does worse. `card.json` has a digest
of every file; `{SEEN_FILE}` names the articles that it learned from.
"""


def save_scorer(
    scorer: Scorer, models_dir: Path, card: Mapping[str, Any], seen: Iterable[str]
) -> Path:
    """Write a scorer as a candidate; gives its folder.

    Args:
        scorer: whose version becomes the folder's name.
        models_dir: the folder of models.
        card: what `model_card` needs.
        seen: articles that it learned from.
    """
    folder = models_dir / LEARNED / f"{SCORER}-{scorer.version}"
    half = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    half.mkdir(parents=True)
    try:
        text = json.dumps(scorer_to_data(scorer), ensure_ascii=False, indent=0)
        (half / SCORER_FILE).write_text(text + "\n", encoding="utf-8")
        write_seen(half, seen)
        write_card(half, {"kind": SCORER, "version": scorer.version, **card})
        readme = model_card(f"Scorer {scorer.version}", card)
        (half / "README.md").write_text(readme, encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return folder


def named_scorer(scorer: Scorer, at: datetime) -> Scorer:
    """The scorer with a version made of the day and its weights."""
    content = scorer_to_data(replace(scorer, version=""))
    return replace(scorer, version=content_version(content, at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Trained models that somebody names.

    Attributes:
        name: as given.
        choice: what to load.
        seen: articles that they learned from.
    """

    name: str
    choice: Choice
    seen: frozenset[str]


def _seen_by(choice: Choice) -> frozenset[str]:
    folders = [choice.scorer.parent] if choice.scorer else []
    if choice.tagger:
        folders.append(choice.tagger)
    return frozenset().union(*(read_seen(folder) for folder in folders))


def find_candidate(name: str, settings: Settings) -> Candidate:
    """The models that a name stands for.

    Args:
        name: "active" (in force), "default" (what comes with Torihiki), "rules" (none), or the
            folder of a trained model: a scorer takes the scorer's place, a tagger works beside the
            scorer in force. `FOLDER:alone` takes a tagger without scorer.
        settings: models_dir is read.

    Raises:
        ModelError: no such model, or a damaged one.
    """
    choice = _choice(name, settings)
    return Candidate(name=name, choice=choice, seen=_seen_by(choice))


def _choice(name: str, settings: Settings) -> Choice:
    if name == "active":
        return choose(settings.model_copy(update={"trained": "active"}))
    if name == "default":
        return choose(settings.model_copy(update={"trained": "scorer"}))
    if name == "rules":
        return Choice()
    path, colon, mode = name.rpartition(":")
    folder = Path(path if colon and mode == "alone" else name)
    if not folder.is_dir():
        folder = _among_learned(folder, settings)
    card = read_card(folder)
    active = choose(settings.model_copy(update={"trained": "active"}))
    if card["kind"] == SCORER:
        return replace(active, scorer=folder / SCORER_FILE)
    if card["kind"] != TAGGER:
        msg = f"{folder}: a {card['kind']!r}, where a scorer or a tagger is needed"
        raise ModelError(msg)
    if colon and mode == "alone":
        return Choice(tagger=folder, weight=1.0)
    return replace(active, tagger=folder, weight=tagger_weight(folder))


def _among_learned(folder: Path, settings: Settings) -> Path:
    found = settings.models_dir / LEARNED / folder.name
    if not found.is_dir():
        names = ", ".join(NAMED)
        msg = (
            f"{folder}: no such model; give {names}, or a folder that"
            " `torihiki learn scorer` or `torihiki learn tagger` wrote"
        )
        raise ModelError(msg)
    return found
