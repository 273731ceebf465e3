"""Export a trained tagger to ONNX, check it against torch, and make it small; needs torch."""

import contextlib
import io
import logging
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.learn.tagger.options import TaggerOptions
from pipeline.learn.tagger.training import Trained
from pipeline.modelfile import write_card
from pipeline.tagger.encoding import Ints, encode, to_batch
from pipeline.tagger.labels import LABELS, Floats
from pipeline.tagger.model import KIND, MODEL_FILE, TOKENIZER_FOLDER, onnx_network

FLOAT_FILE = "model.float.onnx"
_TOLERANCE = 1e-3  # logits; float32 sums in another order differ by some 1e-6


def torch_logits(model: Any, ids: Ints, mask: Ints) -> Floats:
    """Logits of the network as torch computes them."""
    torch: Any = import_module("torch")
    with torch.no_grad():
        found = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask))
    logits: Floats = found.logits.numpy()
    return logits


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter narrates on stdout and warns of libraries that play no part here."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _example_batch(trained: Trained, texts: Sequence[str], limit: int) -> tuple[Ints, Ints]:
    encoded = [encode(trained.tokenizer, text, limit=limit) for text in texts]
    return to_batch(encoded, padding=trained.tokenizer.pad_token_id or 0)


def export_float(trained: Trained, texts: Sequence[str], path: Path, *, limit: int) -> float:
    """Write the network as ONNX in float32 and compare it with torch.

    Args:
        trained: the network and tokenizer.
        texts: of different lengths, so that padding takes part in the comparison.
        path: of the file to write.
        limit: tokens of a text at most.

    Returns:
        The largest difference of a logit.

    Raises:
        ModelError: they differ by more than rounding.
    """
    torch: Any = import_module("torch")

    class Logits(torch.nn.Module):  # type: ignore[misc]
        """The network with plain tensors in and out."""

        def __init__(self, model: Any) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.model(input_ids=input_ids, attention_mask=attention_mask).logits

    ids, mask = _example_batch(trained, texts, limit)
    batch, tokens = torch.export.Dim("batch"), torch.export.Dim("tokens", max=limit)
    shapes = {0: batch, 1: tokens}
    with _quiet():
        # Without padding in its example the exporter would drop the mask from the graph.
        torch.onnx.export(
            Logits(trained.model).eval(),
            (torch.from_numpy(ids), torch.from_numpy(mask)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_shapes=(shapes, shapes),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    network = onnx_network(path)
    worst = 0.0
    for size in (len(texts), 1):
        some_ids, some_mask = _example_batch(trained, texts[:size], limit)
        apart = network(some_ids, some_mask) - torch_logits(trained.model, some_ids, some_mask)
        worst = max(worst, float(np.abs(apart[some_mask == 1]).max()))
    if worst > _TOLERANCE:
        msg = f"{path}: the exported network differs from torch by {worst:.3g}; report this"
        raise ModelError(msg)
    return worst


def quantise(source: Path, target: Path) -> None:
    """Write the network with weights in eight bits, a quarter of the size."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # it advises on the root logger
    try:
        with _quiet():
            quantize_dynamic(str(source), str(target), weight_type=QuantType.QInt8)
    finally:
        logging.getLogger().setLevel(level)


def export_tagger(
    trained: Trained,
    texts: Sequence[str],
    folder: Path,
    options: TaggerOptions,
    card: Mapping[str, Any],
    readme: str,
    *,
    keep_float: bool = False,
    extra: Callable[[Path], None] | None = None,
) -> None:
    """Write the folder that `pipeline.tagger.model.load_tagger` reads, all files or none.

    Args:
        trained: the network and tokenizer.
        texts: at least two of different lengths, to check the export with.
        folder: to write; must not be there.
        options: how it was trained.
        card: what else `card.json` says: version, data, figures.
        readme: the model card for people.
        keep_float: keep the float32 network beside the small one.
        extra: writes further files into the folder before its card is made.

    Raises:
        ModelError: the export differs from torch.
    """
    half = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    half.mkdir(parents=True)
    try:
        worst = export_float(trained, texts, half / FLOAT_FILE, limit=options.max_tokens)
        quantise(half / FLOAT_FILE, half / MODEL_FILE)
        if not keep_float:
            (half / FLOAT_FILE).unlink()
        tokenizer: Any = trained.tokenizer
        tokenizer.save_pretrained(str(half / TOKENIZER_FOLDER))
        if extra is not None:
            extra(half)
        write_card(
            half,
            {
                "kind": KIND,
                "labels": LABELS,
                "max_tokens": options.max_tokens,
                "window": options.window,
                "overlap": options.overlap,
                "options": asdict(options),
                "export_error": round(worst, 8),
                **card,
            },
        )
        (half / "README.md").write_text(readme, encoding="utf-8")
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
