"""Telling people: records above an amount, feeds that fail and that are well again.

Messages go through an outbox in the database: each is told once, also when a run is killed
between finding a record and telling of it, and again until the webhook takes it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flows.feeddesk import Desk
from flows.logs import get_log
from pipeline.errors import FetchError, RestError, SettingsError
from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.ingest.feedlist import NotifyFormat, NotifySection
from pipeline.parse import find_mentions
from pipeline.record import DealRecord, decimal_text, to_json
from pipeline.store import StoredRecord
from pipeline.store.dealbook import news_by_record
from pipeline.store.feed_notices import Notice
from pipeline.store.rows import amount_sort, digest
from pipeline.values import Money, Qualifier

LOOK_BACK = timedelta(days=7)  # records older than that are news no more
MAX_ATTEMPTS = 12  # over some two days; then a message is given up
AT_ONCE = 10  # notices in one message
_UNITS = ((10**12, "兆"), (10**8, "億"), (10**4, "万"))
_NEWS = {
    "new": "新しい取引 new record",
    "amount": "新しい金額 new amount",
    "status": "新しい状態 new status",
}
_HEDGES = {Qualifier.ABOUT: "約", Qualifier.AT_LEAST: "≥", Qualifier.AT_MOST: "≤"}


@dataclass(frozen=True, slots=True)
class Threshold:
    """The least amounts that are told, by currency; other currencies are compared roughly."""

    amounts: Mapping[str, Decimal]
    rough: float

    def passes(self, amount: Money | None) -> bool:
        """Whether an amount is at least that."""
        if amount is None or amount.least is None or not self.amounts:
            return False
        exact = self.amounts.get(amount.currency)
        if exact is not None:
            return amount.least >= exact
        return amount_sort(amount) >= self.rough


def parse_threshold(texts: Sequence[str], vocabulary: Vocabulary) -> Threshold:
    """The amounts of `min_amount` ("100億円", "1億ドル").

    Raises:
        SettingsError: one of them is no amount of money.
    """
    amounts: dict[str, Decimal] = {}
    roughs: list[float] = []
    for text in texts:
        found = [
            mention.value
            for mention in find_mentions(text.strip(), vocabulary)
            if isinstance(mention.value, Money) and len(mention.span) == len(text.strip())
        ]
        if len(found) != 1 or found[0].value is None:
            msg = (
                f'[notify] min_amount: {text!r} is no amount; write such as "100億円" or "1億ドル"'
            )
            raise SettingsError(msg)
        amounts[found[0].currency] = found[0].value
        roughs.append(amount_sort(found[0]))
    return Threshold(amounts, min(roughs, default=0.0))


def note_records(desk: Desk, threshold: Threshold, channel: str) -> int:
    """Put new records above the threshold into the outbox; how many.

    A record is told once, and so is a deal that the next version of its article tells again with
    the same amount and parties. A record that only tells what other articles have told of its deal
    is no news; one that brings a new deal, another amount or another status is.
    """
    if not threshold.amounts:
        return 0
    since = max(desk.notices.since(channel, desk.now()), desk.now() - LOOK_BACK)
    passing = [
        (stored, feed)
        for stored, feed in desk.notices.records_of_feeds(since)
        if threshold.passes(stored.record.amount)
    ]
    news = news_by_record(desk.store, since)
    linked = desk.store.deals.of_records(stored.record.id for stored, _feed in passing)
    found = {
        digest("record", channel, _identity(stored)): (stored, feed)
        for stored, feed in passing
        if stored.record.id in news or stored.record.id not in linked
    }
    new = desk.notices.new_keys(found)
    told = [
        Notice(key=key, kind="record", data=_record_data(stored, feed, news))
        for key in sorted(new, key=lambda key: found[key][0].record.id)
        for stored, feed in [found[key]]
    ]
    return desk.notices.add(told, desk.now())


def _identity(stored: StoredRecord) -> str:
    """What makes a record news: who, how much, what, told at which place."""
    record = stored.record
    parties = sorted(party.gazetteer_id or party.name for party in record.buyer + record.seller)
    amount = record.amount
    said = (amount.currency, str(amount.least)) if amount else ("", "")
    return "\n".join([stored.url or record.id, record.kind.value, *said, *parties])


def note_feeds(desk: Desk, section: NotifySection, channel: str) -> int:
    """Put feeds that began to fail, or are well again, into the outbox; how many."""
    if not section.failures:
        return 0
    notices: list[Notice] = []
    for state in desk.feeds.states(listed_only=True):
        if state.failures >= section.failures and state.failing_since is not None:
            began = state.failing_since.isoformat()
            notices.append(
                Notice(
                    key=digest("failing", channel, state.url, began),
                    kind="failing",
                    data={
                        "feed": state.name,
                        "url": state.url,
                        "failures": state.failures,
                        "since": began,
                        "error": state.error,
                    },
                )
            )
        elif state.failures == 0 and state.succeeded_at is not None:
            notices += _recovered(desk, channel, state.id, state.name, state.url)
    return desk.notices.add(notices, desk.now())


def _recovered(desk: Desk, channel: str, feed_id: int, name: str, url: str) -> list[Notice]:
    """A message for each time that a feed was told to fail and is well now."""
    return [
        Notice(
            key=digest("recovered", notice.key),
            kind="recovered",
            data={"feed": name, "url": url, "since": notice.data["since"], "id": feed_id},
        )
        for notice in desk.notices.told("failing")
        if notice.data.get("url") == url
        and notice.key == digest("failing", channel, url, str(notice.data["since"]))
    ]


def send_due(desk: Desk, section: NotifySection, target: str) -> tuple[int, int]:
    """Send what is in the outbox; how many messages were taken, and how many not.

    What is not taken is sent again later, or given up after `MAX_ATTEMPTS`.
    """
    sent = failed = 0
    while notices := desk.notices.due(desk.now(), AT_ONCE):
        ids = [notice.id for notice in notices]
        try:
            desk.fetcher.post_json(target, message(notices, section.format))
        except FetchError as error:
            attempts = max(notice.attempts for notice in notices) + 1
            desk.notices.put_off(ids, error.reason, _next(desk.now(), attempts, error))
            get_log().warning("notice.failed", notices=len(ids), reason=error.reason)
            failed += len(ids)
            return sent, failed
        desk.notices.sent(ids, desk.now())
        sent += len(ids)
    return sent, failed


def _next(now: datetime, attempts: int, error: FetchError) -> datetime | None:
    if attempts >= MAX_ATTEMPTS:
        return None
    if isinstance(error, RestError):
        return error.until
    return now + min(timedelta(minutes=1) * (1 << attempts), timedelta(hours=12))


def message(notices: Sequence[Notice], form: NotifyFormat) -> bytes:
    """What the webhook is sent: text for Slack and its like, everything for a program."""
    if form is NotifyFormat.SLACK:
        text = "\n".join(_slack(notice_text(notice)) for notice in notices)
        return json.dumps({"text": text}, ensure_ascii=False).encode()
    listed = [
        {"kind": notice.kind, "text": notice_text(notice), **notice.data} for notice in notices
    ]
    return json.dumps({"notices": listed}, ensure_ascii=False).encode()


def notice_text(notice: Notice) -> str:
    """A notice as a person reads it."""
    data = notice.data
    if notice.kind == "record":
        brought = data.get("news") or ["new"]
        head = f"{'、'.join(_NEWS[one] for one in brought)}: {data['summary']}"
        return f"{head}\n{data['title']} ({data['feed']}) {data['url'] or ''}".rstrip()
    if notice.kind == "failing":
        said = f"{data['failures']} 回続けて失敗 failures in a row since {data['since'][:16]} UTC"
        return f"フィード {data['feed']} が読めません · cannot be read: {said}: {data['error']}"
    return (
        f"フィード {data['feed']} は回復しました · is well again (since {data['since'][:16]} UTC)"
    )


def _slack(text: str) -> str:
    """Escaped as Slack asks, so that no article can mention @channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _record_data(
    stored: StoredRecord, feed: str, news: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    return {
        "news": list(news.get(stored.record.id, ())),
        "summary": summary(stored.record),
        "title": stored.title,
        "url": stored.url,
        "feed": feed,
        "published": stored.published.isoformat() if stored.published else None,
        "record": to_json(stored.record),
    }


def summary(record: DealRecord) -> str:
    """A record in one line: kind, parties, amount."""
    buyers = "、".join(party.name for party in record.buyer) or "?"
    sellers = "、".join(party.name for party in record.seller) or "?"
    sides = f"{record.kind.value} ({record.status.value}) {buyers} ← {sellers}"
    return f"{sides}: {_money(record.amount)}" if record.amount else sides


def _money(amount: Money) -> str:
    least = amount.least
    if least is None:
        return amount.currency
    for size, name in _UNITS:
        if least >= size:
            text = f"{decimal_text((least / size).quantize(Decimal('0.0001')))}{name}"
            break
    else:
        text = decimal_text(least)
    return f"{_HEDGES.get(amount.qualifier, '')}{text} {amount.currency}"
