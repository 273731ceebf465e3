"""Names fold to one form: widths, legal forms, spacing, short forms, and the sound of katakana."""

import pytest

from pipeline.link.names import fold_party, is_short_form, sound_key

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
    ("short", "long", "is_one"),
    [
        ("DayOne", "DayOne Data Centers", True),
        ("Haru", "Haru Robotics Japan", True),
        ("Day", "DayOne Data Centers", False),
        ("AI", "AI Squared", False),
        ("Robotics", "Haru Robotics", False),
        ("DayOne", "DayOne", False),
    ],
)
def test_is_short_form_asks_for_whole_words_from_the_start(
    short: str, long: str, *, is_one: bool
) -> None:
    assert is_short_form(short, long) is is_short_form(long, short) is is_one
