"""Reviews out of the database: what people decided, and nothing else."""

from pipeline.learn.from_store import near_duplicates, reviewed_articles
from pipeline.learn.reviewed import ReviewedArticle, Verdict
from pipeline.record import Slot
from pipeline.review.decision import Accept, Reject, Skip
from pipeline.review.request import EditOp, EditRequest, MergeRequest, SlotEdit
from pipeline.review.standing import RejectReason
from pipeline.span import Span
from tests.review.scene import FIVE_YEARS, TEXT, Newsroom, article

FORECAST = Reject(reason=RejectReason.FORECAST)


def selected(slot: Slot, words: str, *, accept: bool = True) -> EditRequest:
    start = TEXT.index(words)
    edit = SlotEdit(op=EditOp.SET, slot=slot, span=Span(start, start + len(words)))
    return EditRequest(edits=(edit,), accept=accept)


def reviewed(room: Newsroom) -> ReviewedArticle:
    (found,) = reviewed_articles(room.store)
    assert found.article == room.article
    return found


def test_nothing_is_learned_before_anybody_decides(room: Newsroom) -> None:
    assert list(reviewed_articles(room.store)) == []


def test_accepted_and_rejected_records_complete_an_article(room: Newsroom) -> None:
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    assert not reviewed(room).complete
    room.service.decide(room.investment.id, FORECAST, room.aoi, seen=1)
    found = reviewed(room)
    assert found.complete
    by_verdict = {review.verdict: review for review in found.records}
    accepted, rejected = by_verdict[Verdict.ACCEPTED], by_verdict[Verdict.REJECTED]
    assert (accepted.before, accepted.after) == (room.supply, room.supply)
    assert (rejected.before, rejected.after) == (room.investment, None)
    assert (rejected.reason, rejected.extractor_version) == ("forecast", "v1")
    assert len(found.deals) == 1


def test_a_corrected_record_keeps_the_machines_word(room: Newsroom) -> None:
    room.service.decide(room.supply.id, selected(Slot.TERM, "5年間"), room.aoi, seen=1)
    (review,) = reviewed(room).records
    assert review.verdict is Verdict.CORRECTED
    assert review.before == room.supply
    assert review.after is not None
    assert review.after.term is not None
    assert review.after.term.value == FIVE_YEARS.value


def test_an_edit_that_nobody_accepted_is_no_decision(room: Newsroom) -> None:
    room.service.decide(room.investment.id, FORECAST, room.aoi, seen=1)
    edit = selected(Slot.TERM, "5年間", accept=False)
    room.service.decide(room.supply.id, edit, room.aoi, seen=1)
    found = reviewed(room)
    assert [review.verdict for review in found.records] == [Verdict.REJECTED]
    assert not found.complete


def test_a_missed_deal_is_known_once_it_is_accepted(room: Newsroom) -> None:
    room.extract([room.investment])  # the extractor no longer finds the other
    room.service.decide(room.investment.id, Accept(), room.aoi, seen=1)
    edits = tuple(
        edit
        for slot, words in (
            (Slot.BUYER, "青空電機"),
            (Slot.SELLER, "ハル半導体"),
            (Slot.AMOUNT, "約120億円"),
        )
        for edit in selected(slot, words).edits
    )
    added = room.service.add_missed(room.article.id, edits, room.aoi)
    assert not reviewed(room).complete
    room.service.decide(added.record_id, Accept(), room.aoi, seen=1)
    found = reviewed(room)
    missed = next(r for r in found.records if r.verdict is Verdict.MISSED)
    assert missed.before is None
    assert missed.after is not None
    assert missed.after.amount is not None
    assert found.complete


def test_a_merged_record_counts_as_a_duplicate(room: Newsroom) -> None:
    room.service.decide(room.supply.id, MergeRequest(other_id=room.investment.id), room.aoi, seen=1)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=2)
    found = {review.verdict: review for review in reviewed(room).records}
    assert found[Verdict.REJECTED].reason == "duplicate"
    assert found[Verdict.REJECTED].before == room.investment
    assert Verdict.CORRECTED in found or Verdict.ACCEPTED in found


def test_undone_and_skipped_records_are_not_decided(room: Newsroom) -> None:
    room.service.decide(room.investment.id, FORECAST, room.aoi, seen=1)
    room.service.decide(room.supply.id, Accept(), room.aoi, seen=1)
    room.service.undo(room.aoi)
    room.service.decide(room.supply.id, Skip(), room.aoi, seen=3)
    found = reviewed(room)
    assert [review.verdict for review in found.records] == [Verdict.REJECTED]
    assert not found.complete


def test_near_duplicates_and_versions_are_pairs(room: Newsroom) -> None:
    other, newer = (
        article(f"{TEXT}続報もある。", "news/b.md"),
        article(f"{TEXT}訂正。", "news/c.md"),
    )
    room.store.articles.save([other], near_duplicate_of={other.id: room.article.id})
    room.store.articles.save([newer])
    room.store.articles.supersede(room.article.id, newer.id)
    assert sorted(near_duplicates(room.store)) == sorted(
        [(other.id, room.article.id), (newer.id, room.article.id)]
    )
