"""`torihiki run archive` and what looks at its database: the commands, as people type them."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pipeline.store import open_store, upgrade
from pipeline.store.engine import make_engine, parse_url

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from pipeline.cli import main; main()")
LONGEST = 300.0


class Ended:
    """A command that has ended."""

    def __init__(self, *arguments: str, environment: dict[str, str], stdin: bytes = b"") -> None:
        done = subprocess.run(  # noqa: S603 - our own program
            [*COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            cwd=ROOT,
            env=environment,
            timeout=LONGEST,
            check=False,
        )
        self.status = done.returncode
        self.raw = done.stdout
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()

    @property
    def is_clean(self) -> bool:
        """Whether nothing on the terminal is a machine's trouble."""
        said = self.out + self.err
        return not any(sign in said for sign in ("Traceback", "database is locked", "Exception"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As on a machine that has never run Prefect."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")),
        "COLUMNS": "160",
    }


@pytest.fixture
def served(prefect_server: None) -> dict[str, str]:
    """As where a Prefect server runs already."""
    return {**os.environ, "COLUMNS": "160"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that the tests of this module share."""
    return f"sqlite:///{tmp_path_factory.mktemp('data')}/new/torihiki.db"


@pytest.fixture(scope="module")
def first(database: str, environment: dict[str, str]) -> Ended:
    """The first run over the sample articles, with one input that cannot be read."""
    return Ended("run", "archive", "data/raw", "--db", database, environment=environment)


@pytest.mark.model
@pytest.mark.usefixtures("first")
class TestSampleArticles:
    """The main command over data/raw, and what can be asked afterwards."""

    def test_a_fresh_run_ends_with_the_records_in_a_table(self, first: Ended) -> None:
        assert (first.status, first.is_clean) == (0, True), first.err
        for words in ("買い手 buyer", "売り手 seller", "原文 quote", "174億 USD", "Nebius"):
            assert words in first.out
        for words in ("抽出 extracted", "供給 supply", "torihiki runs show 1"):
            assert words in first.out

    def test_the_second_run_finds_all_done(
        self, first: Ended, database: str, environment: dict[str, str]
    ) -> None:
        del first
        second = Ended("run", "archive", "data/raw", "--db", database, environment=environment)
        assert (second.status, second.is_clean) == (0, True), second.err
        assert "everything was done already" in second.out
        assert "抽出 extracted" not in second.out

    def test_a_dry_run_says_what_would_be_done(
        self, database: str, environment: dict[str, str]
    ) -> None:
        options = ("--dry-run", "--rerun", "all", "--limit", "3")
        dry = Ended(
            "run", "archive", "data/raw", "--db", database, *options, environment=environment
        )
        assert dry.status == 0, dry.err
        assert "nothing written" in dry.out
        assert "would extract: 3 記事" in dry.out
        with open_store(database) as store:
            assert all(run.options["limit"] is None for run in store.runs.latest())

    def test_export_writes_a_record_a_line_as_the_schema_says(
        self, database: str, environment: dict[str, str]
    ) -> None:
        schema = json.loads((ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        exported = Ended("export", "--db", database, environment=environment)
        assert (exported.status, exported.err) == (0, "")
        rows = [json.loads(line) for line in exported.out.splitlines()]
        with open_store(database) as store:
            assert len(rows) == store.records.count() > 0
            texts = store.articles.texts({row["article_id"] for row in rows})
        for row in rows:
            jsonschema.validate(row, schema)
            for quotes in row["evidence"].values():
                for one in quotes:
                    text = texts[row["article_id"]]
                    assert text[one["start"] : one["end"]] == one["quote"]

    def test_export_writes_csv_that_excel_opens(
        self, database: str, environment: dict[str, str]
    ) -> None:
        exported = Ended("export", "--db", database, "--format", "csv", environment=environment)
        assert exported.raw.startswith(b"\xef\xbb\xbfrecord_id,")
        rows = list(csv.DictReader(io.StringIO(exported.raw.decode("utf-8-sig"))))
        assert any(row["amount"] == "17400000000" for row in rows)

    def test_runs_lists_and_shows(self, database: str, environment: dict[str, str]) -> None:
        listed = Ended("runs", "--db", database, "--json", environment=environment)
        runs = [json.loads(line) for line in listed.out.splitlines()]
        assert runs[-1]["counts"]["extracted"] == runs[-1]["counts"]["read"] > 10
        assert {run["state"] for run in runs} == {"done"}
        shown = Ended("runs", "show", "1", "--db", database, environment=environment)
        assert shown.status == 0, shown.err
        for words in ("Archive run 1", "extracted", "characters/s"):
            assert words in shown.out
        none = Ended("runs", "show", "99", "--db", database, environment=environment)
        assert (none.status, "there is no run 99" in none.err) == (2, True)

    def test_the_reading_end_may_close_early(
        self, database: str, environment: dict[str, str]
    ) -> None:
        with subprocess.Popen(  # noqa: S603 - our own program
            [*COMMAND, "export", "--db", database],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=environment,
        ) as exporting:
            assert exporting.stdout is not None
            assert exporting.stderr is not None
            exporting.stdout.close()
            assert exporting.stderr.read() == b""
        assert exporting.returncode == 0


def bad_inputs(folder: Path) -> None:
    """One file of each kind of trouble, and a good article."""
    (folder / "good.txt").write_text("青空電機はハル半導体を120億円で買収した。", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (folder / "lines.jsonl").write_text(
        '{"title": "題", "body": "本文"}\n{no json\n', encoding="utf-8"
    )
    (folder / "loop").symlink_to(folder, target_is_directory=True)


@pytest.mark.model
def test_bad_inputs_are_listed_and_the_rest_goes_on(
    sqlite_url: str, served: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    bad_inputs(folder)
    ended = Ended("run", "archive", str(folder), "--db", sqlite_url, environment=served)
    assert (ended.status, ended.is_clean) == (1, True), ended.err
    for name in ("empty.txt", "binary.txt", "lines.jsonl", "loop"):
        assert name in ended.err
    with open_store(sqlite_url) as store:
        assert store.articles.count() == 2
        assert len(list(store.quarantine.open_items())) >= 4


def newer(url: str) -> None:
    """Pretend that a newer program made the database."""
    upgrade(url)
    engine = make_engine(parse_url(url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE torihiki_version SET version_num = '9999_future'")
    engine.dispose()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(
            ("run", "archive", "data/raw", "--db", "sqlite:////proc/none/x.db"),
            "cannot be made",
            id="folder not writable",
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--db", "sqlite:///file:{file}?mode=ro&uri=true"),
            "is read-only",
            id="read-only database",
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--db", "postgresql://x@127.0.0.1:1/y"),
            "check that PostgreSQL runs",
            id="no PostgreSQL there",
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--db", "sqlite:///{newer}"),
            "newer than this Torihiki",
            id="newer schema",
        ),
        pytest.param(
            ("run", "archive", "no/such/folder"), "no/such/folder: no such file", id="no such path"
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--max-memory", "1G"), "at least 2.5G", id="no memory"
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--max-memory", "much"), "is no size", id="no size"
        ),
        pytest.param(
            ("run", "archive", "data/raw", "--address", "tcp://h:1"), "--runner dask", id="no Dask"
        ),
        pytest.param(
            (
                *("run", "archive", "data/raw", "--db", "sqlite:///{file}"),
                *("--runner", "dask", "--address", "tcp://h:1"),
            ),
            "need PostgreSQL",
            id="a cluster over a file",
        ),
        pytest.param(("export", "--db", "sqlite:///{none}"), "there is no database", id="none yet"),
        pytest.param(
            ("runs", "--db", "sqlite:///{none}"), "there is no database", id="no runs yet"
        ),
        pytest.param(
            ("export", "--db", "sqlite:///{file}", "--format", "parquet"),
            "say where with --out",
            id="no place",
        ),
        pytest.param(
            ("export", "--db", "sqlite:///{file}", "--kind", "gift"),
            "there is no such kind",
            id="no such kind",
        ),
        pytest.param(
            ("export", "--db", "sqlite:///{file}", "--out", "{file}"),
            "is there already",
            id="a file is there",
        ),
        pytest.param(
            ("export", "--db", "sqlite:///{file}", "--out", "/proc/none/out.jsonl"),
            "nothing can be written there",
            id="out not writable",
        ),
    ],
)
def test_what_cannot_be_done_is_said_at_once(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    names = {name: str(tmp_path / f"{name}.db") for name in ("file", "newer", "none")}
    upgrade(f"sqlite:///{names['file']}")
    if "{newer}" in "".join(arguments):
        newer(f"sqlite:///{names['newer']}")
    from pipeline.cli import main

    filled = [part.format(**names) for part in arguments]
    monkeypatch.setattr(sys, "argv", ["torihiki", *filled])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert said in printed.err
    assert printed.out == ""


def test_db_upgrade_makes_the_tables_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipeline.cli import main

    for words in ("0001_core", "up to date already"):
        monkeypatch.setattr(sys, "argv", ["torihiki", "db", "upgrade", "--db", database_url])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        assert words in capsys.readouterr().out
    monkeypatch.setattr(sys, "argv", ["torihiki", "db", "status", "--db", database_url])
    with pytest.raises(SystemExit):
        main()
    assert "articles: 0" in capsys.readouterr().out


@pytest.fixture
def slow_folder(tmp_path: Path) -> Path:
    """So much to read that a run is still at it when it is interrupted."""
    folder = tmp_path / "slow"
    folder.mkdir()
    for n in range(400):
        words = f"青空電機は装置{n}を{n}億円でハル半導体から買うと{n}日に発表した。" * 60
        (folder / f"{n}.txt").write_text(f"第{n}報\n\n{words}", encoding="utf-8")
    return folder


@pytest.mark.model
def test_ctrl_c_stops_quietly_and_the_next_run_goes_on(
    sqlite_url: str, served: dict[str, str], slow_folder: Path
) -> None:
    with subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, "run", "archive", str(slow_folder), "--db", sqlite_url, "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=served,
        text=True,
        start_new_session=True,
    ) as running:
        deadline = time.monotonic() + LONGEST
        while not counted(sqlite_url, "extractions"):
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert "the same command goes on" in err
    with open_store(sqlite_url) as store:
        (run,) = store.runs.latest()
        assert run.state == "interrupted"
        assert store.ledger.release(run.id) == 0


def counted(url: str, table: str) -> int:
    """How many rows a table has; 0 before there is one."""
    from pipeline.errors import TorihikiError
    from pipeline.store.counts import table_counts

    try:
        with open_store(url, create=False) as store:
            counts: dict[str, Any] = dict(table_counts(store.engine))
    except TorihikiError:
        return 0
    return int(counts[table])
