"""Near-duplicates are linked to their original; other texts and other amounts never."""

from collections.abc import Collection, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.article import Article, make_article
from pipeline.neardup import (
    THRESHOLD,
    Originals,
    Signature,
    link_near_duplicates,
    most_alike,
    signature_of,
)
from pipeline.span import Span

STORY = (
    "港電機は五日、沖浦造船を60億円で買収すると発表した。株式の全部を三月末までに取得し、"
    "完全子会社とする。沖浦造船は作業船と海底ケーブル敷設船を手がけ、洋上風力の工事に強みを持つ。"
    "港電機は電力ケーブルの製造から敷設までを自社で担えるようになり、受注の拡大を見込む。"
    "買収の資金は手元の現金と銀行からの借り入れでまかなう。両社は昨年の秋から協議を続けていた。"
    "沖浦造船の従業員の雇用は維持し、社長には現在の専務が就く。株式の取得は二度に分けて行う。"
)
OTHER = (
    "みなと銀行は北海電算に12億円を融資する。期間は五年間で、寒冷地に建てる計算センターの費用に"
    "充てる。外気で冷やす方式を採り、電力の消費を四割減らせるという。完成は来年の夏を予定する。"
    "同行が計算センターの建設に融資するのは初めてで、地域の企業からの引き合いも多いと説明した。"
)


def article(text: str, ignored: tuple[Span, ...] = ()) -> Article:
    return make_article(text, source="a.md", ignored=ignored)


def is_copy(text: str, original: str) -> bool:
    return signature_of(article(text)).repeats(signature_of(article(original)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STORY, id="same"),
        pytest.param(STORY.replace("60", "６０").replace("。", "。\n\n"), id="widths and lines"),
        pytest.param(f"# 港電機が買収\n\n{STORY}", id="headline added"),
        pytest.param(STORY.replace("五日、", "").replace("という", "とした"), id="words edited"),
        pytest.param(STORY.replace("港電機は電力", "同社は、電力"), id="name shortened"),
        pytest.param(STORY + "（港湾新報・記者）", id="signed"),
        pytest.param(STORY.replace("株式の取得は二度に分けて行う。", ""), id="last sentence cut"),
        pytest.param(STORY.replace("完全子会社", "**完全子会社**"), id="Markdown marks"),
    ],
)
def test_near_duplicates_repeat_their_original(text: str) -> None:
    assert is_copy(text, STORY)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OTHER, id="another story"),
        pytest.param(STORY.replace("60億円", "66億円"), id="another amount"),
        pytest.param(STORY + "敷設船も3隻、20億円で買う。", id="an amount more"),
        pytest.param(STORY[:90] + OTHER, id="only the lead in common"),
        pytest.param("", id="empty"),
    ],
)
def test_other_texts_do_not(text: str) -> None:
    assert not is_copy(text, STORY)


def test_link_lists_do_not_make_articles_alike() -> None:
    links = "関連記事 " + "港の再編と電力の行方を読み解く長い見出しが続いている。" * 20
    pair = [
        article(f"{story}\n{links}", (Span(len(story), len(story) + 1 + len(links)),))
        for story in (STORY, OTHER)
    ]
    assert signature_of(pair[0]).similarity(signature_of(pair[1])) < 0.2


@given(st.text(max_size=80), st.sets(st.integers(0, 2**32 - 1), max_size=5))
def test_signature_survives_the_database(text: str, quantities: set[int]) -> None:
    found = signature_of(article(text))
    signature = Signature(found.hashes, frozenset(quantities))
    assert Signature.from_bytes(signature.to_bytes()) == signature
    assert signature.similarity(signature) == 1.0
    assert len(set(signature.bands())) == 20
    assert all(-(2**63) <= band < 2**63 for band in signature.bands())


@pytest.mark.parametrize(
    "data", [b"", b"\x01" + bytes(511), b"\x02" + bytes(512), b"\x01" + bytes(514)]
)
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no signature of this format"):
        Signature.from_bytes(data)


def test_originals_link_copies_to_the_first() -> None:
    originals = Originals()
    found = [
        originals.original_of(key, signature_of(article(text)))
        for key, text in (
            ("a", STORY),
            ("b", OTHER),
            ("c", STORY + "以上。"),
            ("d", OTHER),
            ("a", STORY),
        )
    ]
    assert found == [None, None, "a", "b", None]


def test_copies_of_copies_are_linked_to_the_original() -> None:
    chain = [STORY, STORY + "以上。", STORY + "以上。終わり。"]
    linked = link_near_duplicates([article(text) for text in chain], lambda _bands: [])
    assert set(linked.near_duplicate_of.values()) == {article(STORY).id}


class Database:
    """What a store keeps of signatures."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, bytes]] = []

    def add(self, texts: list[str]) -> dict[str, str]:
        linked = link_near_duplicates([article(text) for text in texts], self.sharing_band)
        for key, bands in linked.bands.items():
            if key not in linked.near_duplicate_of:
                self.rows += [(band, key, linked.signatures[key]) for band in bands]
        return dict(linked.near_duplicate_of)

    def sharing_band(self, bands: Collection[int]) -> Iterator[tuple[int, str, bytes]]:
        return (row for row in self.rows if row[0] in bands)


def test_link_near_duplicates_finds_originals_stored_before() -> None:
    database = Database()
    assert database.add([STORY, OTHER]) == {}
    assert database.add([STORY + "以上。", OTHER.replace("みなと", "ミナト")]) == {
        article(STORY + "以上。").id: article(STORY).id,
        article(OTHER.replace("みなと", "ミナト")).id: article(OTHER).id,
    }


def test_link_near_duplicates_never_links_an_article_to_itself() -> None:
    database = Database()
    database.add([STORY])
    assert database.add([STORY]) == {}


def test_most_alike_takes_the_best_and_then_the_first() -> None:
    text = STORY + "取引の後、両社の工場は一つの組織にまとめられ、名前も改められる。"
    same, near, far = (signature_of(article(some)) for some in (text, STORY, OTHER))
    found = most_alike(same, [("far", far), ("near", near), ("same", same), ("again", same)])
    assert found == "same"
    assert most_alike(same, [("far", far)]) is None


def grams_of(text: str) -> set[str]:
    letters = "".join(filter(str.isalnum, text))
    return {letters[at : at + 5] for at in range(len(letters) - 4)}


@pytest.mark.parametrize("cut", [0, 40, 100, 180])
def test_the_estimate_is_near_the_true_similarity(cut: int) -> None:
    other = STORY[cut:] + OTHER[:cut]
    one, two = grams_of(STORY), grams_of(other)
    true = len(one & two) / len(one | two)
    estimate = signature_of(article(STORY)).similarity(signature_of(article(other)))
    assert abs(true - estimate) < 0.13  # three standard deviations of 128 hashes
    assert 0 < THRESHOLD < 1


@pytest.mark.parametrize("digits", ["1" * 200, "12,34." * 50, "一" * 200, "1億" * 100])
def test_a_long_run_of_digits_is_read_in_one_go(digits: str) -> None:
    """A pattern that tries every way to cut it up would be at it for years."""
    assert signature_of(make_article(digits + "x", source="a")).quantities == frozenset()
