from pathlib import Path

import pytest

from pipeline.assemble.party import Cast, find_cast, fold_name
from pipeline.gazetteer.companies import load_companies
from pipeline.gazetteer.names import load_names
from pipeline.sentences import split_sentences

MODELS = Path(__file__).resolve().parents[2] / "models"
COMPANIES = load_companies(MODELS)
NAMES = load_names(MODELS)


def cast(text: str) -> Cast:
    return find_cast(text, split_sentences(text), {}, COMPANIES, NAMES)


def named(text: str) -> list[str]:
    return [m.span.of(text) for m in cast(text).mentions if m.origin != "anaphor"]


PRESENT = [
    pytest.param("米マイクロソフトは投資する。", ["マイクロソフト"], id="known, country apart"),
    pytest.param("新興クラウドのNorthgridが受注した。", ["Northgrid"], id="unknown Latin name"),
    pytest.param(
        "スタートアップ「ソラノミ」への出資", ["ソラノミ"], id="quoted beside a word for a firm"
    ),
    pytest.param("ミライスケールを買収した。", ["ミライスケール"], id="katakana that is bought"),
    pytest.param("株式会社ヒナタ計算が調達した。", ["株式会社ヒナタ計算"], id="legal form"),
    pytest.param("北辰電力が供給する。", ["北辰電力"], id="institution"),
    pytest.param("英Kestrel Computeは拡張する。", ["Kestrel Compute"], id="two Latin words"),
    pytest.param(
        "新興クラウドKestrel.AIが買う。", ["Kestrel.AI"], id="right behind a word for a firm"
    ),
    pytest.param("KMSソラノミは増資した。", ["KMSソラノミ"], id="initials before katakana"),
    pytest.param("ソラノミは9日、新棟を開いた。", ["ソラノミ"], id="katakana that speaks on a day"),
    pytest.param(
        "青空電算は9日、受注を明らかにした。", ["青空電算"], id="kanji that speaks on a day"
    ),
    pytest.param("ミライスケールも50億ドルを投じる。", ["ミライスケール"], id="who pays"),
    pytest.param("ソラノミのティム・クラインCEOは語る。", ["ソラノミ"], id="firm of a person"),
    pytest.param(
        "米ソラノミ、ミライスケール、ヒカリゲートの3社が組む。",
        ["ソラノミ", "ミライスケール", "ヒカリゲート"],
        id="in a row with a firm",
    ),
    pytest.param(
        "米ソラノミが伸びる。増収のソラノミ、次はチリ。",
        ["ソラノミ", "ソラノミ"],
        id="given away once",
    ),
    pytest.param("東都銀行と大手投資銀行が貸す。", ["東都銀行"], id="institution beside anybody"),
]
ABSENT = [
    pytest.param("AIとGPUとCEOの話。", id="abbreviations of the trade"),
    pytest.param("クラウドサービスへの投資。", id="common katakana"),
    pytest.param("関係者は9日、両社は10日、株主は11日に語る。", id="anybody who speaks on a day"),
    pytest.param("AIアシスタントとシリーズAの話。", id="common katakana with letters"),
    pytest.param("「必ず勝てる」と述べた。", id="speech"),
    pytest.param("次世代の富岳NEXTを作る。", id="tail of a longer word"),
    pytest.param("政府系ファンドと国内地方銀行が貸す。", id="institutions that are anybody"),
    pytest.param("巨大データセンター建設に投じる。", id="building, not a builder"),
    pytest.param("Series Hで調達した。", id="letter of a round"),
]


@pytest.mark.parametrize(("text", "expected"), PRESENT)
def test_find_cast_names_parties(text: str, expected: list[str]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize("text", ABSENT)
def test_find_cast_leaves_what_is_no_name(text: str) -> None:
    assert named(text) == []


def test_a_person_who_speaks_for_a_firm_is_no_party() -> None:
    assert named("ソフトバンクの宮川潤一社長は強調した。") == ["ソフトバンク"]


def test_a_profile_in_brackets_names_no_party() -> None:
    text = "株式会社ヒナタ計算(本社:札幌、社長:山田ジョン)はソニーから調達した。"
    assert named(text) == ["株式会社ヒナタ計算", "ソニー"]


ONE = [
    pytest.param("ソフトバンクグループ(SBG)は、SBGとして出資する。", id="alias in brackets"),
    pytest.param("Kestrel Compute Holdingsは伸びる。Kestrelは強い。", id="short form"),
    pytest.param("エヌビディアは強い。NVIDIAは伸びる。", id="katakana and Latin"),
]


@pytest.mark.parametrize("text", ONE)
def test_forms_of_one_name_are_one_entity(text: str) -> None:
    assert len(cast(text).entities) == 1


def test_two_known_names_joined_by_a_dot_stay_two() -> None:
    assert named("トヨタ・ソニー連合") == ["トヨタ", "ソニー"]


def test_a_known_name_inside_a_longer_katakana_name_is_another_firm() -> None:
    assert named("ソニー・カナタ・ラボが調達した。") == ["ソニー・カナタ・ラボ"]


ANAPHORS = [
    pytest.param(
        "富士通は強い。同社は30億円で受注した。", "同社", "富士通", id="同社 is the topic"
    ),
    pytest.param(
        "NECは発表した。富士通とも組む。当社は出資する。", "当社", "NEC", id="当社 is the issuer"
    ),
]


@pytest.mark.parametrize(("text", "word", "expected"), ANAPHORS)
def test_anaphors_stand_for_a_party(text: str, word: str, expected: str) -> None:
    found = cast(text)
    (mention,) = [m for m in found.mentions if m.span.of(text) == word]
    assert expected in found.entities[mention.entity].surfaces


FOLDS = [
    ("Nebius Group", "nebius"),
    ("株式会社日立製作所", "日立製作所"),
    ("Advanced Micro Devices, Inc.", "advancedmicrodevices"),
    ("グーグル・クラウド", "グーグルクラウド"),
]


@pytest.mark.parametrize(("name", "expected"), FOLDS)
def test_fold_name_leaves_out_legal_forms_and_marks(name: str, expected: str) -> None:
    assert fold_name(name) == expected
