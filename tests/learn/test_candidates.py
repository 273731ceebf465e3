"""Trained models as folders: found by name, put in force, taken back."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.active import read_active
from pipeline.errors import ModelError
from pipeline.evaluate import compare_documents, compared_deal, figures
from pipeline.extract import Extractor
from pipeline.learn.candidates import find_candidate, named_scorer, save_scorer
from pipeline.learn.comparing import compare_measured, held_out, measure
from pipeline.learn.registry import promote, rollback
from pipeline.learn.replay import Laid, lay_out
from pipeline.learn.reviewed import gold_deal
from pipeline.learn.scorer import train_scorer
from pipeline.load import choose, load_extractor
from pipeline.settings import PROJECT_ROOT, Settings
from tests.learn.stories import document

AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
CARD = {
    "made_at": "2026-11-20",
    "data": "stories",
    "articles": 20,
    "deals": 16,
    "figures": {"core F1": 0.8},
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings over a copy of the data files, without any trained model."""
    models = tmp_path / "models"
    shutil.copytree(
        PROJECT_ROOT / "models", models, ignore=shutil.ignore_patterns("learned", "*.json")
    )
    return Settings(models_dir=models)


@pytest.fixture(scope="module")
def laid(quick: Extractor) -> list[Laid]:
    return list(lay_out(quick, [document(k) for k in range(40)]))


def save(settings: Settings, laid: list[Laid], at: datetime = AT) -> Path:
    scorer = named_scorer(train_scorer([item.labelled for item in laid], version=""), at)
    seen = [item.document.article.id for item in laid]
    return save_scorer(scorer, settings.models_dir, CARD, seen)


def test_a_candidate_is_a_folder_with_card_and_what_it_has_seen(
    settings: Settings, laid: list[Laid]
) -> None:
    folder = save(settings, laid[:20])
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md",
        "card.json",
        "scorer.json",
        "trained_on.json",
    ]
    assert folder.name.startswith("scorer-20261120-")
    found = find_candidate(str(folder), settings)
    assert found.seen == {item.document.article.id for item in laid[:20]}
    assert "20 articles, 16 deals" in (folder / "README.md").read_text(encoding="utf-8")
    assert find_candidate(folder.name, settings).choice == found.choice


def test_the_same_training_is_the_same_version(settings: Settings, laid: list[Laid]) -> None:
    assert save(settings, laid[:20]) == save(settings, laid[:20])
    assert save(settings, laid[:20]) != save(settings, laid[:24])


@pytest.mark.parametrize("name", ["active", "default"])
def test_without_promotion_the_default_is_active(settings: Settings, name: str) -> None:
    assert find_candidate(name, settings).choice.scorer == settings.models_dir / "scorer.json"


def test_rules_are_no_model(settings: Settings) -> None:
    choice = find_candidate("rules", settings).choice
    assert (choice.scorer, choice.tagger) == (None, None)


def test_an_unknown_candidate_is_told(settings: Settings) -> None:
    with pytest.raises(ModelError, match="no such model"):
        find_candidate("scorer-nowhere", settings)


def test_promotion_and_rollback(settings: Settings, laid: list[Laid]) -> None:
    first, second = save(settings, laid[:20]), save(settings, laid[:30])
    default = settings.models_dir / "scorer.json"
    shutil.copy(first / "scorer.json", default)
    for step, folder in enumerate((first, second)):
        candidate = find_candidate(str(folder), settings)
        promote(settings.models_dir, candidate, reason="better", at=AT + timedelta(days=step))
        assert choose(settings).scorer == (folder / "scorer.json").resolve()
    version = load_extractor(settings, use_ner=False, use_parse=False).version
    assert f"scorer-{second.name.removeprefix('scorer-')}" in version
    rollback(settings.models_dir, reason="worse in use", at=AT)
    assert choose(settings).scorer == (first / "scorer.json").resolve()
    rollback(settings.models_dir, reason="", at=AT)
    assert choose(settings).scorer == default
    turns = read_active(settings.models_dir).turns
    assert [(turn.action, turn.reason) for turn in turns] == [
        ("promote", "better"),
        ("promote", "better"),
        ("rollback", "worse in use"),
        ("rollback", ""),
    ]


def test_what_can_no_longer_be_loaded_is_not_gone_back_to(
    settings: Settings, laid: list[Laid]
) -> None:
    first, second = save(settings, laid[:20]), save(settings, laid[:30])
    for folder in (first, second):
        candidate = find_candidate(str(folder), settings)
        promote(settings.models_dir, candidate, reason="", at=AT)
    (first / "scorer.json").unlink()
    with pytest.raises(ModelError, match=r"scorer\.json: cannot be read"):
        rollback(settings.models_dir, reason="", at=AT)
    assert choose(settings).scorer == (second / "scorer.json").resolve()


def test_nothing_to_go_back_to_is_told(settings: Settings) -> None:
    with pytest.raises(ModelError, match="nothing to go back to"):
        rollback(settings.models_dir, reason="", at=AT)


def test_what_is_in_force_is_not_promoted_again(settings: Settings, laid: list[Laid]) -> None:
    candidate = find_candidate(str(save(settings, laid[:20])), settings)
    promote(settings.models_dir, candidate, reason="", at=AT)
    with pytest.raises(ModelError, match="in force already"):
        promote(settings.models_dir, candidate, reason="", at=AT)


def test_a_damaged_candidate_is_not_promoted(settings: Settings, laid: list[Laid]) -> None:
    folder = save(settings, laid[:20])
    candidate = find_candidate(str(folder), settings)
    (folder / "scorer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"scorer\.json"):
        promote(settings.models_dir, candidate, reason="", at=AT)
    assert read_active(settings.models_dir).turns == ()
    with pytest.raises(ModelError, match="damaged"):
        find_candidate(str(folder), settings)


def test_a_candidate_from_elsewhere_is_copied_in(
    settings: Settings, laid: list[Laid], tmp_path: Path
) -> None:
    folder = save(settings, laid[:20])
    elsewhere = Path(shutil.move(folder, tmp_path / folder.name))
    promote(settings.models_dir, find_candidate(str(elsewhere), settings), reason="", at=AT)
    shutil.rmtree(elsewhere)
    assert load_extractor(settings, use_ner=False, use_parse=False).version.startswith("rules-")
    scorer = choose(settings).scorer
    assert scorer is not None
    assert scorer.is_relative_to(settings.models_dir)


def _break_scorer(models: Path) -> None:
    (models / "scorer.json").write_text("{", encoding="utf-8")


def _older_scorer(models: Path) -> None:
    (models / "scorer.json").write_text(json.dumps({"format": 0}), encoding="utf-8")


def _break_choice(models: Path) -> None:
    (models / "active.json").write_text("{", encoding="utf-8")


def _lose_tagger(models: Path) -> None:
    now = {"scorer": None, "tagger": "learned/gone", "weight": 0.3}
    data = {"format": 1, "now": now, "turns": []}
    (models / "active.json").write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "part", "words"),
    [
        pytest.param(lambda models: None, "failed-scorer", "cannot be read", id="missing"),
        pytest.param(_break_scorer, "failed-scorer", "no JSON", id="corrupt"),
        pytest.param(_older_scorer, "failed-scorer", "format 0", id="older format"),
        pytest.param(_break_choice, "failed-choice", "active.json", id="corrupt choice"),
        pytest.param(_lose_tagger, "failed-tagger", "gone", id="missing tagger"),
    ],
)
def test_what_cannot_be_loaded_is_said_on_every_record(
    settings: Settings,
    damage: Callable[[Path], None],
    part: str,
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage(settings.models_dir)
    extractor = load_extractor(settings, use_ner=False, use_parse=False)
    assert words in caplog.text
    assert part in extractor.version
    (record,) = extractor.extract(document(0).article).records
    assert part in record.extractor_version


def test_held_out_articles_are_those_that_nobody_learned_from(
    settings: Settings, laid: list[Laid]
) -> None:
    candidate = find_candidate(str(save(settings, laid[:20])), settings)
    documents = [document(k) for k in range(18, 24)]
    documents[-1] = document(23, complete=False)
    found = held_out(documents, candidate)
    assert [d.article.source for d in found.documents] == [
        "news/020.md",
        "news/021.md",
        "news/022.md",
    ]
    assert found.left_out == 2
    with pytest.raises(ModelError, match="no article to compare on"):
        held_out([document(k) for k in range(5)], candidate)


def test_measuring_gives_what_extraction_finds(
    settings: Settings, laid: list[Laid], quick: Extractor
) -> None:
    by_replay = measure(laid, find_candidate("rules", settings), layout_seconds=2.0)
    documents = [item.document for item in laid]
    extracted = {
        found.article_id: [compared_deal(gold_deal(record)) for record in found.records]
        for found in quick.extract_many(document.article for document in documents)
    }
    gold = {d.article.id: [compared_deal(deal) for deal in d.deals] for d in documents}
    assert figures(by_replay.compared) == figures(compare_documents(gold, extracted))
    assert figures(by_replay.compared)["core"].f1 > 0.5
    assert 0 < by_replay.speed < by_replay.characters / 2.0
    itself = compare_measured(by_replay, by_replay, resamples=100)
    assert {found.change for found in itself.measures.values()} == {0}
