"""GiNZA over sentences: words, what governs them, and what may be a name.

The only module that imports spaCy. The model is the slowest part of the whole way by far, so it
sees single sentences that the gate let through and nothing else.
"""

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

from pipeline.errors import ModelError
from pipeline.span import Span

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

SUDACHI_BYTES = 49_149  # SudachiPy refuses a longer text
_BATCH_SIZE = 64  # 1.4 GB; at 256 the model takes 2.6 GB for little more speed
_UNREAD = (("bunsetu_recognizer", False),)  # its phrases are not asked for

# GiNZA's labels (Sekine's extended named entities) that can be a party of a deal.
PARTY_LABELS = frozenset(
    {
        "Company",
        "Company_Group",
        "Corporation_Other",
        "Government",
        "International_Organization",
        "Nonprofit_Organization",
        "Organization_Other",
        "Political_Organization_Other",
        "Research_Institute",
        "School",
        "University",
        "Person",
        "Country",
        "Province",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One token of a sentence.

    Attributes:
        span: characters of the sentence.
        lemma: dictionary form.
        pos: universal part of speech (NOUN, VERB, ADP …).
        head: index of the governing word; its own index for the root.
        dep: universal dependency label.
    """

    span: Span
    lemma: str
    pos: str
    head: int
    dep: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What the model takes for a name; a proposal, right in about half the cases."""

    span: Span
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """Words and entities of one sentence, in characters of that sentence."""

    words: tuple[Word, ...] = ()
    entities: tuple[Entity, ...] = ()

    def word_at(self, offset: int) -> int | None:
        """Index of the word that covers the character `offset`, None where none does."""
        low, high = 0, len(self.words) - 1
        while low <= high:
            middle = (low + high) // 2
            span = self.words[middle].span
            if offset < span.start:
                high = middle - 1
            elif offset >= span.end:
                low = middle + 1
            else:
                return middle
        return None

    def predicates_of(self, offset: int, limit: int = 12) -> tuple[str, ...]:
        """Lemmas of the verbs, adjectives and nouns that govern the word at `offset`, nearest first."""
        index = self.word_at(offset)
        lemmas: list[str] = []
        while index is not None and len(lemmas) < limit:
            head = self.words[index].head
            if head == index:
                break
            lemmas.append(self.words[head].lemma)
            index = head
        return tuple(lemmas)


EMPTY = Annotation()


def load_nlp(name: str = "ja_ginza") -> "Language":
    """The GiNZA pipeline `name`, some 3 to 6 seconds.

    Raises:
        ModelError: where the package or its weights are not there; the message says how to get them.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import spacy

            from pipeline.matrices import multiply_by_numpy

            nlp = spacy.load(name)
    except OSError as error:
        package = name.replace("_", "-")
        msg = (
            f"annotator model {name!r} is not installed; run `pip install {package}`"
            " (the transformer models fetch their weights at first use and need torch),"
            " or set spacy_model to ja_ginza"
        )
        raise ModelError(msg) from error
    multiply_by_numpy(nlp)
    return nlp


@cache
def _arithmetic() -> ThreadpoolController:
    """The libraries of this process whose threads can be limited."""
    return ThreadpoolController()


def _annotation(doc: "Doc") -> Annotation:
    words = tuple(
        Word(
            span=Span(token.idx, token.idx + len(token.text)),
            lemma=token.lemma_,
            pos=token.pos_,
            head=token.head.i,
            dep=token.dep_,
        )
        for token in doc
    )
    entities = tuple(
        Entity(span=Span(ent.start_char, ent.end_char), label=ent.label_)
        for ent in doc.ents
        if ent.label_ in PARTY_LABELS
    )
    return Annotation(words=words, entities=entities)


def annotate(
    nlp: "Language", sentences: Iterable[str], *, use_ner: bool = True, use_parse: bool = True
) -> Iterator[Annotation]:
    """Annotate sentences one by one, in order.

    A sentence beyond SudachiPy's limit of 49,149 bytes gets the empty annotation: it is no
    sentence, and the rules read it without the model's help.
    """
    texts = list(sentences)
    short = [text for text in texts if len(text.encode("utf-8", "replace")) <= SUDACHI_BYTES]
    off = [
        name
        for name, wanted in (("ner", use_ner), ("parser", use_parse), *_UNREAD)
        if not wanted and name in nlp.pipe_names
    ]
    clean = [text.encode("utf-8", "replace").decode("utf-8") for text in short]
    # One thread: workers are processes, and more would lame each other.
    with _arithmetic().limit(limits=1, user_api="blas"):
        docs = nlp.pipe(clean, batch_size=_BATCH_SIZE, disable=off)
        annotations = iter([_annotation(doc) for doc in docs])
    for text in texts:
        is_short = len(text.encode("utf-8", "replace")) <= SUDACHI_BYTES
        yield next(annotations) if is_short else EMPTY
