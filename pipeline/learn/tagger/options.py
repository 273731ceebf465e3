"""How a tagger is trained, and the check that what training needs is installed."""

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pipeline.errors import ModelError
from pipeline.learn.tagger.examples import Example

_NEEDED = ("torch", "accelerate", "onnx", "onnxscript")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggerOptions:
    """What can be set about training.

    Attributes:
        base: folder or hub name of an encoder to fine-tune; None for the small network over
            characters from scratch.
        epochs: passes over the examples at most.
        patience: passes without a better validation F1 after which training stops.
        batch: windows a step.
        learning_rate: None for 2e-3 from scratch, 5e-5 from a base.
        hidden, layers, heads: size of the network from scratch; layers are those of attention.
        max_tokens: the longest input, special tokens included.
        window: characters of a window at most.
        overlap: characters that two windows of one long sentence share.
        seed: of everything random.
        cpu: True to leave a GPU alone.
    """

    base: str | None = None
    epochs: int = 20
    patience: int = 5
    batch: int = 16
    learning_rate: float | None = None
    hidden: int = 128
    layers: int = 2
    heads: int = 4
    max_tokens: int = 256
    window: int = 192
    overlap: int = 48
    seed: int = 0
    cpu: bool = False

    @property
    def rate(self) -> float:
        """The learning rate in force."""
        return self.learning_rate or (5e-5 if self.base else 2e-3)


def plan_digest(
    options: TaggerOptions, train: Sequence[Example], validation: Sequence[Example]
) -> str:
    """Identify a training: only the same options and examples may resume its checkpoints."""
    parts = [asdict(options), *([asdict(e) for e in part] for part in (train, validation))]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def _missing() -> list[str]:
    return [name for name in _NEEDED if importlib.util.find_spec(name) is None]


def is_trainable() -> bool:
    """Whether what training needs is installed."""
    return not _missing()


def need_torch() -> None:
    """Make sure that what training needs is installed.

    Raises:
        ModelError: it is not; the message says how to install it.
    """
    missing = _missing()
    if missing:
        msg = (
            f"training a tagger needs {', '.join(missing)}; run `pip install 'torihiki[learn]'`"
            " (for the CPU build of torch add"
            " `--extra-index-url https://download.pytorch.org/whl/cpu`)"
        )
        raise ModelError(msg)
