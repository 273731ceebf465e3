"""The closing report counts what there is to count, whatever names it meets."""

from flows.intake import Tally
from flows.report import Outcome, duration, markdown, rate
from flows.work import BatchReport
from pipeline.errors import Quarantined
from pipeline.store import Changes, Failure

HOSTILE = Quarantined(source="a|b\n<script>.md", step="ingest", reason="x | y")


def outcome(**tally: int) -> Outcome:
    """An outcome of run 7."""
    counted = Tally()
    for name, number in tally.items():
        setattr(counted, name, number)
    return Outcome(run_id=7, extractor_version="v1", tally=counted)


def report(**options: object) -> BatchReport:
    """A batch of two articles with three records."""
    values: dict[str, object] = {
        "batch_id": 1,
        "articles": 2,
        "characters": 100,
        "changes": Changes(new=3),
        "kinds": {"supply": 2, "capex": 1},
        "dropped": {"no quantity": 4},
        "failures": (),
        "seconds": 0.5,
        "worker": "here:1",
        "memory_bytes": 0,
    }
    return BatchReport(**(values | options))  # type: ignore[arg-type]


def test_batches_add_up() -> None:
    done = outcome(read=4)
    failure = Failure(article_id="0" * 32, source="x.md", reason="broken")
    done.add(report())
    done.add(report(failures=(failure,)))
    assert (done.extracted, done.failed, done.batches) == (4, 1, 2)
    assert done.changes == Changes(new=6)
    assert done.counts()["kinds"] == {"supply": 4, "capex": 2}
    assert not done.is_clean


def test_the_report_names_what_was_read_found_and_quarantined() -> None:
    done = outcome(read=2, new=2)
    done.add(report())
    done.seconds = 2.0
    text = markdown(done)
    for line in (
        "# Archive run 7",
        "| read | 2 |",
        "| supply | 2 |",
        "| no quantity | 4 |",
        "1.0 articles/s, 50.0 characters/s",
    ):
        assert line in text
    assert "Quarantined" not in text


def test_a_files_name_cannot_break_out_of_its_cell() -> None:
    done = outcome(read=0)
    done.tally.failed.append(HOSTILE)
    done.tally.quarantined = 1
    line = next(line for line in markdown(done).splitlines() if "script" in line)
    assert line == r"| a\|b &lt;script>.md | ingest | x \| y |"


def test_failures_beyond_those_shown_are_counted() -> None:
    done = outcome(read=0, quarantined=120)
    done.tally.failed.extend([HOSTILE] * 100)
    assert "… and 70 more." in markdown(done)


def test_rates_and_durations_are_readable() -> None:
    assert (rate(12_345, 2), rate(1, 0)) == ("6,172.5", "–")
    assert duration(3723.4) == "1:02:03"
