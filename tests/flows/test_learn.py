"""The learn flow with a real database, GiNZA and Prefect: reviews in, a better model in force."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from pipeline.active import read_active
from pipeline.assemble.scorer import LinearModel, Scorer, scorer_to_data
from pipeline.learn.dataset import Document
from pipeline.learn.from_annotations import annotated_record
from pipeline.learn.tagger.options import TaggerOptions, is_trainable
from pipeline.record import DealRecord
from pipeline.review.decision import Accept, Reject
from pipeline.review.ledger import Actor
from pipeline.review.reading import Reader
from pipeline.review.service import ReviewService
from pipeline.review.standing import RejectReason, Role
from pipeline.settings import PROJECT_ROOT
from pipeline.store import Store, open_store
from pipeline.store.accounts import Accounts
from pipeline.store.tables import records
from tests.learn.stories import document
from tests.review.fixtures import load_reader
from tests.review.scene import Extraction

pytestmark = [
    pytest.mark.model,
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]
TINY = TaggerOptions(
    hidden=16, layers=1, heads=2, epochs=1, max_tokens=96, window=80, overlap=8, cpu=True
)
LESSON = '[[lesson]]\nkinds = ["investment"]\ntexts = ["{b1}は{s1}に{a1}を出資する。"]\n'


def blind_scorer() -> Scorer:
    """A scorer that takes nothing for a deal: what comes after it can only be better."""

    def model(*classes: str) -> LinearModel:
        bias = tuple(9.0 if name == "none" else 0.0 for name in classes)
        return LinearModel(classes=classes, weights={}, bias=bias)

    kinds = ("supply", "investment", "acquisition", "capex", "none")
    roles = ("buyer", "seller", "none")
    return Scorer(version="blind", anchors=model(*kinds), roles=model(*roles))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data files with few lessons and a scorer that finds nothing."""
    folder = tmp_path / "models"
    shutil.copytree(
        PROJECT_ROOT / "models", folder, ignore=shutil.ignore_patterns("learned", "active.json")
    )
    (folder / "lessons.toml").write_text(LESSON, encoding="utf-8")
    (folder / "passages.jsonl").write_text("", encoding="utf-8")
    (folder / "scorer.json").write_text(json.dumps(scorer_to_data(blind_scorer())), "utf-8")
    monkeypatch.setenv("TORIHIKI_MODELS_DIR", str(folder))
    return folder


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[tuple[str, Store]]:
    """Sixty stories that a reviewer has decided about, and one record that waits."""
    url = f"sqlite:///{tmp_path / 'torihiki.db'}"
    reader: Reader = load_reader()
    with open_store(url) as store:
        user = Accounts(store.engine).add_user("葵", role="reviewer", password_hash="-")  # noqa: S106
        aoi = Actor(user_id=user.id, name="葵", role=Role.REVIEWER)
        service = ReviewService(store, reader)
        stories = [document(k) for k in range(61)]
        found = [said_of(story) for story in stories]
        store.articles.save([story.article for story in stories])
        store.records.save_extractions(
            [Extraction(record.article_id, [record]) for record in found], version="v1"
        )
        for story, record in zip(stories[:60], found, strict=False):
            decision = Accept() if story.deals else Reject(reason=RejectReason.NOT_A_DEAL)
            service.decide(record.id, decision, aoi, seen=1)
        yield url, store


def said_of(story: Document) -> DealRecord:
    """What an extractor says of a story; of one without a deal, something that is none."""
    deal = story.deals[0] if story.deals else document(0).deals[0]
    return annotated_record(story.article, {**deal, "evidence": []}, (), index=0)


def stakes(store: Store) -> list[float]:
    with store.engine.connect() as connection:
        query = sa.select(records.c.at_stake).where(records.c.state == "unreviewed")
        return list(connection.execute(query).scalars())


def test_reviews_put_a_better_model_in_force(
    prefect_server: None, newsroom: tuple[str, Store], models: Path, tmp_path: Path
) -> None:
    from pydantic import SecretStr

    from flows.learn import learn

    url, store = newsroom
    before = stakes(store)
    out = tmp_path / "reviews"
    done = learn(database_url=SecretStr(url), out=str(out), tagger=True, tagger_options=TINY)
    assert sum(done.documents.values()) == 60
    names = [tried.name.partition("-")[0] for tried in done.tried]
    assert names == (["scorer", "tagger"] if is_trainable() else ["scorer"])
    assert any("torch" in note for note in done.notes) is not is_trainable()

    scorer = done.tried[0]
    assert scorer.comparison.first == "scorer-blind"
    assert scorer.comparison.measures["core"].first == 0
    assert scorer.comparison.measures["core"].low > 0
    assert scorer.verdict.promote
    assert done.promoted in {tried.name for tried in done.tried}
    active = read_active(models)
    assert [turn.action for turn in active.turns] == ["promote"]
    assert "core F1 0.000 →" in active.turns[0].reason

    assert done.report is not None
    text = (done.report / "report.md").read_text(encoding="utf-8")
    assert f"{done.promoted} is in force now" in text
    assert (done.report / f"{scorer.name}.png").read_bytes().startswith(b"\x89PNG")
    answer = httpx.post(f"{os.environ['PREFECT_API_URL']}/artifacts/filter", json={"limit": 200})
    types = {artifact["key"]: artifact["type"] for artifact in answer.json()}
    assert types["learn-run"] == "markdown"
    assert types[f"learn-run-{scorer.name}"] == "table"
    assert types[f"learn-run-{scorer.name}-plot"] == "image"
    assert done.queued == 1
    assert stakes(store) != before

    # Nothing is new: nothing is trained, nothing changes.
    again = learn(database_url=SecretStr(url), out=str(out))
    assert (again.tried, again.promoted) == ([], None)
    assert again.notes == ["no review is new since the last run"]
    assert (done.report / "report.md").read_text(encoding="utf-8") == text
    assert read_active(models) == active


def test_a_run_that_was_killed_before_its_report_is_made_again(
    prefect_server: None,
    newsroom: tuple[str, Store],
    models: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pydantic import SecretStr

    from flows import learn as module

    url, _ = newsroom
    out = tmp_path / "reviews"

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module, "train_scorer", killed)
        with pytest.raises(KeyboardInterrupt):
            module.learn.fn(database_url=SecretStr(url), out=str(out))
    assert len(list(out.glob("reviews-*"))) == 1  # the data is there, the report is not
    done = module.learn.fn(database_url=SecretStr(url), out=str(out), promote_winner=False)
    assert len(done.tried) == 1
    assert done.promoted is None
    assert any("may be promoted" in note for note in done.notes)
    assert read_active(models).turns == ()


def test_too_few_reviews_are_reported(prefect_server: None, models: Path, tmp_path: Path) -> None:
    from pydantic import SecretStr

    from flows.learn import learn

    url = f"sqlite:///{tmp_path / 'empty.db'}"
    with open_store(url):
        pass
    done = learn(database_url=SecretStr(url), out=str(tmp_path / "reviews"))
    assert (done.tried, done.promoted) == ([], None)
    assert "review more" in done.notes[0]
