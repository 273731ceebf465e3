"""Characters get what the network says of their tokens; a network that is none is refused."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.learn.tagger.characters import character_tokenizer, character_vocabulary
from pipeline.modelfile import write_card
from pipeline.sentences import split_sentences
from pipeline.span import Span
from pipeline.tagger.encoding import Encoded, Ints
from pipeline.tagger.labels import LABELS, Floats, Tag, label_index
from pipeline.tagger.model import Tagger, character_rows, load_tagger, load_tokenizer, onnx_network

TEXT = "青空電算は黒潮重工に出資した。"
BUYER = [label_index(Tag.BUYER, begins=begins) for begins in (True, False)]


@dataclass
class Echo:
    """A network that takes 青 for the beginning of a buyer, and 空, 電, 算 for its inside."""

    vocabulary: dict[str, int]
    shapes: list[tuple[int, ...]] = field(default_factory=list)

    def __call__(self, ids: Ints, mask: Ints) -> Floats:
        self.shapes.append(ids.shape)
        logits = np.zeros((*ids.shape, len(LABELS)), dtype=np.float32)
        logits[..., 0] = 5
        for character, label in (("青", 0), ("空", 1), ("電", 1), ("算", 1)):
            logits[ids == self.vocabulary[character], BUYER[label]] = 9
        logits[mask == 0] = 99  # what stands on padding must not be looked at
        return logits


def make_tagger(size: int = 30) -> tuple[Tagger, Echo]:
    vocabulary = character_vocabulary([TEXT] * 2)
    network = Echo(vocabulary)
    tagger = Tagger(
        version="t",
        tokenizer=character_tokenizer(vocabulary, max_tokens=size + 2),
        network=network,
        max_tokens=size + 2,
        window=size,
        overlap=8,
    )
    return tagger, network


def found(tagger: Tagger, text: str) -> list[str]:
    sentences = [s.span for s in split_sentences(text)]
    mentions = tagger.tag(text, sentences, range(len(sentences))).mentions()
    assert {m.tag for m in mentions} <= {Tag.BUYER}
    return [m.span.of(text) for m in mentions]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        pytest.param(TEXT, ["青空電算"], id="once"),
        pytest.param(f"黒潮重工と\n{TEXT}", ["青空電算"], id="in the second line"),
        pytest.param("青空 電算は出資した。", ["青空 電算"], id="a space inside"),
        pytest.param("青空電算 青空は", ["青空電算", "青空"], id="a space between two"),
        pytest.param("黒潮重工に出資した。", [], id="none"),
        pytest.param("は" * 40 + TEXT, ["青空電算"], id="a sentence longer than a window"),
        pytest.param("は" * 24 + TEXT, ["青空電算"], id="over the edge of a window"),
    ],
)
def test_tag_finds_mentions_in_the_text(text: str, mentions: list[str]) -> None:
    assert found(make_tagger()[0], text) == mentions


def test_tag_many_reads_short_and_long_windows_apart() -> None:
    tagger, network = make_tagger()
    texts = [TEXT, "青空", TEXT, ""]
    plans = [(t, [Span(0, len(t))], [0] if t else []) for t in texts]
    out = tagger.tag_many(plans)
    assert [
        [m.span.of(t) for m in tags.mentions()] for t, tags in zip(texts, out, strict=True)
    ] == [
        ["青空電算"],
        ["青空"],
        ["青空電算"],
        [],
    ]
    assert network.shapes == [(3, len(TEXT) + 2)]


def test_character_rows_spread_a_token_over_its_characters() -> None:
    """A token of three characters that begins a mention: begin, inside, inside."""
    logits = np.zeros((1, len(LABELS)), dtype=np.float32)
    logits[0, BUYER[0]] = 20
    rows = character_rows("青空電", Encoded(ids=(7,), places=(Span(0, 3),)), logits)
    assert rows.argmax(axis=1).tolist() == [BUYER[0], BUYER[1], BUYER[1]]
    assert np.allclose(rows.sum(axis=1), 1)


def test_characters_beyond_the_limit_are_outside() -> None:
    logits = np.zeros((1, len(LABELS)), dtype=np.float32)
    rows = character_rows("青空", Encoded(ids=(7,), places=(Span(0, 1),)), logits)
    assert rows[1].argmax() == 0


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"model\.onnx: no network"):
        onnx_network(path)


def test_a_folder_without_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no tokenizer"):
        load_tokenizer(tmp_path)


def test_a_tagger_for_other_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    write_card(tmp_path, {"kind": "tagger", "version": "t", "labels": ["O", "B-price"]})
    with pytest.raises(ModelError, match="other labels"):
        load_tagger(tmp_path)


def test_a_missing_tagger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json: cannot be read"):
        load_tagger(tmp_path / "nowhere")
