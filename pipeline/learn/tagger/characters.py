"""A character-level tokenizer and the small encoder over it, to be trained from scratch."""

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


def small_encoder(
    vocabulary_size: int, *, max_tokens: int, hidden: int, layers: int, heads: int
) -> Any:
    """An untrained BERT token classifier with the labels of the tagger; needs torch.

    Args:
        vocabulary_size: tokens.
        max_tokens: the longest input.
        hidden: width; the inner layers are twice as wide.
        layers: of attention.
        heads: of each layer.
    """
    transformers: Any = import_module("transformers")
    config = transformers.BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=2 * hidden,
        max_position_embeddings=max_tokens,
        type_vocab_size=1,
        pad_token_id=0,
        num_labels=len(LABELS),
        id2label=dict(enumerate(LABELS)),
        label2id={label: place for place, label in enumerate(LABELS)},
    )
    return transformers.BertForTokenClassification(config)
