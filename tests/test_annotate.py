"""GiNZA over sentences: what its words say does not depend on how it is made fast."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from thinc.api import NumpyOps, Ops

from pipeline.annotate import EMPTY, SUDACHI_BYTES, annotate
from pipeline.load import extractor_version
from pipeline.settings import Settings

if TYPE_CHECKING:
    from spacy.language import Language

pytestmark = pytest.mark.model

SENTENCES = [
    "富士通は30億円で青空電機を買収した。",
    "NebiusはMicrosoftと174億ドルの契約を5年間で結んだと発表した。",
    "調達した資金はGPUを1万基買うのに使うという。",
]


def test_words_are_in_the_sentence_and_one_governs_itself(nlp: "Language") -> None:
    for text, annotation in zip(SENTENCES, annotate(nlp, SENTENCES), strict=True):
        assert "".join(word.span.of(text) for word in annotation.words) == text
        roots = [i for i, word in enumerate(annotation.words) if word.head == i]
        assert len(roots) == 1


def test_one_sentence_is_read_as_among_others(nlp: "Language") -> None:
    together = list(annotate(nlp, SENTENCES))
    assert [next(annotate(nlp, [text])) for text in SENTENCES] == together


def test_numpy_multiplies_as_thinc_does(nlp: "Language") -> None:
    fast = {id(node.ops): node.ops for node in nlp.get_pipe("tok2vec").model.walk()}  # type: ignore[attr-defined]
    (ops,) = fast.values()
    chance = np.random.default_rng(1)
    left: Any
    right: Any
    left, right = (chance.random((40, 60), dtype="float32") for _ in range(2))
    assert isinstance(ops, Ops)
    ours: Any = ops.gemm(left, right, trans2=True)
    theirs: Any = NumpyOps().gemm(left, right, trans2=True)
    assert np.allclose(ours, theirs, rtol=1e-4)


def test_a_sentence_beyond_sudachi_is_left_out(nlp: "Language") -> None:
    long = "あ" * SUDACHI_BYTES
    before, middle, after = annotate(nlp, [SENTENCES[0], long, SENTENCES[2]])
    assert middle == EMPTY
    assert before.words
    assert after.words


def test_names_of_the_model_are_proposed_only_where_they_are_wanted(nlp: "Language") -> None:
    (without,) = annotate(nlp, SENTENCES[:1], use_ner=False)
    (with_names,) = annotate(nlp, SENTENCES[:1], use_ner=True)
    assert without.entities == ()
    assert with_names.entities
    assert without.words == with_names.words


def test_an_extractor_with_names_of_the_model_is_another() -> None:
    assert extractor_version(Settings(model_names=True)) != extractor_version(Settings())
