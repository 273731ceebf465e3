"""A text as the network's tokens, each with its place in the text.

Fast tokenizers tell the places themselves. Slow ones (those of many Japanese encoders) do not; their
pieces are found again in the text by walking along it.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pipeline.errors import ModelError
from pipeline.span import Span

Ints = npt.NDArray[np.int64]


class Tokenizer(Protocol):
    """What is used of a tokenizer of `transformers`."""

    is_fast: bool
    unk_token: str | None
    pad_token_id: int | None
    cls_token_id: int | None
    sep_token_id: int | None

    def __call__(self, text: str, **options: Any) -> Any:
        """Encode a text."""

    def tokenize(self, text: str) -> list[str]:
        """Pieces of a text."""

    def convert_tokens_to_ids(self, tokens: list[str]) -> list[int]:
        """Numbers of pieces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """Tokens of one text.

    Attributes:
        ids: the network's input.
        places: characters of the text that each token stands for, empty for special tokens.
    """

    ids: tuple[int, ...]
    places: tuple[Span, ...]


def encode(tokenizer: Tokenizer, text: str, *, limit: int) -> Encoded:
    """Encode a text, special tokens included; what goes beyond `limit` tokens is left out.

    Raises:
        ModelError: a slow tokenizer without the special tokens that mark begin and end.
    """
    if tokenizer.is_fast:
        found = tokenizer(
            text, return_offsets_mapping=True, truncation=True, max_length=limit, verbose=False
        )
        return Encoded(
            ids=tuple(found["input_ids"]),
            places=tuple(Span(start, end) for start, end in found["offset_mapping"]),
        )
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    if begin is None or end is None:
        msg = "the tokenizer has no tokens for begin and end of a text; choose another base"
        raise ModelError(msg)
    pieces = tokenizer.tokenize(text)[: limit - 2]
    places = align(text, pieces, unknown=tokenizer.unk_token or "")
    ids = (begin, *tokenizer.convert_tokens_to_ids(pieces), end)
    return Encoded(ids=ids, places=(Span(0, 0), *places, Span(len(text), len(text))))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def align(text: str, pieces: Sequence[str], *, unknown: str) -> list[Span]:
    """Where the pieces of a slow tokenizer stand in their text.

    Width and case are ignored, white space is skipped. An unknown piece takes one character, or
    all up to where the next known piece is found.
    """
    folded: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        for part in _fold(character):
            folded.append(part)
            origin.append(at)
    line = "".join(folded)
    places: list[Span] = []
    at = 0
    for index, piece in enumerate(pieces):
        while at < len(line) and line[at].isspace():
            at += 1
        form = _fold(piece.removeprefix("##").replace("▁", "").strip())
        if piece == unknown or not line.startswith(form, at):
            size = _unknown_size(line, at, pieces[index + 1 :], unknown)
        else:
            size = len(form)
        end = min(len(line), at + size)
        if size == 0 or at >= len(line):
            here = origin[at] if at < len(line) else len(text)
            places.append(Span(here, here))
            continue
        places.append(Span(origin[at], origin[end - 1] + 1))
        at = end
    return places


def _unknown_size(line: str, at: int, rest: Sequence[str], unknown: str) -> int:
    """Characters that an unknown piece takes: up to the next piece if that is a known one."""
    if not rest or rest[0] == unknown:
        return 1
    following = line.find(_fold(rest[0].removeprefix("##").replace("▁", "").strip()), at + 1)
    return following - at if following > at else 1


def to_batch(encoded: Sequence[Encoded], *, padding: int) -> tuple[Ints, Ints]:
    """Token ids and attention mask of several texts, padded to the longest."""
    longest = max(len(item.ids) for item in encoded)
    ids = np.full((len(encoded), longest), padding, dtype=np.int64)
    mask = np.zeros_like(ids)
    for row, item in enumerate(encoded):
        ids[row, : len(item.ids)] = item.ids
        mask[row, : len(item.ids)] = 1
    return ids, mask
