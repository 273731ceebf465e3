"""`torihiki learn queue` and `audit` on a database with decisions."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.learn.audit import in_audit_sample
from pipeline.load import extractor_version
from pipeline.record import DealRecord
from pipeline.review.decision import Accept
from pipeline.settings import Settings
from pipeline.store.tables import records
from tests.review.scene import Newsroom, supply

runner = CliRunner()


@pytest.fixture
def version() -> str:
    """Of the extractor that the settings name: only its records may be accepted."""
    return extractor_version(Settings())


@pytest.fixture
def filled(sqlite_room: Newsroom, version: str) -> list[DealRecord]:
    """Records at 0.95; a hundred of them people found right, the others wait."""
    room = sqlite_room
    found = [
        supply(room.article, key=f"k{k}", version=version, confidence=0.95) for k in range(160)
    ]
    room.extract(found, version=version)
    for record in found[:100]:
        room.service.decide(record.id, Accept(), room.aoi, seen=1)
    return found


def run(room: Newsroom, *args: str) -> Any:
    return runner.invoke(app, ["learn", *args, "--db", room.store.url])


def states(room: Newsroom) -> dict[str, str]:
    with room.store.engine.connect() as connection:
        return {row.id: row.state for row in connection.execute(sa.select(records))}


def test_audit_shows_what_confidence_is_worth(
    sqlite_room: Newsroom, filled: list[DealRecord]
) -> None:
    result = run(sqlite_room, "audit", "--target", "0.95", "--json")
    assert result.exit_code == 0, result.exception
    found = json.loads(result.stdout)
    assert (found["threshold"]["confidence"], found["threshold"]["right"]) == (0.95, 100)
    assert found["applied"] is None
    assert "accepted" in states(sqlite_room).values()
    assert list(states(sqlite_room).values()).count("unreviewed") == 60


def test_audit_accepts_only_when_told_to_and_takes_back(
    sqlite_room: Newsroom, filled: list[DealRecord]
) -> None:
    waiting = {record.id for record in filled[100:]}
    sample = {one for one in waiting if in_audit_sample(one, Settings().audit_share)}
    dry = run(sqlite_room, "audit", "--target", "0.95", "--apply", "--dry-run")
    assert dry.exit_code == 0, dry.exception
    assert f"would be accepted {len(waiting - sample)}" in dry.stdout
    done = run(sqlite_room, "audit", "--target", "0.95", "--apply")
    assert done.exit_code == 0, done.exception
    after = states(sqlite_room)
    assert {one for one in waiting if after[one] == "accepted"} == waiting - sample
    back = run(sqlite_room, "audit", "--withdraw")
    assert back.exit_code == 0, back.exception
    assert {states(sqlite_room)[one] for one in waiting} == {"unreviewed"}


def test_audit_fails_where_no_confidence_is_good_enough(
    sqlite_room: Newsroom, filled: list[DealRecord]
) -> None:
    result = run(sqlite_room, "audit", "--target", "0.99")
    assert result.exit_code == 1
    assert "no confidence reaches 0.990" in result.stdout


def test_queue_orders_what_waits(
    sqlite_room: Newsroom,
    filled: list[DealRecord],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORIHIKI_MODELS_DIR", str(tmp_path / "models"))
    dry = run(sqlite_room, "queue", "--dry-run")
    assert dry.exit_code == 0, dry.exception
    assert "60" in dry.stdout
    assert not (tmp_path / "models").exists()
    done = run(sqlite_room, "queue")
    assert done.exit_code == 0, done.exception
    assert "too few reviews to learn from" in done.stdout  # none of the hundred was wrong
    assert (tmp_path / "models" / "learned" / "priority.json").is_file()
