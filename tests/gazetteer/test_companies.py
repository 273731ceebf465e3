"""Which parties a sentence names, and which look-alikes it does not."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.gazetteer.companies import Companies, load_companies
from pipeline.gazetteer.scan import fold

MODELS = Path(__file__).resolve().parents[2] / "models"
COMPANIES = load_companies(MODELS)


def found(text: str) -> list[tuple[str, str]]:
    """(id, quote) of every party, in text order."""
    return [(company.id, text[span.start : span.end]) for span, company in COMPANIES.find(text)]


NAMED = [
    pytest.param("OpenAIが契約した。", [("openai", "OpenAI")], id="latin"),
    pytest.param("ＯｐｅｎＡＩが契約した。", [("openai", "ＯｐｅｎＡＩ")], id="full-width"),
    pytest.param("OPENAIとopenai", [("openai", "OPENAI"), ("openai", "openai")], id="any-case"),
    pytest.param("エヌビディアの株主", [("nvidia", "エヌビディア")], id="katakana"),
    pytest.param("鴻海精密工業が組み立てる", [("foxconn", "鴻海精密工業")], id="kanji-longest"),
    pytest.param("鴻海が組み立てる", [("foxconn", "鴻海")], id="kanji-short"),
    pytest.param(
        "アマゾン・ウェブ・サービスを使う", [("aws", "アマゾン・ウェブ・サービス")], id="dots"
    ),
    pytest.param("アマゾンウェブサービスを使う", [("aws", "アマゾンウェブサービス")], id="no-dots"),
    pytest.param(
        "アマゾン ウェブ サービスを使う", [("aws", "アマゾン ウェブ サービス")], id="spaces"
    ),
    pytest.param("AWSとAmazon", [("aws", "AWS"), ("amazon", "Amazon")], id="child-and-parent"),
    pytest.param("Google Cloudを使う", [("google-cloud", "Google Cloud")], id="longest-wins"),
    pytest.param(
        "ソフトバンクグループ（SBG）とソフトバンク",
        [
            ("softbank-group", "ソフトバンクグループ"),
            ("softbank-group", "SBG"),
            ("softbank-corp", "ソフトバンク"),
        ],
        id="group-and-carrier",
    ),
    pytest.param("経産省とNEDOが支援", [("meti", "経産省"), ("nedo", "NEDO")], id="agencies"),
    pytest.param("サウジアラビア政府が出資", [("saudi", "サウジアラビア政府")], id="government"),
    pytest.param("米政府の補助", [("usa", "米政府")], id="us-government"),
    pytest.param("孫正義氏が語る", [("son", "孫正義")], id="person"),
    pytest.param("マスク氏が語る", [("musk", "マスク氏")], id="person-by-surname"),
    pytest.param("NVIDIA30億ドル", [("nvidia", "NVIDIA")], id="digits-may-follow-a-long-name"),
    pytest.param(
        "Google/Microsoft", [("google", "Google"), ("microsoft", "Microsoft")], id="slash"
    ),
    pytest.param(
        "マイクロソフト・グーグル連合",
        [("microsoft", "マイクロソフト"), ("google", "グーグル")],
        id="dot-between-parties",
    ),
]

LEGAL_FORMS = [
    pytest.param("株式会社日立製作所は", [("hitachi", "株式会社日立製作所")], id="before"),
    pytest.param(
        "さくらインターネット株式会社は",
        [("sakura-internet", "さくらインターネット株式会社")],
        id="after",
    ),
    pytest.param("㈱アドバンテストは", [("advantest", "㈱アドバンテスト")], id="square"),
    pytest.param("(株)ロームは", [("rohm", "(株)ローム")], id="brackets"),
    pytest.param("CoreWeave, Inc.から", [("coreweave", "CoreWeave, Inc.")], id="inc"),
    pytest.param("Nebius Group NVから", [("nebius", "Nebius Group NV")], id="group-nv"),
    pytest.param("Oracle社から", [("oracle", "Oracle社")], id="sha"),
    pytest.param("Oracle社長", [("oracle", "Oracle")], id="president-is-no-legal-form"),
    pytest.param("Oracle社内で", [("oracle", "Oracle")], id="in-house-is-no-legal-form"),
    pytest.param("ネビウスグループと", [("nebius", "ネビウスグループ")], id="guruupu"),
    pytest.param(
        "米エヌビディアと英アーム社",
        [("nvidia", "エヌビディア"), ("arm", "アーム社")],
        id="country-stays-out",
    ),
    pytest.param(
        "日本電気株式会社富士通株式会社",
        [("nec", "日本電気株式会社"), ("fujitsu", "富士通株式会社")],
        id="each-form-once",
    ),
]

NOT_NAMED = [
    pytest.param("メタバースとメタデータ", id="katakana-goes-on"),
    pytest.param("メタ認知を高める", id="meta-cognition"),
    pytest.param("インテリジェンスとインテリア", id="inteligence"),
    pytest.param("ALARMとpharmacy", id="latin-goes-on"),
    pytest.param("an apple pie", id="common-word-in-lower-case"),
    pytest.param("https://openai.com/news と @nvidia", id="host-and-handle"),
    pytest.param("`.github/workflows` と github.rest.pulls", id="paths-and-code"),
    pytest.param("ロボットアームの制御、アームロボット", id="robot-arm"),
    pytest.param("説明可能AI（XAI）の研究", id="explainable-ai"),
    pytest.param("キーエンス証券とコマツ生命の口座", id="another-firm-of-the-name"),
    pytest.param("ChatGPTとClaudeとGeminiを比べた", id="products"),
    pytest.param("Azure OpenAI Serviceの料金", id="product-with-a-company-in-it"),
    pytest.param("AMD64とIBM5100", id="short-name-before-digits"),
    pytest.param("関東大会と東大阪市", id="todai-inside"),
    pytest.param("東京大会と大阪大会", id="kyodai-and-handai-inside"),
    pytest.param("日立市の工場", id="town"),
    pytest.param("リチウムイオン電池とイオン注入", id="ion"),
    pytest.param("チューリングテスト、チューリング賞", id="turing-test"),
    pytest.param("倫理研究の予算", id="riken-inside"),
    pytest.param("東京東部と南京大学", id="jd-and-kyodai-inside"),
    pytest.param("全国連合会、韓国連邦", id="un-inside"),
    pytest.param("日産100万バレル、今日立ち寄る", id="a-day-not-a-firm"),
    pytest.param("アマゾン熱帯雨林", id="the-river"),
    pytest.param("再生エネルギー省エネ法", id="ministry-inside"),
    pytest.param("モデル氏、スーツ、マスクを配る", id="surname-inside"),
    pytest.param("日本で売る。米国の工場。", id="countries-as-places"),
    pytest.param("", id="empty"),
]

WEAK = [
    pytest.param("MSは値上げした。", [], id="alone"),
    pytest.param("MS社は", [("microsoft", "MS社")], id="with-a-legal-form"),
    pytest.param("米MSは", [("microsoft", "MS")], id="with-a-country"),
    pytest.param(
        "MSは伸びた。マイクロソフトは強い。",
        [("microsoft", "MS"), ("microsoft", "マイクロソフト")],
        id="with-the-clear-name",
    ),
    pytest.param("Elastic Fabric Adapterを使う", [], id="a-word-of-a-product"),
    pytest.param(
        "日本政府は動いた。日本は5500億ドルを投じる。",
        [("japan", "日本政府"), ("japan", "日本")],
        id="country-as-actor",
    ),
    pytest.param("日本政府は動いた。日本で売る。", [("japan", "日本政府")], id="country-as-place"),
]


@pytest.mark.parametrize(("text", "expected"), NAMED + LEGAL_FORMS + WEAK)
def test_find_names_the_parties(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", NOT_NAMED)
def test_find_leaves_look_alikes(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ChatGPTを導入", [("openai", "ChatGPT")]),
        ("Azure OpenAI Serviceを導入", [("microsoft", "Azure OpenAI Service")]),
        ("OpenAIが出資", []),
    ],
)
def test_find_products_names_products_with_their_makers(
    text: str, expected: list[tuple[str, str]]
) -> None:
    products = COMPANIES.find_products(text)
    assert [(company.id, text[s.start : s.end]) for s, company in products] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("株式会社日立製作所", "hitachi"),
        ("日立製作所", "hitachi"),
        ("CoreWeave, Inc.", "coreweave"),
        ("ネビウス・グループ", "nebius"),
        (" ＮＥＣ ", "nec"),
        ("ChatGPT", None),
        ("丸の内商店", None),
        ("", None),
    ],
)
def test_named_takes_a_whole_name(name: str, expected: str | None) -> None:
    company = COMPANIES.named(name)
    assert (company.id if company else None) == expected


@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(sorted(COMPANIES.by_id)))
def test_find_never_fails_and_keeps_its_order(noise: str, company_id: str) -> None:
    text = noise + COMPANIES.by_id[company_id].name + noise
    spans = [span for span, _ in COMPANIES.find(text)]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)


@given(st.text(max_size=80))
def test_fold_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_every_name_finds_its_owner_and_nobody_else() -> None:
    """A weak or guarded name may be silent when it stands alone; it may never be another's."""
    wrong = [
        (company.id, name, hits)
        for company in COMPANIES.by_id.values()
        for name in company.names
        if (hits := found(f"「{name}」は")) and hits != [(company.id, name)]
    ]
    assert wrong == []


def test_nearly_every_company_is_found_by_its_canonical_name_alone() -> None:
    silent = {c.id for c in COMPANIES.by_id.values() if not found(f"「{c.name}」は")}
    assert silent == {"shell", "elastic", "orange", "replicate", "coherent", "disruptive", "medley"}


def test_the_gazetteer_is_large_enough_and_broad() -> None:
    kinds = {company.kind for company in COMPANIES.by_id.values()}
    assert len(COMPANIES.by_id) >= 600
    assert kinds == {
        "company",
        "government",
        "agency",
        "fund",
        "university",
        "person",
        "consortium",
    }


def test_companies_cannot_be_changed() -> None:
    assert isinstance(COMPANIES, Companies)
    with pytest.raises(TypeError):
        COMPANIES.by_id["openai"] = COMPANIES.by_id["nvidia"]  # type: ignore[index]
