"""Names fold to one form: widths, legal forms, spacing, short forms, and the sound of katakana."""

import pytest

from pipeline.link.names import fold_party, sound_key
from pipeline.link.parties import LOOSE, NOT, SURE, party_match
from pipeline.link.telling import PartyKey
from tests.link.making import party

SAME = [
    pytest.param("株式会社青空電機", "青空電機", id="legal form before"),
    pytest.param("Haru Robotics, Inc.", "ＨＡＲＵ　Ｒｏｂｏｔｉｃｓ", id="widths and Inc."),
    pytest.param("Haru Robotics Holdings Ltd.", "haru robotics", id="two legal forms"),
    pytest.param("ハル・ロボティクス", "ハルロボティクス", id="middle dot"),
    pytest.param("ミドリグループ", "ミドリ", id="グループ"),
    pytest.param("ヒカリ音響（エイチ）", "ヒカリ音響", id="brackets"),
]
OTHER = [
    pytest.param("青空電機", "青空銀行", id="another trade"),
    pytest.param("Haru Robotics", "Haru Foods", id="another line"),
    pytest.param("グループ", "", id="a name that is a legal form stays"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_fold_party_makes_one_of(one: str, other: str) -> None:
    assert fold_party(one) == fold_party(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_fold_party_keeps_apart(one: str, other: str) -> None:
    assert fold_party(one) != fold_party(other)


@pytest.mark.parametrize(
    ("latin", "katakana"),
    [
        ("Closer Robotics", "クローサー・ロボティクス"),
        ("OpenRouter", "オープンルーター"),
        ("Fluidstack", "フルイドスタック"),
        ("Mistral", "ミストラル"),
        ("Cognition", "コグニション"),
    ],
)
def test_sound_key_hears_latin_and_katakana_alike(latin: str, katakana: str) -> None:
    assert sound_key(fold_party(latin)) == sound_key(fold_party(katakana)) != ""


@pytest.mark.parametrize("name", ["青空電機", "AI", "イオ", "スキルドAI"])
def test_sound_key_is_silent_on_kanji_mixtures_and_short_names(name: str) -> None:
    assert sound_key(fold_party(name)) == ""


@pytest.mark.parametrize(
    ("one", "other", "match"),
    [
        ("NightOwl", "NightOwl Data Centers", LOOSE),
        ("Haru", "Haru Robotics Japan", LOOSE),
        ("Night", "NightOwl Data Centers", NOT),
        ("AI", "AI Squared", NOT),
        ("Robotics", "Haru Robotics", NOT),
        ("Haru Robotics", "Haru Robotics, Inc.", SURE),
        ("Haru Robotics", "ハルロボティクス", LOOSE),
        ("アマゾン", "Amazon", SURE),
        ("AWS", "アマゾン", LOOSE),
        ("OpenAI", "オープンAI", SURE),
        ("OpenAI", "Anthropic", NOT),
        ("青空電機", "青空電工", NOT),
    ],
)
def test_party_match(one: str, other: str, match: float) -> None:
    keys = PartyKey(party(one)), PartyKey(party(other))
    assert party_match(*keys) == party_match(*keys[::-1]) == match
