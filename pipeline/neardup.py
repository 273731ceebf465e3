"""Articles that are nearly the same text: syndicated copies, reprints with small edits.

They are linked, never dropped: the first one is extracted, and all their sources are kept.
Similarity is that of the sets of character 5-grams (NFKC, without spaces, punctuation and marks),
estimated by MinHash; locality-sensitive hashing finds whom to compare. A copy that states a
quantity that its original does not (a correction, another deal in the same wording) is no copy.

Exact copies need none of this: they have the same `Article.id`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from pipeline.article import Article

THRESHOLD = 0.75
"""Estimated similarity, 0 to 1, from which on two texts are near-duplicates."""

_PERMUTATIONS = 128
_BANDS, _ROWS = 20, 6  # of texts that are 0.75 alike 98 in 100 share a band, of 0.4 alike 8
_GRAM = 5
_SLICE = 1 << 14  # 5-grams hashed at once: 8 MB
_FORMAT = b"\x01"
_NO_LETTERS = re.compile(r"[\W_]+")
_QUANTITY = re.compile(
    # Possessive (*+), or a long run of digits without a unit could be cut up in 2^n ways.
    r"(?:(?<!\d)\d[\d,.]*+|[一二三四五六七八九十百千]++)[兆億万千百]*+(?:\d[\d,.]*+[兆億万千百]*+)*+"
    r"(?:円|[米豪加]?ドル|ユーロ|ポンド|元|ウォン|ルピー|%|パーセント|年間|[かカヶヵケ]月"
    r"|基|個|枚|台|社|棟|[MGkT]W|(?:メガ|ギガ|キロ)ワット|[BM]illion)"
    r"|[$€£¥]\d[\d,.]*[A-Za-z]*",
    re.IGNORECASE,
)
_Hashes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a text is compared by.

    Attributes:
        hashes: the MinHash values, 128 unsigned 32-bit numbers, as bytes.
        quantities: 32-bit hashes of the amounts, counts and terms in the text.
    """

    hashes: bytes
    quantities: frozenset[int]

    def bands(self) -> tuple[int, ...]:
        """The twenty LSH bands as signed 64-bit numbers; texts that share one are to be compared."""
        width = 4 * _ROWS
        pieces = (self.hashes[start : start + width] for start in range(0, width * _BANDS, width))
        return tuple(
            int.from_bytes(
                hashlib.blake2b(bytes([number]) + piece, digest_size=8).digest(), signed=True
            )
            for number, piece in enumerate(pieces)
        )

    def similarity(self, other: "Signature") -> float:
        """Estimated Jaccard similarity of the two texts' 5-grams, 0 to 1 (± 0.04)."""
        return float(np.mean(_values(self.hashes) == _values(other.hashes)))

    def repeats(self, original: "Signature") -> bool:
        """Whether this text is a near-duplicate of `original` and states no other quantity."""
        return self.quantities <= original.quantities and self.similarity(original) >= THRESHOLD

    def to_bytes(self) -> bytes:
        """For a database: a format byte, the hashes, then the quantities."""
        numbers = np.array(sorted(self.quantities), dtype="<u4")
        return _FORMAT + self.hashes + numbers.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Signature":
        """Back from `to_bytes`.

        Raises:
            ValueError: bytes of another format.
        """
        end = 1 + 4 * _PERMUTATIONS
        if data[:1] != _FORMAT or len(data) < end or (len(data) - end) % 4:
            msg = f"no signature of this format: {len(data)} bytes; compute it again"
            raise ValueError(msg)
        quantities = np.frombuffer(data, dtype="<u4", offset=end).tolist()
        return cls(hashes=data[1:end], quantities=frozenset(quantities))


def signature_of(article: Article) -> Signature:
    """The signature of an article's story; its ignored spans (link lists) do not count."""
    folded = unicodedata.normalize("NFKC", _story(article))
    quantities = {_hash32(found.group()) for found in _QUANTITY.finditer(folded)}
    grams = _grams(_NO_LETTERS.sub("", folded).casefold())
    sketch = _EMPTY.copy()
    for start in range(0, len(grams), _SLICE):
        sketch.update_batch(grams[start : start + _SLICE].tolist())
    return Signature(sketch.hashvalues.astype("<u4").tobytes(), frozenset(quantities))


class Originals:
    """The originals met so far, in memory: tells of each new text whose near-duplicate it is.

    For archives that fit: about 3 kB an article. `link_near_duplicates` does the same over a
    database.
    """

    def __init__(self) -> None:
        self._index = MinHashLSH(num_perm=_PERMUTATIONS, params=(_BANDS, _ROWS))
        self._signatures: dict[str, Signature] = {}

    def original_of(self, article_id: str, signature: Signature) -> str | None:
        """The id of the original that is most like it, or None; it is an original itself then."""
        if article_id in self._signatures:
            return None
        sketch = _sketch(signature)
        near = sorted(self._index.query(sketch))
        original = most_alike(signature, [(key, self._signatures[key]) for key in near])
        if original is None:
            self._index.insert(article_id, sketch)
            self._signatures[article_id] = signature
        return original


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What was found out about some new articles.

    Attributes:
        near_duplicate_of: for near-duplicates, the id of their original.
        signatures: of all of them, as bytes for a database.
        bands: of all of them.
    """

    near_duplicate_of: Mapping[str, str] = field(default_factory=dict)
    signatures: Mapping[str, bytes] = field(default_factory=dict)
    bands: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


def link_near_duplicates(
    found: Sequence[Article],
    stored: Callable[[Collection[int]], Iterable[tuple[int, str, bytes]]],
) -> Linked:
    """Which of some new articles are near-duplicates of stored ones or of each other.

    Args:
        found: articles that are not stored yet, in reading order; the earlier is the original.
        stored: gives, for some bands, the stored originals that have one of them: band, article
            id, signature as bytes.
    """
    signatures = {article.id: signature_of(article) for article in found}
    bands = {article_id: signature.bands() for article_id, signature in signatures.items()}
    by_band: dict[int, dict[str, Signature]] = {}
    wanted = {band for some in bands.values() for band in some}
    for band, article_id, data in stored(wanted):
        by_band.setdefault(band, {})[article_id] = Signature.from_bytes(data)
    links: dict[str, str] = {}
    for article_id, signature in signatures.items():
        near = {
            key: other
            for band in bands[article_id]
            for key, other in by_band.get(band, {}).items()
            if key != article_id
        }
        original = most_alike(signature, sorted(near.items()))
        if original is not None:
            links[article_id] = original
            continue
        for band in bands[article_id]:
            by_band.setdefault(band, {})[article_id] = signature
    return Linked(
        near_duplicate_of=links,
        signatures={key: signature.to_bytes() for key, signature in signatures.items()},
        bands=bands,
    )


def most_alike(signature: Signature, originals: Iterable[tuple[str, Signature]]) -> str | None:
    """The id of the original that `signature` repeats, the most alike; None where it repeats none.

    Of originals that are as alike, the first.
    """
    best: tuple[float, str] | None = None
    for key, original in originals:
        if signature.repeats(original):
            similarity = signature.similarity(original)
            if best is None or similarity > best[0]:
                best = (similarity, key)
    return best[1] if best else None


def _story(article: Article) -> str:
    pieces, last = [], 0
    for span in article.ignored:
        pieces.append(article.text[last : span.start])
        last = span.end
    return "".join(pieces) + article.text[last:]


def _grams(letters: str) -> _Hashes:
    """The different 5-grams of a text as 32-bit hashes; a shorter text is one gram."""
    codes = np.frombuffer(letters.ljust(_GRAM).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    rolled = np.zeros(len(codes) - _GRAM + 1, dtype=np.uint64)
    for offset in range(_GRAM):
        rolled = rolled * np.uint64(0x100000001B3) + codes[offset : offset + len(rolled)]
    mixed = (rolled * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)
    return np.unique(mixed.astype(np.uint32))


def _hash32(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest())


def _values(hashes: bytes) -> _Hashes:
    return np.frombuffer(hashes, dtype="<u4")


def _sketch(signature: Signature) -> MinHash:
    values = _values(signature.hashes)
    return MinHash(hashvalues=values, hashfunc=int, scheme="affine32", permutations=_PERMUTED)


_EMPTY = MinHash(num_perm=_PERMUTATIONS, seed=1, hashfunc=int, scheme="affine32")
_PERMUTED = _EMPTY.permutations
