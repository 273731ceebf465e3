"""The ledger gives each article to one run, and takes it back when that run dies."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from pipeline.store import Batch, Done, Failure, Store
from pipeline.store.rows import now
from pipeline.store.runs import SILENCE
from pipeline.store.tables import batches, extractions, runs
from tests.store.making import Extraction, article, record

ARTICLES = [article(f"第{n}報。" + "詳" * n) for n in range(5)]
WANTED = [(one.id, len(one.text)) for one in ARTICLES]
IDS = [one.id for one in ARTICLES]


@pytest.fixture
def run(store: Store) -> int:
    """A run, with five articles stored."""
    store.articles.save(ARTICLES)
    return store.runs.start("archive", {"paths": ["x"]}, extractor_version="v1")


def claim(store: Store, run: int, **options: object) -> Batch:
    """Claim all five."""
    batch = store.ledger.claim(
        run,
        "v1",
        WANTED,
        living_runs=store.runs.living(),
        **options,  # type: ignore[arg-type]
    )
    assert batch is not None
    return batch


def test_a_claim_is_respected_while_its_run_lives(store: Store, run: int) -> None:
    mine = claim(store, run)
    assert mine.articles == tuple(IDS)
    other = store.runs.start("archive", {})
    theirs = claim(store, other)
    assert theirs.articles == ()
    assert theirs.busy == dict.fromkeys(IDS, run)


def test_what_is_done_is_not_claimed_again(store: Store, run: int) -> None:
    batch = claim(store, run)
    store.records.save_extractions(
        [Extraction(IDS[0])], version="v1", run_id=run, batch_id=batch.id
    )
    assert store.ledger.state_of(IDS[:2], "v1") == {IDS[0]: Done.DONE, IDS[1]: Done.CLAIMED}
    again = claim(store, run)
    assert again.finished == (IDS[0],)
    assert set(again.articles) == set(IDS[1:])


def test_another_extractor_version_has_its_own_line(store: Store, run: int) -> None:
    store.records.save_extractions([Extraction(IDS[0])], version="v1", run_id=run)
    assert store.ledger.state_of(IDS[:2], "v2") == {IDS[0]: Done.OTHER, IDS[1]: Done.NEVER}


def test_what_was_done_before_a_moment_can_be_asked_for_again(store: Store, run: int) -> None:
    store.records.save_extractions([Extraction(IDS[0])], version="v1", run_id=run)
    later = now() + timedelta(seconds=1)
    assert store.ledger.state_of(IDS[:1], "v1", done_since=later) == {IDS[0]: Done.OTHER}
    assert IDS[0] in claim(store, run, done_since=later).articles


def test_a_dead_run_loses_its_claims(store: Store, run: int) -> None:
    claim(store, run)
    with store.engine.begin() as connection:
        silent = now() - SILENCE - timedelta(seconds=1)
        connection.execute(
            sa.update(runs).where(runs.c.id == run).values(heartbeat_at=silent, host="elsewhere")
        )
    other = store.runs.start("archive", {})
    assert store.runs.bury_dead() == (run,)
    dead = store.runs.load(run)
    assert dead is not None
    assert dead.state == "interrupted"
    assert claim(store, other).articles == tuple(IDS)
    with store.engine.connect() as connection:
        states = connection.execute(sa.select(batches.c.state).order_by(batches.c.id)).scalars()
        assert list(states) == ["failed", "claimed"]


def test_a_run_whose_process_is_gone_is_dead_at_once(store: Store, run: int) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.update(runs).where(runs.c.id == run).values(pid=2**22 - 1))
    assert store.runs.living() == frozenset()
    assert store.runs.bury_dead() == (run,)


def test_a_run_on_another_machine_lives_as_long_as_it_is_heard_of(store: Store, run: int) -> None:
    with store.engine.begin() as connection:
        connection.execute(
            sa.update(runs).where(runs.c.id == run).values(host="elsewhere", pid=2**22 - 1)
        )
    assert store.runs.living() == {run}


def test_a_run_that_stops_gives_back_what_it_has_not_done(store: Store, run: int) -> None:
    claim(store, run)
    store.records.save_extractions([Extraction(IDS[0])], version="v1", run_id=run)
    assert store.ledger.release(run) == 4
    assert set(store.ledger.state_of(IDS, "v1").values()) == {Done.DONE, Done.NEVER}


def test_a_failure_is_quarantined_until_it_goes_well(store: Store, run: int) -> None:
    claim(store, run)
    failure = Failure(article_id=IDS[0], source="news/a.md", reason="too deep")
    store.ledger.fail(run, "v1", [failure])
    store.ledger.fail(run, "v1", [failure])
    assert store.ledger.state_of(IDS[:1], "v1") == {IDS[0]: Done.FAILED}
    (item,) = store.quarantine.open_items(run_id=run)
    assert (item.source, item.step, item.reason) == ("news/a.md", "extract", "too deep")
    assert (item.article_id, item.attempts) == (IDS[0], 2)

    assert IDS[0] not in claim(store, run).articles
    assert IDS[0] in claim(store, run, retry_failed=True).articles
    store.records.save_extractions([Extraction(IDS[0])], version="v1", run_id=run)
    assert list(store.quarantine.open_items()) == []


def test_a_batch_adds_up(store: Store, run: int) -> None:
    batch = claim(store, run)
    store.records.save_extractions(
        [Extraction(ARTICLES[0].id, [record(ARTICLES[0])])],
        version="v1",
        run_id=run,
        batch_id=batch.id,
    )
    store.ledger.close_batch(batch.id, seconds=1.5, worker="here:1")
    store.ledger.close_batch(batch.id, seconds=0.5, worker="here:2")
    store.ledger.note_error(batch.id, "one of them")
    totals = store.runs.totals(run)
    assert (totals.batches, totals.failed, totals.articles, totals.records) == (1, 1, 5, 1)
    assert totals.seconds == pytest.approx(2.0)


def test_the_gate_reasons_are_kept(store: Store, run: int) -> None:
    found = Extraction(IDS[0], dropped={"no quantity": 12})
    store.records.save_extractions([found], version="v1", run_id=run)
    with store.engine.connect() as connection:
        kept = connection.execute(sa.select(extractions.c.dropped)).scalar_one()
    assert kept == {"no quantity": 12}


def test_nothing_wanted_is_no_batch(store: Store, run: int) -> None:
    assert store.ledger.claim(run, "v1", [], living_runs=()) is None
