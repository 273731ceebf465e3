"""The small network that is trained from scratch: convolutions over characters, then attention.

Some thousand windows are too few for attention alone to find out that neighbours matter; convolutions
know it from the start and learn several times faster.

Importing this module needs torch.
"""

from importlib import import_module
from typing import Any

torch: Any = import_module("torch")  # its types need torch to be installed where types are checked
_nn: Any = torch.nn
_functional: Any = torch.nn.functional

_DILATIONS = (1, 2, 4, 8)  # together a block of them sees 30 characters to either side
_WIDTH = 5  # characters that a convolution sees at once
_DROPOUT = 0.15


class Convolution(_nn.Module):  # type: ignore[misc]
    """A gated convolution over neighbouring characters, added to what it is given."""

    def __init__(self, hidden: int, dilation: int) -> None:
        super().__init__()
        self.norm = _nn.LayerNorm(hidden)
        self.mix = _nn.Conv1d(
            hidden, 2 * hidden, _WIDTH, padding=_WIDTH // 2 * dilation, dilation=dilation
        )
        self.dropout = _nn.Dropout(_DROPOUT)

    def forward(self, states: Any, real: Any) -> Any:
        """States with their neighbours mixed in; `real` is 0 where there is only padding."""
        mixed = self.mix((self.norm(states) * real).transpose(1, 2)).transpose(1, 2)
        return states + self.dropout(_functional.glu(mixed))


class Attention(_nn.Module):  # type: ignore[misc]
    """A layer of attention over the whole window, and a wider inner layer, each added."""

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = _nn.LayerNorm(hidden)
        self.inputs = _nn.Linear(hidden, 3 * hidden)
        self.output = _nn.Linear(hidden, hidden)
        self.inner = _nn.Sequential(
            _nn.LayerNorm(hidden),
            _nn.Linear(hidden, 2 * hidden),
            _nn.GELU(),
            _nn.Linear(2 * hidden, hidden),
            _nn.Dropout(_DROPOUT),
        )
        self.dropout = _nn.Dropout(_DROPOUT)

    def forward(self, states: Any, seen: Any) -> Any:
        """States that have looked at each other; `seen` is False where there is only padding."""
        batch, length, hidden = states.shape
        parts = self.inputs(self.norm(states)).view(batch, length, 3, self.heads, -1)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        looked = _functional.scaled_dot_product_attention(
            query, key, value, attn_mask=seen[:, None, None, :]
        )
        joined = looked.transpose(1, 2).reshape(batch, length, hidden)
        states = states + self.dropout(self.output(joined))
        return states + self.inner(states)


class CharacterTagger(_nn.Module):  # type: ignore[misc]
    """Characters in, logits of labels out, in the form that the Trainer of `transformers` takes.

    Args:
        vocabulary_size: tokens; the special ones come first.
        labels: how many.
        hidden: width.
        layers: of attention; the convolutions before them are always four.
        heads: of each layer of attention.
        unknown: token that hides characters in training.
        special: how many tokens are never hidden.
        hidden_share: of the characters hidden in training, so that the words around a name teach
            more than the name.
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        labels: int,
        hidden: int,
        layers: int,
        heads: int,
        unknown: int,
        special: int,
        hidden_share: float = 0.1,
    ) -> None:
        super().__init__()
        self.unknown, self.special, self.hidden_share = unknown, special, hidden_share
        self.embedding = _nn.Embedding(vocabulary_size, hidden)
        self.convolutions = _nn.ModuleList(Convolution(hidden, d) for d in _DILATIONS)
        self.attention = _nn.ModuleList(Attention(hidden, heads) for _ in range(layers))
        self.norm = _nn.LayerNorm(hidden)
        self.dropout = _nn.Dropout(_DROPOUT)
        self.classifier = _nn.Linear(hidden, labels)

    def forward(self, input_ids: Any, attention_mask: Any, labels: Any = None) -> Any:
        """Logits, and the loss where labels are given; a label of -100 counts nothing."""
        outputs: Any = import_module("transformers.modeling_outputs")
        if self.training:
            drawn = torch.rand(input_ids.shape, device=input_ids.device) < self.hidden_share
            input_ids = input_ids.masked_fill(drawn & (input_ids >= self.special), self.unknown)
        states = self.dropout(self.embedding(input_ids))
        real = attention_mask[..., None].to(states.dtype)
        for convolution in self.convolutions:
            states = convolution(states, real)
        for layer in self.attention:
            states = layer(states, attention_mask > 0)
        logits = self.classifier(self.dropout(self.norm(states)))
        loss = None
        if labels is not None:
            loss = _functional.cross_entropy(logits.transpose(1, 2), labels)
        return outputs.TokenClassifierOutput(loss=loss, logits=logits)
