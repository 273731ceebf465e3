"""A character-level tokenizer and the small network over it, to be trained from scratch."""

from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from typing import Any, cast

from pipeline.tagger.encoding import Tokenizer
from pipeline.tagger.labels import LABELS

PAD, UNKNOWN, BEGIN, END, MASK = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
_SPECIAL = (PAD, UNKNOWN, BEGIN, END, MASK)


def character_vocabulary(texts: Iterable[str], *, least_seen: int = 2) -> dict[str, int]:
    """Special tokens, then the characters of the texts after NFKC and lowering, common ones first.

    Args:
        texts: what will be trained on.
        least_seen: a rarer character is unknown.
    """
    from tokenizers import normalizers

    normalizer = _normalizer(normalizers)
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(c for c in normalizer.normalize_str(text) if not c.isspace())
    ordered = sorted((c for c, n in seen.items() if n >= least_seen), key=lambda c: (-seen[c], c))
    return {token: place for place, token in enumerate((*_SPECIAL, *ordered))}


def _normalizer(normalizers: Any) -> Any:
    return normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])


def character_tokenizer(vocabulary: dict[str, int], *, max_tokens: int) -> Tokenizer:
    """A tokenizer with a token a character; it knows each token's place in the source text.

    Args:
        vocabulary: as `character_vocabulary` gives it.
        max_tokens: of a text at most, special tokens included.
    """
    from tokenizers import Regex, models, normalizers, pre_tokenizers, processors
    from tokenizers import Tokenizer as Backend

    transformers: Any = import_module("transformers")
    tokenizer = Backend(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = _normalizer(normalizers)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Split(Regex(r"\S"), behavior="isolated"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}",
        special_tokens=[(BEGIN, vocabulary[BEGIN]), (END, vocabulary[END])],
    )
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=BEGIN,
        sep_token=END,
        mask_token=MASK,
    )
    return cast("Tokenizer", made)


def small_network(vocabulary: dict[str, int], *, hidden: int, layers: int, heads: int) -> Any:
    """An untrained network over characters with the labels of the tagger; needs torch.

    Args:
        vocabulary: as `character_vocabulary` gives it.
        hidden: width.
        layers: of attention, after four of convolution.
        heads: of each layer of attention.
    """
    network: Any = import_module("pipeline.learn.tagger.network")
    return network.CharacterTagger(
        vocabulary_size=len(vocabulary),
        labels=len(LABELS),
        hidden=hidden,
        layers=layers,
        heads=heads,
        unknown=vocabulary[UNKNOWN],
        special=len(_SPECIAL),
    )
