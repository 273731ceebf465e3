"""Pages as the server makes them: escaped, in two languages, complete."""

import re

import pytest

from pipeline.article import make_article
from pipeline.record import Evidence, Slot
from pipeline.review.decision import Accept, Reject
from pipeline.review.standing import RejectReason
from tests.review.scene import Extraction, party, supply
from tests.web.conftest import Desk

PAGES = ("/queue", "/dashboard", "/help", "/api", "/account")
HOSTILE = """<script>document.title='hacked'</script>
<img src=x onerror=alert(1)> [押す](javascript:alert(1)) <a href="javascript:alert(2)">押す</a>
{{ 7*7 }} {% raw %} &amp; "引用" '一重' \u202e逆さ\u202c \u200fRTL\r続き </p></article>
青空電機はハル半導体に10億円を払う。"""


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("language", "word"), [("ja", "待ち行列"), ("en", "Queue")])
def test_pages_speak_both_languages(desk: Desk, path: str, language: str, word: str) -> None:
    client = desk.client_of(desk.room.aoi)
    client.post("/language", data={"language": language, "back": path})
    page = client.get(path)
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert word in page.text


def test_a_browser_that_asks_for_english_gets_it(desk: Desk) -> None:
    page = desk.stranger().get("/login", headers={"accept-language": "en-GB,en;q=0.9"})
    assert '<html lang="en">' in page.text
    assert '<html lang="ja">' in desk.stranger().get("/login").text


def hostile(desk: Desk) -> str:
    """The id of a record whose article, title, source, party and quote are all markup."""
    article = make_article(
        HOSTILE,
        source="<b>source</b>.md",
        title="<script>document.title='hacked'</script>",
        url="javascript:alert(3)",
    )
    desk.room.store.articles.save([article])
    start = HOSTILE.index("<img")
    quote = Evidence(start=start, end=start + 28, quote=HOSTILE[start : start + 28])
    name = '"><script>alert(4)</script>'
    record = supply(article, key="hostile", buyer=(party(name),), evidence={Slot.BUYER: (quote,)})
    desk.room.store.records.save_extractions([Extraction(article.id, [record])], version="<v>")
    return record.id


def test_nothing_of_an_article_is_interpreted(desk: Desk) -> None:
    record_id = hostile(desk)
    client = desk.client_of(desk.room.aoi)
    desk.room.service.decide(
        record_id, Reject(reason=RejectReason.OTHER, note="<i>note</i>"), desk.room.aoi, seen=1
    )
    for path in (
        f"/records/{record_id}", f"/records/{record_id}/panel", f"/records/{record_id}/history",
        f"/records/{record_id}/split", "/queue?state=all&q=<script>", "/queue?party=<script>",
        "/dashboard", "/nowhere/<script>",
    ):  # fmt: skip
        page = client.get(path).text
        for bad in ("<script>", "<img src=x", "<b>source", "<i>note", "<v>", '<a href="javascript'):
            assert bad not in page, (path, bad)
        assert 'href="javascript:' not in page


def test_every_character_of_an_article_is_on_the_page_once(desk: Desk) -> None:
    from html.parser import HTMLParser

    page = desk.client_of(desk.room.aoi).get(f"/records/{hostile(desk)}").text
    body = page[page.index('id="article"') :]
    body = body[body.index(">") + 1 : body.index("</div>")]

    class Paragraphs(HTMLParser):
        def __init__(self) -> None:
            super().__init__(convert_charrefs=True)
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "p":
                self.found.append("")

        def handle_data(self, data: str) -> None:
            if self.found:
                self.found[-1] += data

    parser = Paragraphs()
    parser.feed(body)
    assert "\n".join(parser.found[:-1]) + "\n" + parser.found[-1].rstrip("\n") == HOSTILE


def test_direction_marks_are_shown_and_walled_in(desk: Desk) -> None:
    page = desk.client_of(desk.room.aoi).get(f"/records/{hostile(desk)}").text
    for name in ("U+202E", "U+202C", "U+200F"):
        assert f'data-name="{name}"' in page


def test_a_link_to_the_article_only_where_it_is_a_web_address(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    assert "元の記事を開く" not in client.get(f"/records/{hostile(desk)}").text


def test_evidence_is_marked_in_the_article_and_named_in_the_record(desk: Desk) -> None:
    page = desk.client_of(desk.room.aoi).get(f"/records/{desk.room.supply.id}").text
    assert re.search(r'<mark class="s-amount"[^>]*data-slots="amount"[^>]*>約120億円</mark>', page)
    assert re.search(r'<button[^>]*data-show="amount"[^>]*>約120億円</button>', page)
    assert "12,000,000,000 JPY" in page


def test_a_value_without_a_quote_says_so(desk: Desk) -> None:
    page = desk.client_of(desk.room.aoi).get(f"/records/{desk.room.investment.id}").text
    assert "本文に根拠なし" in page


def test_an_earlier_version_is_shown_read_only(desk: Desk) -> None:
    desk.room.service.decide(desk.room.supply.id, Accept(), desk.room.aoi, seen=1)
    client = desk.client_of(desk.room.aoi)
    page = client.get(f"/records/{desk.room.supply.id}?at=1").text
    assert "過去の版 1" in page
    assert 'data-action="accept"' not in page
    assert client.get(f"/records/{desk.room.supply.id}?at=99").status_code == 404


@pytest.mark.parametrize("path", ["/records/0123", "/nowhere", "/records/<x>"])
def test_what_is_not_there_is_a_page_that_leads_back(desk: Desk, path: str) -> None:
    answer = desk.client_of(desk.room.aoi).get(path)
    assert answer.status_code in {404, 422}
    assert 'href="/queue"' in answer.text


def test_a_filter_that_cannot_be_used_is_said_on_the_page(desk: Desk) -> None:
    page = desk.client_of(desk.room.aoi).get("/queue?min=たくさん")
    assert page.status_code == 200
    assert "条件が読み取れません" in page.text


def test_only_the_list_comes_where_htmx_asks_for_it(desk: Desk) -> None:
    headers = {"hx-request": "true", "hx-target": "results"}
    part = desk.client_of(desk.room.aoi).get("/queue", headers=headers).text
    assert "<html" not in part
    assert desk.room.supply.id in part


def test_start_goes_to_the_first_record_and_keeps_the_filters(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    answer = client.get("/review?sort=amount&kind=investment")
    target = f"/records/{desk.room.investment.id}?kind=investment&sort=amount"
    assert (answer.status_code, answer.headers["location"]) == (303, target)
    desk.room.service.decide(desk.room.investment.id, Accept(), desk.room.aoi, seen=1)
    assert client.get("/review?kind=investment").headers["location"].startswith("/queue")


def test_every_number_of_the_dashboard_is_the_number_of_its_records(desk: Desk) -> None:
    desk.room.service.decide(desk.room.supply.id, Accept(), desk.room.aoi, seen=1)
    client = desk.client_of(desk.room.aoi)
    page = client.get("/dashboard").text
    links = re.findall(r'<a href="/queue\?([^"]*)">([\d,]+)</a>', page)
    assert len(links) > 20
    for query, number in links:
        query = query.replace("&amp;", "&")
        found = client.get(f"/api/v1/records?{query}&limit=200").json()["records"]
        assert len(found) == int(number.replace(",", "")), query
    labelled = re.findall(r'<a href="/queue\?([^"]*)" aria-label="[^"]*?(\d+) 件"', page)
    assert len(labelled) >= 3
    for query, number in labelled:
        found = client.get(f"/api/v1/records?{query.replace('&amp;', '&')}").json()["records"]
        assert len(found) == int(number), query


def test_the_days_progress_counts_decisions_that_stand(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    assert "今日 0 件" in client.get("/queue").text
    desk.room.service.decide(desk.room.supply.id, Accept(), desk.room.aoi, seen=1)
    assert "今日 1 件" in client.get("/queue").text
    desk.room.service.undo(desk.room.aoi)
    assert "今日 0 件" in client.get("/queue").text
    desk.room.service.redo(desk.room.aoi)
    desk.room.clock.advance(days=1)
    assert "今日 0 件" in desk.client_of(desk.room.aoi).get("/queue").text
