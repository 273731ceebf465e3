"""Link lists are marked by their headings and by being links; prose never is."""

import pytest

from pipeline.ingest.linklists import find_link_lists, names_link_list

STORY = "港電機は沖浦造船を60億円で買収する。"


@pytest.mark.parametrize(
    "listed",
    [
        "## 関連記事\n\n- [沖浦造船、赤字続く](/2026/a/)\n- [港電機の海運戦略](/2026/b/)\n",
        "### あわせて読みたい\n\n* [港の再編](https://example.jp/1)\n",
        "**参考リンク**\n- [発表資料](https://example.jp/pdf) - 2026年1月\n",
        "■関連リンク\nhttps://example.jp/a\nhttps://example.jp/b\n",
        "【関連記事】\n・[造船の今](/x)\n",
        "## 参考文献・引用元\n1. [白書](https://example.jp/w)\n2. [統計](https://example.jp/s)\n",
        "- 出典：\n  - 港湾新報（2026/01/05）https://example.jp/n\n",
        "## Related Articles\n- [Port deal](/en/1)\n",
        "## この記事に関連するおすすめ書籍\n\n### [港の経営](https://example.jp/book)\n\n決定版\n",
        "> 参考: [港湾新報](https://example.jp/1) / [造船タイムス](https://example.jp/2)\n",
        "**情報元**: [Harbour Daily](https://example.com/1)\n",
        "<!-- 下書き: 金額は90億円か -->",
    ],
    ids=lambda listed: listed.strip().splitlines()[0],
)
def test_find_link_lists_marks(listed: str) -> None:
    text = f"{STORY}\n\n{listed}"
    spans = find_link_lists(text)
    assert [span.of(text).strip() for span in spans] == [listed.strip()]


@pytest.mark.parametrize(
    "prose",
    [
        pytest.param(
            "## 関連記事\n\n港電機は昨年、別の造船所を10億円で買った。\n", id="prose below"
        ),
        pytest.param("## 関連する買収\n\n- [港電機](/a)は港を買う。\n", id="another heading"),
        pytest.param("- [港電機](/a)が沖浦造船を60億円で買収する。\n", id="a sentence with a link"),
        pytest.param(
            "## 主な取引\n\n- [港電機、60億円で買収](/a)\n- [港、投資](/b)\n", id="news list"
        ),
        pytest.param(
            "参考: 買収額は[発表](/a)によれば60億円で、港電機が払う。\n", id="label, prose"
        ),
        pytest.param("出典は明らかでないが、60億円という。\n", id="word in prose"),
        pytest.param("| 出典 | [港湾新報](/a) |\n", id="table row"),
        pytest.param("## 関連リンク\n", id="heading without links"),
        pytest.param("ソース事業を60億円で売る。\n", id="sauce"),
    ],
)
def test_find_link_lists_leaves(prose: str) -> None:
    assert find_link_lists(f"{STORY}\n\n{prose}") == ()


def test_find_link_lists_ends_where_prose_begins() -> None:
    text = "## 関連記事\n- [造船の今](/x)\n\n港電機は別の造船所も10億円で買った。\n- [別](/y)\n"
    (span,) = find_link_lists(text)
    assert span.of(text) == "## 関連記事\n- [造船の今](/x)\n"


def test_find_link_lists_ends_at_the_next_heading() -> None:
    text = "### 出典\n- 港湾新報: https://example.jp/n\n\n---\n\n## 2. 港、電力を買う\n\n要旨\n"
    (span,) = find_link_lists(text)
    assert span.of(text) == "### 出典\n- 港湾新報: https://example.jp/n\n"


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("## 関連記事", True),
        ("■ あわせて読みたい", True),
        ("**Sources:**", True),
        ("関連記事一覧", True),
        ("関連会社", False),
        ("参考になる点", False),
        ("## まとめ", False),
        ("", False),
    ],
)
def test_names_link_list(line: str, *, names: bool) -> None:
    assert names_link_list(line) is names
