"""The JSON API: every step of a reviewer's day by program."""

import io
import json
from dataclasses import replace
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient

from pipeline.record import Party
from tests.review.scene import FIVE_YEARS, TEXT, Newsroom, supply
from tests.web.conftest import Desk


@pytest.fixture
def aoi(desk: Desk) -> TestClient:
    return desk.program_of(desk.room.aoi)


@pytest.fixture
def ren(desk: Desk) -> TestClient:
    return desk.program_of(desk.room.ren)


@pytest.fixture
def lead(desk: Desk) -> TestClient:
    return desk.program_of(desk.room.lead)


def decisions(room: Newsroom) -> str:
    return f"/api/v1/records/{room.supply.id}/decisions"


def span(words: str) -> dict[str, int]:
    start = TEXT.index(words)
    return {"start": start, "end": start + len(words)}


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_the_queue_is_listed_page_by_page(desk: Desk, aoi: TestClient) -> None:
    first = ok(aoi.get("/api/v1/records", params={"limit": 1}))
    second = ok(aoi.get("/api/v1/records", params={"limit": 1, "after": first["next"]}))
    ids = [page["records"][0]["record"]["id"] for page in (first, second)]
    assert sorted(ids) == sorted([desk.room.supply.id, desk.room.investment.id])
    assert second["next"] is None


@pytest.mark.parametrize(
    ("params", "kinds"),
    [
        ({"kind": "investment"}, ["investment"]),
        ({"kind": ["investment", "supply"]}, ["investment", "supply"]),
        ({"q": "出資"}, ["investment", "supply"]),  # both stand in the article
        ({"q": "存在しない言葉"}, []),
        ({"party": "ハル"}, ["supply"]),
        ({"buyer": "ハル"}, []),
        ({"seller": "=ハル半導体"}, ["supply"]),
        ({"seller": "=ハル"}, []),
        ({"min": "3億ドル"}, ["investment"]),
        ({"max": "200億円"}, ["supply"]),
        ({"since": "2026-11-24"}, ["investment", "supply"]),
        ({"since": "2026-11-25"}, []),
        ({"until": "2026-11-23"}, []),
        ({"source": "news/"}, ["investment", "supply"]),
        ({"conf_max": "50"}, []),
        ({"state": "accepted"}, []),
        ({"state": "all", "sort": "amount"}, ["investment", "supply"]),
    ],
)
def test_filters(aoi: TestClient, params: dict[str, str], kinds: list[str]) -> None:
    found = ok(aoi.get("/api/v1/records", params=params))["records"]
    assert sorted(row["record"]["kind"] for row in found) == kinds


@pytest.mark.parametrize(
    "params",
    [
        {"kind": "barter"}, {"state": "lost"}, {"min": "たくさん"}, {"since": "昨日"},
        {"conf_min": "200"}, {"verdict": "amount"}, {"sort": "luck"}, {"after": "%%%"},
        {"flag": "red"}, {"party": "a\x00b"},
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_used_is_said(aoi: TestClient, params: dict[str, str]) -> None:
    answer = aoi.get("/api/v1/records", params=params)
    assert (answer.status_code, answer.json()["error"]) == (422, "bad_filter")
    assert next(iter(params)) in answer.json()["message"]


def test_a_value_is_read_before_it_is_set(desk: Desk, aoi: TestClient) -> None:
    body = {"slot": "amount", "article": desk.room.article.id, **span("120億円")}
    found = ok(aoi.post("/api/v1/read", json=body))
    assert found["value"]["value"] == "12000000000"
    assert found["text"] == "約120億円"
    assert found["quotes"] == ["約120億円"]
    body = {"slot": "term", "typed": "1年半"}
    assert ok(aoi.post("/api/v1/read", json=body))["value"]["months"] == "18"
    body = {"slot": "amount", "typed": "たくさん"}
    assert aoi.post("/api/v1/read", json=body).json()["error"] == "unreadable"


def test_edit_and_accept_by_offsets(desk: Desk, aoi: TestClient) -> None:
    edits = [
        {"slot": "term", **span("5年間")},
        {"slot": "chips", **span("GB300")},
        {"op": "add", "slot": "seller", "typed": "海野ロボティクス"},
    ]
    body = {"action": "edit", "seen": 1, "edits": edits, "accept": True}
    assert ok(aoi.post(decisions(desk.room), json=body))["state"] == "accepted"
    record = ok(aoi.get(f"/api/v1/records/{desk.room.supply.id}"))
    assert record["record"]["term"]["months"] == "60"
    assert [p["name"] for p in record["record"]["seller"]] == ["ハル半導体", "海野ロボティクス"]
    assert record["extracted"]["term"] is None
    text = ok(aoi.get(f"/api/v1/articles/{record['article_id']}"))["text"]
    for quotes in record["record"]["evidence"].values():
        assert all(text[q["start"] : q["end"]] == q["quote"] for q in quotes)


def test_a_conflict_is_told_and_settled(desk: Desk, aoi: TestClient, ren: TestClient) -> None:
    reject = {"action": "reject", "seen": 1, "reason": "forecast"}
    ok(aoi.post(decisions(desk.room), json=reject))
    answer = ok(ren.post(decisions(desk.room), json={"action": "accept", "seen": 1}))
    assert answer["conflict"]
    assert ok(ren.get("/api/v1/counts"))["flags"]["conflict"] == 1
    settle = f"/api/v1/records/{desk.room.supply.id}/resolve"
    assert ren.post(settle, json={"choices": {}}).json()["error"] == "unsettled"
    assert ok(ren.post(settle, json={"choices": {"state": "mine"}}))["state"] == "accepted"


def test_a_request_repeated_acts_once(desk: Desk, aoi: TestClient) -> None:
    body = {"action": "accept", "seen": 1, "request_id": "0123456789"}
    answers = [ok(aoi.post(decisions(desk.room), json=body)) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(ok(aoi.get(f"/api/v1/records/{desk.room.supply.id}/events"))) == 1


def test_undo_and_redo(desk: Desk, aoi: TestClient) -> None:
    ok(aoi.post(decisions(desk.room), json={"action": "accept", "seen": 1}))
    assert ok(aoi.post("/api/v1/undo"))["state"] == "unreviewed"
    assert ok(aoi.post("/api/v1/redo"))["state"] == "accepted"
    assert aoi.post("/api/v1/redo").status_code == 409


def test_split_merge_and_missed(desk: Desk, aoi: TestClient) -> None:
    missed = {"kind": "investment", "edits": [{"slot": "amount", **span("5億ドル")}]}
    url = f"/api/v1/articles/{desk.room.article.id}/records"
    born = ok(aoi.post(url, json=missed), 201)["record_id"]
    body = {"action": "merge", "seen": 1, "other": born}
    ok(aoi.post(decisions(desk.room), json=body))
    assert ok(aoi.get(f"/api/v1/records/{born}"))["state"] == "merged"
    body = {
        "action": "split", "seen": 2, "slots": ["amount"], "items": {"buyer": [0], "seller": [0]},
        "moved_items": {"seller": [0]},
    }  # fmt: skip
    outcome = ok(aoi.post(decisions(desk.room), json=body))
    assert len(outcome["others"]) == 1


def test_history_shows_any_version(desk: Desk, aoi: TestClient) -> None:
    ok(aoi.post(decisions(desk.room), json={"action": "accept", "seen": 1}))
    url = f"/api/v1/records/{desk.room.supply.id}/versions"
    assert ok(aoi.get(f"{url}/1"))["state"] == "unreviewed"
    assert ok(aoi.get(f"{url}/2"))["state"] == "accepted"
    assert aoi.get(f"{url}/3").status_code == 404


def test_a_disagreement_can_be_taken_over_or_left(desk: Desk, aoi: TestClient) -> None:
    room = desk.room
    for record in (room.supply, room.investment):
        body = {"action": "accept", "seen": 1}
        ok(aoi.post(f"/api/v1/records/{record.id}/decisions", json=body))
    newer = [
        replace(record, term=FIVE_YEARS, extractor_version="v2")
        for record in (room.supply, room.investment)
    ]
    room.extract(newer, "v2")
    flagged = ok(aoi.get("/api/v1/records", params={"state": "all", "flag": "disagreement"}))
    assert len(flagged["records"]) == 2
    for record, take, months in ((room.supply, ["term"], "60"), (room.investment, [], None)):
        seen = ok(aoi.get(f"/api/v1/records/{record.id}"))
        assert seen["disagreement"]["slots"] == ["term"]
        body = {"seen": seen["version"], "take": take}
        ok(aoi.post(f"/api/v1/records/{record.id}/disagreement", json=body))
        after = ok(aoi.get(f"/api/v1/records/{record.id}"))
        assert after["disagreement"] is None
        assert (after["record"]["term"] or {}).get("months") == months


def test_next_locks_for_its_user(desk: Desk, aoi: TestClient, ren: TestClient) -> None:
    mine = ok(aoi.post("/api/v1/next", json={"query": "sort=amount"}))["id"]
    other = ok(ren.post("/api/v1/next", json={"query": "sort=amount"}))["id"]
    assert {mine, other} == {desk.room.supply.id, desk.room.investment.id}
    assert ok(ren.put(f"/api/v1/records/{mine}/lock"))["locked_by"] == "葵"
    ok(aoi.delete(f"/api/v1/records/{mine}/lock"))
    assert ok(ren.put(f"/api/v1/records/{mine}/lock"))["locked_by"] is None


def test_double_reading_from_sample_to_agreement(
    desk: Desk, aoi: TestClient, ren: TestClient, lead: TestClient
) -> None:
    body = {"size": 5, "readers": ["葵", "蓮"]}
    assert ok(lead.post("/api/v1/samples", json=body), 201)["count"] == 2
    assert ok(lead.post("/api/v1/samples", json=body), 201)["count"] == 0
    assert ok(aoi.get("/api/v1/counts"))["flags"]["mine"] == 2
    for client, action in (
        (aoi, {"action": "accept"}),
        (ren, {"action": "reject", "reason": "other"}),
    ):
        outcome = ok(client.post(decisions(desk.room), json={"seen": 0, **action}))
        assert outcome["blind"]
    figures = ok(lead.get("/api/v1/agreement"))
    assert figures["all"]["readings"] == 1
    assert figures["all"]["same_decision"] == 0
    assert figures["pairs"][0]["readers"] == ["葵", "蓮"]
    seen = ok(lead.get(f"/api/v1/records/{desk.room.supply.id}"))
    assert seen["state"] == "disputed"
    url = f"/api/v1/records/{desk.room.supply.id}/adjudicate"
    body = {"seen": seen["version"], "base": 1, "other": ["term"]}
    assert aoi.post(url, json=body).status_code == 403
    assert ok(lead.post(url, json=body))["state"] == "accepted"
    assert lead.post(url, json=body).json()["error"] == "not_disputed"


@pytest.mark.parametrize(
    ("readers", "code"), [(["葵"], "one_reader"), (["葵", "だれか"], "unknown_user")]
)
def test_a_sample_needs_two_who_can_read(lead: TestClient, readers: list[str], code: str) -> None:
    answer = lead.post("/api/v1/samples", json={"size": 5, "readers": readers})
    assert answer.json()["error"] == code


def test_filters_are_saved_by_user(aoi: TestClient, ren: TestClient) -> None:
    body = {"name": "大型の出資", "query": "kind=investment&min=100億円&unknown=1"}
    saved = ok(aoi.post("/api/v1/filters", json=body), 201)
    assert "unknown" not in saved["query"]
    ok(aoi.post("/api/v1/filters", json={**body, "query": "kind=supply"}), 201)
    assert [one["query"] for one in ok(aoi.get("/api/v1/filters"))] == ["kind=supply"]
    assert ok(ren.get("/api/v1/filters")) == []
    (kept,) = ok(aoi.get("/api/v1/filters"))
    assert ren.delete(f"/api/v1/filters/{kept['id']}").status_code == 404
    assert aoi.delete(f"/api/v1/filters/{kept['id']}").status_code == 204


def test_admins_manage_users(desk: Desk, lead: TestClient) -> None:
    desk.site.gate.accounts.change_user(desk.room.lead.user_id, role="admin")
    body = {"name": "みお", "role": "reviewer", "password": "a long password"}
    added = ok(lead.post("/api/v1/users", json=body), 201)
    assert lead.post("/api/v1/users", json=body).json()["error"] == "name_taken"
    url = f"/api/v1/users/{added['id']}"
    assert ok(lead.patch(url, json={"role": "lead", "disabled": True}))["disabled"]
    assert lead.patch("/api/v1/users/999", json={"role": "lead"}).status_code == 404
    own = f"/api/v1/users/{desk.room.lead.user_id}"
    assert lead.patch(own, json={"disabled": True}).json()["error"] == "own_account"


# Export


def reviewed(desk: Desk, aoi: TestClient) -> None:
    """One record corrected and accepted, whose buyer's name would be a formula in a spreadsheet."""
    edits = [{"slot": "buyer", "typed": "=HYPERLINK(1)"}, {"slot": "term", **span("5年間")}]
    body = {"action": "edit", "seen": 1, "edits": edits, "accept": True}
    ok(aoi.post(decisions(desk.room), json=body))


def test_jsonl_tells_where_everything_comes_from(desk: Desk, aoi: TestClient) -> None:
    reviewed(desk, aoi)
    answer = aoi.get("/api/v1/export", params={"state": "accepted"})
    assert "attachment" in answer.headers["content-disposition"]
    (row,) = [json.loads(line) for line in answer.text.splitlines()]
    review = row["review"]
    assert (review["state"], review["decided_by"]) == ("accepted", "葵")
    assert review["changed_slots"] == ["buyer", "term"]
    assert review["extracted"]["buyer"][0]["name"] == "青空電機"
    assert [event["action"] for event in review["events"]] == ["edit", "accept"]
    assert row["article"]["source"] == "news/a.md"
    position, quote = row["selectors"]["term"][0]
    assert TEXT[position["start"] : position["end"]] == quote["exact"] == "5年間"
    around = quote["prefix"] + quote["exact"] + quote["suffix"]
    assert around in TEXT


def test_csv_opens_in_excel_and_runs_nothing(desk: Desk, aoi: TestClient) -> None:
    reviewed(desk, aoi)
    answer = aoi.get("/api/v1/export", params={"state": "all", "format": "csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    text = answer.content.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert ",=HYPERLINK" not in text
    assert len(text.strip().splitlines()) == 3


def test_excel_and_parquet_hold_the_same_rows(desk: Desk, aoi: TestClient) -> None:
    reviewed(desk, aoi)
    params = {"state": "all", "sort": "amount"}
    excel = aoi.get("/api/v1/export", params=params | {"format": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(excel.content)).active
    head, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    table = pq.read_table(
        io.BytesIO(aoi.get("/api/v1/export", params=params | {"format": "parquet"}).content)
    )
    assert table.column_names[:-1] == head
    assert table["id"].to_pylist() == [row[0] for row in rows]
    assert [row[head.index("buyer")] for row in rows] == ["みどり証券", "'=HYPERLINK(1)"]
    assert table["buyer"].to_pylist() == ["みどり証券", "=HYPERLINK(1)"]


def test_the_page_downloads_the_same(desk: Desk) -> None:
    client = desk.client_of(desk.room.aoi)
    answer = client.get("/export", params={"format": "csv", "state": "all"})
    assert answer.headers["content-type"].startswith("text/csv")


def test_other_articles_records_of_the_same_deal_are_named(desk: Desk, aoi: TestClient) -> None:
    from pipeline.article import make_article
    from pipeline.store import StoredDeal
    from tests.review.scene import Extraction

    room = desk.room
    other = make_article("青空電機は120億円を払う。", source="news/b.md")
    room.store.articles.save([other])
    again = supply(other, key="again", buyer=(Party(name="青空電機", surfaces=("青空電機",)),))
    room.store.records.save_extractions([Extraction(other.id, [again])], version="v1")
    room.store.deals.save(
        [StoredDeal(id="d" * 20, kind="supply", status="firm", data={}, record_ids=(room.supply.id, again.id))]
    )  # fmt: skip
    seen = ok(aoi.get(f"/api/v1/records/{room.supply.id}"))
    assert seen["same_deal"] == [again.id]
    assert seen["siblings"] == [room.investment.id]
    page = desk.client_of(room.aoi).get(f"/records/{room.supply.id}").text
    assert "同じ取引を伝える別の記事" in page
    assert again.id in page
