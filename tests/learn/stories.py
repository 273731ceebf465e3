"""Short invented stories about invented deals of well-known firms, with their annotation."""

from typing import Any

from pipeline.article import make_article
from pipeline.learn.dataset import Document

FIRMS = (
    ("エヌビディア", "NVIDIA"),
    ("オープンAI", "OpenAI"),
    ("マイクロソフト", "Microsoft"),
    ("オラクル", "Oracle"),
    ("メタ・プラットフォームズ", "Meta"),
    ("ソフトバンクグループ", "ソフトバンクグループ"),
)
TELLINGS = (
    ("investment", "{a}は{day}日、{b}に{n}億ドルを出資すると発表した。"),
    ("supply", "{a}は{b}から計算資源を総額{n}億ドルで購入する契約を結んだ。"),
    ("acquisition", "{a}は{day}日、{b}を{n}億ドルで買収すると発表した。"),
    ("capex", "{a}は新しいデータセンターに{n}億ドルを投じる。"),
)
NO_DEAL = "{a}の売上高は{n}億ドルだった。市場規模は{m}億ドルに達すると調査会社は予測する。"


def story(k: int) -> tuple[str, list[dict[str, Any]]]:
    """The text and the deals of the story number `k`; every fifth tells none."""
    (a, _), (b, _) = FIRMS[k % 6], FIRMS[(k + 1 + k // 6 % 5) % 6]
    number = 7 + 13 * k
    if k % 5 == 4:
        return NO_DEAL.format(a=a, n=number, m=number * 3), []
    kind, telling = TELLINGS[k % 4]
    text = telling.format(a=a, b=b, n=number, day=1 + k % 28)
    deal = {
        "kind": kind,
        "status": "firm",
        "buyer": [[a]],
        "seller": [] if kind == "capex" else [[b]],
        "amount": {"value": number * 100_000_000, "currency": "USD", "qualifier": "exact"},
        "amount_max": None,
        "term_months": None,
        "chips": [],
        "count": None,
        "capacity_mw": None,
        "evidence": [text],
    }
    return text, [deal]


def document(k: int, **changes: Any) -> Document:
    """The story number `k` as a document to learn from."""
    text, deals = story(k)
    fields = {
        "article": make_article(text, source=f"news/{k:03}.md"),
        "deals": tuple(deals),
        "complete": True,
        "group": str(k),
    }
    return Document(**{**fields, **changes})
