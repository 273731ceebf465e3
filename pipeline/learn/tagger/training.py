"""Train the tagger with the Trainer of `transformers`; needs torch."""

import json
import logging
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ModelError
from pipeline.learn.tagger.characters import (
    character_tokenizer,
    character_vocabulary,
    small_network,
)
from pipeline.learn.tagger.examples import Example
from pipeline.learn.tagger.options import TaggerOptions, need_torch, plan_digest
from pipeline.tagger.encoding import Tokenizer, encode
from pipeline.tagger.labels import LABELS, Floats, tagged_spans
from pipeline.tagger.model import TOKENIZER_FOLDER

IGNORED = -100  # a label that the loss leaves out
PLAN_FILE = "plan.json"
_log = logging.getLogger(__name__)

Rows = list[dict[str, list[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What training gives.

    Attributes:
        model: a token classifier of `transformers`, the best by validation F1.
        tokenizer: its tokenizer.
        epochs: passes done.
        validation: precision, recall and F1 of mentions on the validation examples.
        history: the figures of each pass.
        resumed_from: the checkpoint that it went on from, None for a fresh start.
    """

    model: Any
    tokenizer: Tokenizer
    epochs: float
    validation: dict[str, float]
    history: list[dict[str, float]]
    resumed_from: str | None


def token_labels(example: Example, tokenizer: Tokenizer, *, limit: int) -> dict[str, list[int]]:
    """An example as the network's input; a token has the label of its first labelled character."""
    encoded = encode(tokenizer, example.text, limit=limit)
    labels = []
    for place in encoded.places:
        if not len(place):
            labels.append(IGNORED)
            continue
        covered = example.labels[place.start : place.end]
        labels.append(next((label for label in covered if label), 0))
    return {
        "input_ids": list(encoded.ids),
        "attention_mask": [1] * len(encoded.ids),
        "labels": labels,
    }


def _spans(rows: Floats) -> set[tuple[int, int, str]]:
    return {(s.span.start, s.span.end, s.tag.value) for s in tagged_spans(rows)}


def mention_scores(logits: Floats, labels: Any) -> dict[str, float]:
    """Precision, recall and F1 of mentions (place and tag), over token sequences.

    Args:
        logits: sequences × tokens × labels.
        labels: sequences × tokens, IGNORED where nothing counts.
    """
    hits = predicted = gold = 0
    for rows, wanted in zip(logits, labels, strict=True):
        counts = wanted != IGNORED
        powers = np.exp(rows[counts] - rows[counts].max(axis=-1, keepdims=True))
        found = _spans(powers / powers.sum(axis=-1, keepdims=True))
        right = _spans(np.eye(len(LABELS), dtype=np.float32)[wanted[counts]])
        hits += len(found & right)
        predicted += len(found)
        gold += len(right)
    precision = hits / predicted if predicted else 0.0
    recall = hits / gold if gold else 0.0
    total = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / total if total else 0.0,
    }


def _start(options: TaggerOptions, train: Sequence[Example], work: Path) -> tuple[Any, Tokenizer]:
    """The untrained network and its tokenizer; the tokenizer of an earlier run is kept."""
    transformers: Any = import_module("transformers")
    tokenizer: Any
    if options.base is None:
        vocabulary = character_vocabulary(example.text for example in train)
        tokenizer = character_tokenizer(vocabulary, max_tokens=options.max_tokens)
        model = small_network(
            vocabulary, hidden=options.hidden, layers=options.layers, heads=options.heads
        )
    else:
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(options.base)
            model = transformers.AutoModelForTokenClassification.from_pretrained(
                options.base,
                num_labels=len(LABELS),
                id2label=dict(enumerate(LABELS)),
                label2id={label: place for place, label in enumerate(LABELS)},
                ignore_mismatched_sizes=True,
            )
        except (OSError, ValueError, KeyError, ImportError) as error:
            msg = (
                f"{options.base}: no encoder that can be trained ({error}); give a folder with a"
                " model and tokenizer of transformers, or a name on the hub"
            )
            raise ModelError(msg) from error
    tokenizer.save_pretrained(str(work / TOKENIZER_FOLDER))
    return model, tokenizer


def _prepare(work: Path, digest: str) -> str | None:
    """Make the folder of checkpoints; gives the last one of the same training, if there is one."""
    utils: Any = import_module("transformers.trainer_utils")
    plan = work / PLAN_FILE
    if plan.is_file() and json.loads(plan.read_text(encoding="utf-8")) == {"digest": digest}:
        last = utils.get_last_checkpoint(str(work / "checkpoints"))
        return str(last) if last else None
    shutil.rmtree(work, ignore_errors=True)
    (work / "checkpoints").mkdir(parents=True)
    plan.write_text(json.dumps({"digest": digest}), encoding="utf-8")
    return None


def _arguments(options: TaggerOptions, work: Path, steps: int, *, progress: bool) -> Any:
    transformers: Any = import_module("transformers")
    return transformers.TrainingArguments(
        output_dir=str(work / "checkpoints"),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch,
        per_device_eval_batch_size=2 * options.batch,
        learning_rate=options.rate,
        weight_decay=0.01,
        warmup_steps=max(1, steps // 10),
        lr_scheduler_type="linear",
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="f1",
        greater_is_better=True,
        seed=options.seed,
        data_seed=options.seed,
        use_cpu=options.cpu,
        dataloader_pin_memory=False,
        report_to=[],
        disable_tqdm=not progress,
    )


def train_tagger(
    train: Sequence[Example],
    validation: Sequence[Example],
    work: Path,
    options: TaggerOptions,
    *,
    progress: bool = False,
    on_epoch: Callable[[int], None] | None = None,
) -> Trained:
    """Train until validation F1 no longer rises; an interrupted training goes on where it was.

    Args:
        train: examples to learn from.
        validation: examples that tell when to stop.
        work: folder of the checkpoints; one of another training is emptied.
        options: size, length and base.
        progress: show a progress bar.
        on_epoch: called with the number of each pass that was done and saved.

    Raises:
        ModelError: torch is not installed, there is nothing to learn from, or no such base.
    """
    need_torch()
    if not any(any(e.labels) for e in train) or not any(any(e.labels) for e in validation):
        msg = "no deal to learn from in train or validation; review more articles first"
        raise ModelError(msg)
    transformers: Any = import_module("transformers")

    class _Epochs(transformers.TrainerCallback):  # type: ignore[misc]
        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            del args, control
            if on_epoch is not None:
                on_epoch(round(state.epoch))

    if not progress:
        transformers.utils.logging.disable_progress_bar()
    transformers.set_seed(options.seed)
    checkpoint = _prepare(work, plan_digest(options, train, validation))
    model, tokenizer = _start(options, train, work)
    rows = [
        [token_labels(example, tokenizer, limit=options.max_tokens) for example in part]
        for part in (train, validation)
    ]
    steps = options.epochs * -(-len(train) // options.batch)
    trainer = transformers.Trainer(
        model=model,
        args=_arguments(options, work, steps, progress=progress),
        train_dataset=rows[0],
        eval_dataset=rows[1],
        data_collator=transformers.DataCollatorForTokenClassification(tokenizer),
        compute_metrics=lambda found: mention_scores(found.predictions, found.label_ids),
        callbacks=[transformers.EarlyStoppingCallback(options.patience), _Epochs()],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    if checkpoint:
        _log.info("going on from %s", checkpoint)
    trainer.train(resume_from_checkpoint=checkpoint)
    figures = trainer.evaluate()
    return Trained(
        model=trainer.model.eval().to("cpu"),
        tokenizer=tokenizer,
        epochs=float(trainer.state.epoch or 0),
        validation={name: float(figures[f"eval_{name}"]) for name in ("precision", "recall", "f1")},
        history=[
            {key: float(value) for key, value in row.items() if isinstance(value, int | float)}
            for row in trainer.state.log_history
        ],
        resumed_from=checkpoint,
    )
