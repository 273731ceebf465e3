"""The pure path in one place: an article in, its deal records out."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.annotate import Annotation, annotate
from pipeline.article import Article
from pipeline.assemble import assemble
from pipeline.assemble.build import build_records
from pipeline.assemble.deal import Deal
from pipeline.assemble.hints import Hints
from pipeline.assemble.reading import Reading, read_article
from pipeline.assemble.scorer import Scorer
from pipeline.gate import GateDecision, gate, without_gate
from pipeline.gazetteer.companies import Companies
from pipeline.gazetteer.names import NameWords
from pipeline.gazetteer.triggers import Triggers
from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.parse import find_mentions
from pipeline.record import DealRecord
from pipeline.sentences import Sentence, split_sentences
from pipeline.tagger.model import Tagger
from pipeline.tagger.windows import wanted_sentences
from pipeline.view import ReadingView, make_view

if TYPE_CHECKING:
    from spacy.language import Language

RULES_VERSION = "2026.12.1"  # raised with every change that can change a record
_BATCH_CHARACTERS = 40_000  # gated characters that the model sees at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What came of one article.

    Attributes:
        article_id: the article's fingerprint.
        records: its deals, in text order.
        dropped: reason → sentences that the gate left out.
    """

    article_id: str
    records: tuple[DealRecord, ...]
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """An extraction with all that led to it, for `torihiki explain` and for training."""

    article: Article
    extraction: Extraction
    decision: GateDecision
    reading: Reading
    deals: tuple[Deal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gated:
    """An article that went through the gate and waits for the model."""

    article: Article
    view: ReadingView
    sentences: tuple[Sentence, ...]
    decision: GateDecision

    def kept_texts(self) -> list[str]:
        return [self.sentences[i].span.of(self.view.text) for i in self.decision.kept]


class Extractor:
    """All that extraction needs, loaded once; holds no state of any article.

    Args:
        nlp: GiNZA, or None to work without names and parse of a model.
        companies: the gazetteer of parties, or None.
        triggers: words that tell deals.
        names: how unknown names look.
        vocabulary: currencies, units and chips.
        scorer: the trained part, or None for the rules alone.
        use_ner: let the model propose names.
        use_parse: let the model's dependencies take part.
        use_gate: False sends every sentence to the model, to measure what the gate is worth.
        tagger: a token classifier that has a say in kinds and roles, or None.
        tagger_weight: how much: 0 nothing, 1 alone.
        failed: trained parts that should be there and cannot be used; every record names them.
    """

    def __init__(
        self,
        *,
        nlp: "Language | None",
        companies: Companies | None,
        triggers: Triggers,
        names: NameWords,
        vocabulary: Vocabulary,
        scorer: Scorer | None,
        data_version: str = "",
        use_ner: bool = True,
        use_parse: bool = True,
        use_gate: bool = True,
        tagger: Tagger | None = None,
        tagger_weight: float = 0.0,
        failed: Sequence[str] = (),
    ) -> None:
        self._nlp = nlp
        self._companies = companies
        self._triggers = triggers
        self._names = names
        self._vocabulary = vocabulary
        self._scorer = scorer
        self._use_ner = use_ner
        self._use_parse = use_parse
        self._use_gate = use_gate
        self._tagger = tagger
        self._tagger_weight = tagger_weight
        parts = [f"rules-{RULES_VERSION}", f"scorer-{scorer.version}" if scorer else "no-scorer"]
        if tagger:
            parts.append(f"tagger-{tagger.version}*{tagger_weight:g}")
        if nlp is not None and use_ner:
            parts.append("model-names")
        parts += [f"failed-{name}" for name in failed]
        if data_version:
            parts.append(f"data-{data_version}")
        off = [
            name
            for name, on in (
                ("model", nlp is not None),
                ("parse", use_parse),
                ("gate", use_gate),
                ("gazetteer", companies is not None),
            )
            if not on
        ]
        parts += [f"without-{name}" for name in off]
        self.version = "+".join(parts)

    def extract(self, article: Article) -> Extraction:
        """The records of one article. Raises nothing on any text."""
        return self.explain(article).extraction

    def extract_many(self, articles: Iterable[Article]) -> Iterator[Extraction]:
        """The records of many articles, in order; the model sees the sentences of several at once."""
        return (explanation.extraction for explanation in self.explain_many(articles))

    def explain(self, article: Article) -> Explanation:
        """One article with all that led to its records."""
        return next(self.explain_many([article]))

    def explain_many(self, articles: Iterable[Article]) -> Iterator[Explanation]:
        """Many articles with all that led to their records, in order."""
        batch: list[_Gated] = []
        size = 0
        for article in articles:
            gated = self._gate(article)
            batch.append(gated)
            size += sum(len(text) for text in gated.kept_texts())
            if size >= _BATCH_CHARACTERS:
                yield from self._finish(batch)
                batch, size = [], 0
        yield from self._finish(batch)

    def _gate(self, article: Article) -> _Gated:
        view = make_view(article.text)
        sentences = split_sentences(view.text)
        decision = (
            gate(view, sentences, self._triggers, article.ignored)
            if self._use_gate
            else without_gate(view, sentences, article.ignored)
        )
        return _Gated(article=article, view=view, sentences=sentences, decision=decision)

    def _annotations(self, batch: Sequence[_Gated]) -> Iterator[dict[int, Annotation]]:
        if self._nlp is None or not (self._use_ner or self._use_parse):
            yield from ({} for _ in batch)
            return
        texts = [text for gated in batch for text in gated.kept_texts()]
        annotated = annotate(self._nlp, texts, use_ner=self._use_ner, use_parse=self._use_parse)
        for gated in batch:
            yield {index: next(annotated) for index in gated.decision.kept}

    def _finish(self, batch: Sequence[_Gated]) -> Iterator[Explanation]:
        hints = self._hints(batch)
        for gated, annotations, told in zip(batch, self._annotations(batch), hints, strict=True):
            yield self._assemble(gated, annotations, told)

    def _hints(self, batch: Sequence[_Gated]) -> list[Hints | None]:
        if self._tagger is None:
            return [None] * len(batch)
        read = self._tagger.tag_many(
            (
                gated.view.text,
                [sentence.span for sentence in gated.sentences],
                wanted_sentences(gated.sentences, gated.decision.kept),
            )
            for gated in batch
        )
        return [Hints(tags=tags, weight=self._tagger_weight) for tags in read]

    def _assemble(
        self, gated: _Gated, annotations: Mapping[int, Annotation], hints: Hints | None
    ) -> Explanation:
        article = gated.article
        published = article.published.date() if article.published else None
        reading = read_article(
            gated.view,
            gated.sentences,
            gated.decision.kept,
            annotations,
            find_mentions(gated.view.text, self._vocabulary, published=published),
            self._companies,
            self._triggers,
            self._names,
        )
        if hints is not None:
            reading = replace(reading, hints=hints)
        deals = assemble(reading, self._scorer)
        records = build_records(article, reading, deals, version=self.version, scorer=self._scorer)
        return Explanation(
            article=article,
            extraction=Extraction(
                article_id=article.id, records=records, dropped=gated.decision.counts()
            ),
            decision=gated.decision,
            reading=reading,
            deals=tuple(deals),
        )


def data_version(contents: Iterable[bytes]) -> str:
    """Eight hex digits over the data files, so that an edited gazetteer is another extractor."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:8]
