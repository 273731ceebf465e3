"""Who is told of what: records above an amount, feeds that fail and recover, each once."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.feednotify import (
    MAX_ATTEMPTS,
    message,
    note_feeds,
    note_records,
    notice_text,
    parse_threshold,
    send_due,
)
from pipeline.errors import SettingsError
from pipeline.gazetteer.vocabulary import Vocabulary, load_vocabulary
from pipeline.ingest.feedlist import NotifyFormat, NotifySection
from pipeline.store.feed_notices import Notice
from pipeline.values import Money
from tests.feeds.newsroom import Newsroom, item, rss, story


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load_vocabulary(Path(__file__).resolve().parents[2] / "models")


@pytest.mark.parametrize(
    ("amount", "currency", "passes"),
    [
        pytest.param("10000000000", "JPY", True, id="just that"),
        pytest.param("9999999999", "JPY", False, id="a yen less"),
        pytest.param("50000000", "USD", True, id="named in dollars"),
        pytest.param("49999999", "USD", False, id="a dollar less"),
        pytest.param("90000000", "EUR", True, id="another currency, roughly"),
        pytest.param("900000", "EUR", False, id="another currency, far less"),
    ],
)
def test_a_threshold_is_exact_in_its_currencies(
    vocabulary: Vocabulary, amount: str, currency: str, *, passes: bool
) -> None:
    threshold = parse_threshold(["100億円", "5000万ドル"], vocabulary)
    assert threshold.passes(Money(value=Decimal(amount), currency=currency)) == passes


def test_without_a_threshold_nothing_passes(vocabulary: Vocabulary) -> None:
    threshold = parse_threshold([], vocabulary)
    assert not threshold.passes(Money(value=Decimal(10**12), currency="JPY"))
    assert not parse_threshold(["1円"], vocabulary).passes(None)


@pytest.mark.parametrize("text", ["100", "たくさん", "数百億円", "100億円と1億ドル", ""])
def test_a_threshold_that_is_no_amount_is_told(vocabulary: Vocabulary, text: str) -> None:
    with pytest.raises(SettingsError, match="100億円"):
        parse_threshold([text], vocabulary)


@pytest.fixture
def hook(newsroom: Newsroom) -> NotifySection:
    """A webhook on the newsroom's own site."""
    newsroom.site.page("/hook", "ok")
    return NotifySection.model_validate(
        {"webhook": f"{newsroom.site.url}/hook", "min_amount": ["5億円"], "failures": 2}
    )


def tell(room: Newsroom, section: NotifySection, vocabulary: Vocabulary) -> tuple[int, int]:
    """What the flow does at the end of a run."""
    note_records(room.desk, parse_threshold(section.min_amount, vocabulary), section.webhook)
    note_feeds(room.desk, section, section.webhook)
    return send_due(room.desk, section, section.webhook)


def said(room: Newsroom) -> list[str]:
    """The texts that the webhook was sent."""
    return [json.loads(asked.body)["text"] for asked in room.site.calls("/hook")]


def at_present(room: Newsroom) -> None:
    """Let the clock show the present: records bear the database's time."""
    from pipeline.store.rows import now

    room.clock.at = now()


def test_records_above_the_amount_are_told_once(
    newsroom: Newsroom, hook: NotifySection, vocabulary: Vocabulary
) -> None:
    at_present(newsroom)
    newsroom.site.page("/before", rss(item(50)))
    newsroom.work(newsroom.feed("/before"))
    at_present(newsroom)
    newsroom.desk.notices.since(hook.webhook, newsroom.clock())
    newsroom.site.page("/feed", rss(item(4), item(5), item(6)))
    newsroom.work(newsroom.feed("/feed"))
    at_present(newsroom)
    assert tell(newsroom, hook, vocabulary) == (2, 0)
    assert tell(newsroom, hook, vocabulary) == (0, 0)
    (text,) = said(newsroom)
    assert "5億 JPY" in text
    assert "6億 JPY" in text
    assert "青空電機" in text
    assert f"{newsroom.site.url}/story/5" in text
    assert "50億" not in text, "what was there before the webhook is no news"


def test_a_next_version_with_the_same_deal_is_not_told_again(
    newsroom: Newsroom, hook: NotifySection, vocabulary: Vocabulary
) -> None:
    at_present(newsroom)
    newsroom.desk.notices.since(hook.webhook, newsroom.clock())
    newsroom.site.page("/feed", rss(item(5)))
    feed = newsroom.feed("/feed")
    newsroom.work(feed)
    at_present(newsroom)
    assert tell(newsroom, hook, vocabulary) == (1, 0)
    newsroom.site.page("/feed", rss(item(5, body=story(5, words="追記。"))))
    assert newsroom.work(feed).versions == 1
    at_present(newsroom)
    assert tell(newsroom, hook, vocabulary) == (0, 0)
    newsroom.site.page("/feed", rss(item(5, body=story(5).replace("5億円", "7億円"))))
    newsroom.work(feed)
    at_present(newsroom)
    assert tell(newsroom, hook, vocabulary) == (1, 0), "another amount is news"


def test_a_feed_that_fails_is_told_once_and_so_is_its_recovery(
    newsroom: Newsroom, hook: NotifySection, vocabulary: Vocabulary
) -> None:
    newsroom.site.page("/shaky", status=500)
    feed = newsroom.feed("/shaky")
    newsroom.work(feed)
    assert tell(newsroom, hook, vocabulary) == (0, 0), "once is no news"
    for sent in (1, 0, 0):
        newsroom.work(feed)
        assert tell(newsroom, hook, vocabulary) == (sent, 0)
    newsroom.site.page("/shaky", rss(item(1)))
    newsroom.work(feed)
    assert tell(newsroom, hook, vocabulary) == (1, 0)
    newsroom.work(feed)
    assert tell(newsroom, hook, vocabulary) == (0, 0)
    failing, recovered = said(newsroom)
    assert "shaky" in failing
    assert "500" in failing
    assert "回復" in recovered


def recovered(name: str) -> Notice:
    return Notice(key=name, kind="recovered", data={"feed": name, "since": "2026"})


def test_a_webhook_that_does_not_take_it_is_tried_again_and_given_up_in_the_end(
    newsroom: Newsroom, hook: NotifySection
) -> None:
    newsroom.desk.notices.add([recovered("a")], newsroom.clock())
    newsroom.site.page("/hook", status=500)
    assert send_due(newsroom.desk, hook, hook.webhook) == (0, 1)
    assert send_due(newsroom.desk, hook, hook.webhook) == (0, 0), "not before its time"
    newsroom.clock.move(days=1)
    newsroom.site.page("/hook", "ok")
    assert send_due(newsroom.desk, hook, hook.webhook) == (1, 0)
    newsroom.desk.notices.add([recovered("b")], newsroom.clock())
    newsroom.site.page("/hook", status=403)
    for _ in range(MAX_ATTEMPTS + 3):
        send_due(newsroom.desk, hook, hook.webhook)
        newsroom.clock.move(days=1)
    assert len(newsroom.site.calls("/hook")) == 2 + MAX_ATTEMPTS
    assert newsroom.desk.notices.waiting() == 0


def test_many_notices_come_in_few_messages(newsroom: Newsroom, hook: NotifySection) -> None:
    notices = [recovered(str(n)) for n in range(25)]
    assert newsroom.desk.notices.add(notices, newsroom.clock()) == 25
    assert newsroom.desk.notices.add(notices, newsroom.clock()) == 0
    assert send_due(newsroom.desk, hook, hook.webhook) == (25, 0)
    assert len(newsroom.site.calls("/hook")) == 3


RECORD: dict[str, Any] = {
    "summary": "supply (firm) A ← B: 5億 JPY",
    "title": "<!channel> A & B",
    "feed": "市場",
    "url": "https://n.example/1",
}


def test_slack_gets_text_in_which_nobody_can_be_called() -> None:
    notice = Notice(key="1", kind="record", data=RECORD)
    assert "https://n.example/1" in notice_text(notice)
    sent = json.loads(message([notice], NotifyFormat.SLACK))
    assert list(sent) == ["text"]
    assert "&lt;!channel&gt; A &amp; B" in sent["text"]


def test_a_program_gets_everything() -> None:
    sent = json.loads(message([Notice(key="1", kind="record", data=RECORD)], NotifyFormat.JSON))
    (notice,) = sent["notices"]
    assert notice["kind"] == "record"
    assert notice["title"] == RECORD["title"]


def test_a_webhook_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    section = NotifySection(webhook="env:TEST_HOOK")
    with pytest.raises(SettingsError, match="TEST_HOOK"):
        section.target()
    monkeypatch.setenv("TEST_HOOK", "https://hooks.example/x")
    assert section.target() == "https://hooks.example/x"
