"""The page's words: the same keys in both languages, all of them used, none missing."""

import re
from pathlib import Path

import pytest

from pipeline.record import Kind, Slot, Status
from pipeline.review.standing import Action, RejectReason, Role, State
from pipeline.store.review_filter import Flag
from pipeline.store.review_queue import Sort
from pipeline.web.site import STATIC
from pipeline.web.texts import LANGUAGES, choose_language, load_texts

TEMPLATES = Path(STATIC.parent, "templates")
_PLACE = re.compile(r"\{(\w+)\}")


def test_both_languages_say_the_same_things_about_the_same_values() -> None:
    japanese, english = (load_texts(language).words for language in LANGUAGES)
    assert japanese.keys() == english.keys()
    for key, text in japanese.items():
        assert set(_PLACE.findall(text)) == set(_PLACE.findall(english[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language: str) -> None:
    words = load_texts(language).words
    for section, codes in {
        "state": State, "kind": Kind, "status": Status, "slot": Slot, "reason": RejectReason,
        "action": Action, "role": Role, "flag": Flag, "sort": Sort,
    }.items():  # fmt: skip
        for code in codes:
            assert f"{section}.{code.value}" in words
    for slot in Slot:
        assert f"hint.{slot.value}" in words


def test_every_word_that_a_template_says_is_there_and_every_word_is_said() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.iterdir())
    source += "".join(
        path.read_text(encoding="utf-8")
        for path in STATIC.iterdir()
        if path.suffix == ".js" and ".min" not in path.name
    )
    said = set(re.findall(r'"([a-z_]+\.[a-z_0-9]+)"', source))
    words = load_texts("ja").words
    sections = {key.partition(".")[0] for key in words}
    whole = {one for one in said if not one.endswith("_")}  # others are put together
    missing = {one for one in whole if one.partition(".")[0] in sections} - words.keys()
    assert not missing
    # Keys that are put together of a section and a code.
    composed = {
        "state", "kind", "status", "slot", "reason", "role", "flag", "sort", "hint", "action",
        "problem", "refusal", "read_only", "nav", "help", "agree", "dash", "split", "record",
        "queue", "conflict",
    }  # fmt: skip
    composed_words = {"live.accept", "live.reject", "live.skip"}  # `live.${action}`
    said |= composed_words
    unused = {
        key for key in words
        if key not in said and f"'{key}'" not in source and key.partition(".")[0] not in composed
    }  # fmt: skip
    assert not unused


@pytest.mark.parametrize(
    ("wishes", "accepted", "language"),
    [
        ((None, None), "", "ja"),
        ((None, None), "fr, en;q=0.8", "en"),
        (("en", "ja"), "ja", "en"),
        ((None, "ja"), "en", "ja"),
        (("tlh",), "", "ja"),
    ],
)
def test_choose_language(wishes: tuple[str | None, ...], accepted: str, language: str) -> None:
    assert choose_language(*wishes, accepted=accepted) == language
