"""Every token knows its characters, whatever the tokenizer."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.learn.tagger.characters import character_tokenizer, character_vocabulary
from pipeline.span import Span
from pipeline.tagger.encoding import Tokenizer, align, encode, to_batch

CORPUS = ["青空電算は黒潮重工に１２０億円を出資。", "Aozora Compute が㈱黒潮と契約"] * 2


def characters(max_tokens: int = 64) -> Tokenizer:
    return character_tokenizer(character_vocabulary(CORPUS), max_tokens=max_tokens)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A tokenizer like those of Japanese BERTs: no offsets, width folded, one piece a character."""
    transformers: Any = import_module("transformers")
    path = tmp_path_factory.mktemp("slow") / "vocab.txt"
    words = sorted({c for text in CORPUS for c in text.lower() if not c.isspace()} | set("012abc"))
    path.write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]), "utf-8")
    return transformers.BertJapaneseTokenizer(
        str(path),
        word_tokenizer_type="basic",
        subword_tokenizer_type="character",
        do_lower_case=True,
    )


def places(tokenizer: Tokenizer, text: str) -> list[str]:
    return [place.of(text) for place in encode(tokenizer, text, limit=64).places if len(place)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("青空は", ["青", "空", "は"], id="plain"),
        pytest.param("青 空\n は", ["青", "空", "は"], id="white space has no token"),
        pytest.param("１２０億", ["１", "２", "０", "億"], id="full width"),
        pytest.param("AOZORA", list("AOZORA"), id="capitals"),
        pytest.param("鬱は𠮷", ["鬱", "は", "𠮷"], id="unknown characters"),
        pytest.param("", [], id="empty"),
    ],
)
def test_character_tokens_stand_at_their_characters(text: str, pieces: list[str]) -> None:
    assert places(characters(), text) == pieces


def test_a_character_of_several_letters_has_its_place() -> None:
    """㈱ is (株) after NFKC: three tokens, all at the one character of the source."""
    assert places(characters(), "㈱黒潮") == ["㈱", "㈱", "㈱", "黒", "潮"]


@given(st.text(max_size=80))
def test_character_tokens_never_leave_the_text(text: str) -> None:
    encoded = encode(characters(), text, limit=64)
    assert len(encoded.ids) == len(encoded.places) <= 64
    real = [place for place in encoded.places if len(place)]
    assert real == sorted(real)
    assert all(place.end <= len(text) for place in real)


def test_what_goes_beyond_the_limit_is_left_out() -> None:
    encoded = encode(characters(), "青空電算は黒潮重工", limit=5)
    assert [p.of("青空電算は黒潮重工") for p in encoded.places] == ["", "青", "空", "電", ""]


def test_vocabulary_leaves_rare_characters_out() -> None:
    vocabulary = character_vocabulary(["青青空", "Ａa"])
    assert [token for token in vocabulary if not token.startswith("[")] == ["a", "青"]
    assert list(vocabulary.values()) == list(range(len(vocabulary)))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("青空電算は", ["青", "空", "電", "算", "は"], id="plain"),
        pytest.param("１２０億円", ["１", "２", "０", "億", "円"], id="full width"),
        pytest.param("Aozora が", [*"Aozora", "が"], id="a space between"),
    ],
)
def test_a_slow_tokenizer_has_places_too(slow: Any, text: str, pieces: list[str]) -> None:
    assert not slow.is_fast
    assert places(slow, text) == pieces


def test_a_slow_tokenizer_is_cut_at_the_limit(slow: Any) -> None:
    encoded = encode(slow, "青空電算は黒潮重工", limit=6)
    assert len(encoded.ids) == len(encoded.places) == 6
    assert encoded.ids[0] == slow.cls_token_id
    assert encoded.ids[-1] == slow.sep_token_id


@pytest.mark.parametrize(
    ("text", "pieces", "found"),
    [
        pytest.param(
            "株式会社青空", ["株式", "##会社", "青空"], ["株式", "会社", "青空"], id="wordpiece"
        ),
        pytest.param("青空 重工", ["▁青空", "▁重工"], ["青空", "重工"], id="sentencepiece"),
        pytest.param(
            "鬱鬱青空", ["[UNK]", "青空"], ["鬱鬱", "青空"], id="unknown to the next known"
        ),
        pytest.param("鬱", ["[UNK]"], ["鬱"], id="unknown at the end"),
        pytest.param("鬱鬱", ["[UNK]", "[UNK]"], ["鬱", "鬱"], id="unknown twice"),
        pytest.param("ＡＢＣ社", ["abc", "社"], ["ＡＢＣ", "社"], id="width and case"),
        pytest.param("青", ["青", "空"], ["青", ""], id="more pieces than text"),
    ],
)
def test_align_finds_pieces_again(text: str, pieces: list[str], found: list[str]) -> None:
    assert [place.of(text) for place in align(text, pieces, unknown="[UNK]")] == found


@given(st.text(max_size=40), st.lists(st.text(max_size=4), max_size=12))
def test_align_never_leaves_the_text(text: str, pieces: list[str]) -> None:
    found = align(text, pieces, unknown="[UNK]")
    assert len(found) == len(pieces)
    assert all(place.end <= len(text) for place in found)
    assert [p.start for p in found] == sorted(p.start for p in found)


def test_to_batch_pads_and_masks() -> None:
    batch = [encode(characters(), text, limit=64) for text in ("青空", "青空電算")]
    ids, mask = to_batch(batch, padding=0)
    assert ids.shape == mask.shape == (2, 6)
    assert mask.tolist() == [[1, 1, 1, 1, 0, 0], [1] * 6]
    assert ids[0, 4:].tolist() == [0, 0]


def test_a_saved_tokenizer_is_read_back(tmp_path: Path) -> None:
    from pipeline.tagger.model import load_tokenizer

    made: Any = characters()
    made.save_pretrained(str(tmp_path))
    text = "青空電算は㈱黒潮に１２０億円"
    assert encode(load_tokenizer(tmp_path), text, limit=64) == encode(made, text, limit=64)
    assert isinstance(encode(made, text, limit=64).places[1], Span)
