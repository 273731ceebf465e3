"""Run an exported tagger by ONNX Runtime on the CPU; torch is not needed."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from pipeline.errors import ModelError
from pipeline.modelfile import read_card
from pipeline.span import Span
from pipeline.tagger.encoding import Encoded, Ints, Tokenizer, encode, to_batch
from pipeline.tagger.labels import LABELS, Floats
from pipeline.tagger.windows import CharacterTags, empty_rows, join_windows, make_windows

KIND = "tagger"
MODEL_FILE = "model.onnx"
TOKENIZER_FOLDER = "tokenizer"
_BATCH = 32

Network = Callable[[Ints, Ints], Floats]
"""(token ids, attention mask) → logits: texts × tokens × labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagger:
    """A network with its tokenizer; holds no state of any text.

    Attributes:
        version: on every record that it helps to make.
        tokenizer: gives tokens with their places.
        network: gives logits.
        max_tokens: the longest input of the network, special tokens included.
        window: characters of a window at most.
        overlap: characters that two windows of one long sentence share.
    """

    version: str
    tokenizer: Tokenizer
    network: Network
    max_tokens: int
    window: int
    overlap: int

    def tag(self, text: str, sentences: Sequence[Span], wanted: Sequence[int]) -> CharacterTags:
        """What the network says about some sentences of a text.

        Args:
            text: a reading view.
            sentences: all its sentences, in order.
            wanted: indices of those to read, ascending.
        """
        return next(iter(self.tag_many([(text, sentences, wanted)])))

    def tag_many(
        self, texts: Iterable[tuple[str, Sequence[Span], Sequence[int]]]
    ) -> list[CharacterTags]:
        """The same for several texts, whose windows go through the network together."""
        plans = [
            (text, make_windows(sentences, wanted, size=self.window, overlap=self.overlap))
            for text, sentences, wanted in texts
        ]
        rows = self.read([span.of(text) for text, windows in plans for span in windows])
        found: list[CharacterTags] = []
        at = 0
        for _, windows in plans:
            found.append(join_windows(windows, rows[at : at + len(windows)]))
            at += len(windows)
        return found

    def read(self, windows: Sequence[str]) -> list[Floats]:
        """Label probabilities of the characters of short texts, a row a character."""
        encoded = [encode(self.tokenizer, text, limit=self.max_tokens) for text in windows]
        order = sorted(range(len(encoded)), key=lambda k: len(encoded[k].ids))
        out: list[Floats] = [empty_rows(0)] * len(windows)
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            padding = self.tokenizer.pad_token_id or 0
            ids, mask = to_batch([encoded[k] for k in chosen], padding=padding)
            for k, logits in zip(chosen, self.network(ids, mask), strict=True):
                out[k] = character_rows(windows[k], encoded[k], logits)
        return out


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def _inside(row: Floats) -> Floats:
    """What a later character of a token says: where the token begins a mention, it goes on."""
    moved = row.copy()
    moved[2::2] += row[1::2]
    moved[1::2] = 0
    return moved


def character_rows(text: str, encoded: Encoded, logits: Floats) -> Floats:
    """Label probabilities of characters from those of tokens.

    A character that no token covers (white space) belongs to a mention where the next token goes on
    with it.
    """
    probabilities = _softmax(logits)
    rows = empty_rows(len(text))
    at = 0
    for place, row in zip(encoded.places, probabilities, strict=False):
        if not len(place):
            continue
        gap = row.copy()
        gap[0] += gap[1::2].sum()
        gap[1::2] = 0
        rows[at : place.start] = gap
        rows[place.start] = row
        rows[place.start + 1 : place.end] = _inside(row)
        at = max(at, place.end)
    return rows


def _session(path: Path, threads: int) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime's exceptions have no base of their own.
        msg = f"{path}: no network that can be run ({error}); train it again"
        raise ModelError(msg) from error


def onnx_network(path: Path, *, threads: int | None = None) -> Network:
    """The network in an ONNX file.

    Args:
        path: of the file.
        threads: of the processor; None for all.

    Raises:
        ModelError: it cannot be run.
    """
    session = _session(path, threads or os.cpu_count() or 1)

    def run(ids: Ints, mask: Ints) -> Floats:
        logits: Floats = session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
        return logits

    return run


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a model; nothing is fetched.

    Raises:
        ModelError: there is none.
    """
    from transformers import AutoTokenizer

    try:
        found = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        msg = f"{folder}: no tokenizer that can be read ({error}); train the model again"
        raise ModelError(msg) from error
    return cast("Tokenizer", found)


def load_tagger(folder: Path, *, threads: int | None = None) -> Tagger:
    """The tagger in a folder that `torihiki learn tagger` wrote.

    Raises:
        ModelError: missing, damaged, of another format, or trained for other labels.
    """
    card = read_card(folder, KIND)
    if tuple(card.get("labels", ())) != LABELS:
        msg = f"{folder}: trained for other labels than this version's; train it again"
        raise ModelError(msg)
    return Tagger(
        version=str(card["version"]),
        tokenizer=load_tokenizer(folder / TOKENIZER_FOLDER),
        network=onnx_network(folder / MODEL_FILE, threads=threads),
        max_tokens=int(card["max_tokens"]),
        window=int(card["window"]),
        overlap=int(card["overlap"]),
    )
