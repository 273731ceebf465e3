"""A tiny tagger is trained, exported, checked against torch, and run without torch."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ModelError
from pipeline.learn.tagger.examples import Example
from pipeline.learn.tagger.options import TaggerOptions, need_torch, plan_digest
from pipeline.modelfile import read_card
from pipeline.tagger.encoding import encode, to_batch
from pipeline.tagger.labels import Tag, label_index
from pipeline.tagger.model import load_tagger, onnx_network

TINY = TaggerOptions(
    hidden=64,
    layers=2,
    heads=4,
    epochs=12,
    patience=12,
    batch=8,
    learning_rate=3e-3,
    max_tokens=64,
    window=48,
    overlap=8,
    cpu=True,
)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def example(buyer: str, seller: str, amount: str, doc: str) -> Example:
    text = f"{buyer}は{seller}に{amount}を出資した。"
    labels = [0] * len(text)
    for form, tag in ((buyer, Tag.BUYER), (seller, Tag.SELLER), (amount, Tag.INVESTMENT)):
        at = text.index(form)
        labels[at] = label_index(tag, begins=True)
        for place in range(at + 1, at + len(form)):
            labels[place] = label_index(tag, begins=False)
    return Example(doc=doc, text=text, labels=tuple(labels))


def examples(start: int, count: int) -> list[Example]:
    names = ("青空電算", "黒潮重工", "白雲通信", "山彦銀行", "浜風ソフト", "若草製作")
    return [
        example(
            names[k % 6], names[(k * 5 + 1 + k // 6) % 6], f"{k % 9 + 1}{'0' * (k % 3)}億円", f"{k}"
        )
        for k in range(start, start + count)
        if names[k % 6] != names[(k * 5 + 1 + k // 6) % 6]
    ]


def _torch() -> None:
    pytest.importorskip("torch", reason="needs torch: pip install 'torihiki[learn]'")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The trained network and the folder that it was exported into."""
    _torch()
    from pipeline.learn.tagger.export import export_tagger
    from pipeline.learn.tagger.training import train_tagger

    root = tmp_path_factory.mktemp("tagger")
    trained = train_tagger(examples(0, 90), examples(90, 20), root / "work", TINY)
    texts = ["青空電算は黒潮重工に5億円を出資した。", "白雲通信"]
    card = {"version": "tiny-1", "trained_on": ["a"]}
    export_tagger(trained, texts, root / "out", TINY, card, "A card.", keep_float=True)
    return trained, root / "out"


def test_training_learns_the_pattern(made: tuple[Any, Path]) -> None:
    trained, _ = made
    assert trained.validation["f1"] > 0.9
    assert trained.resumed_from is None


def test_the_exported_network_says_what_torch_says(made: tuple[Any, Path]) -> None:
    from pipeline.learn.tagger.export import torch_logits

    trained, folder = made
    texts = [e.text for e in examples(110, 20)] + ["は", "白雲通信は浜風ソフトに"]
    encoded = [encode(trained.tokenizer, text, limit=TINY.max_tokens) for text in texts]
    ids, mask = to_batch(encoded, padding=0)
    wanted = torch_logits(trained.model, ids, mask)
    exact = onnx_network(folder / "model.float.onnx")(ids, mask)
    assert np.abs(exact - wanted)[mask == 1].max() < 1e-4
    small = onnx_network(folder / "model.onnx")(ids, mask)
    assert (small.argmax(-1) == wanted.argmax(-1))[mask == 1].mean() > 0.98


def test_predictions_of_the_exported_tagger_are_those_of_torch(made: tuple[Any, Path]) -> None:
    from pipeline.learn.tagger.export import torch_logits

    trained, folder = made
    tagger = load_tagger(folder)
    by_torch = replace(tagger, network=lambda ids, mask: torch_logits(trained.model, ids, mask))
    from pipeline.tagger.labels import tagged_spans

    texts = [e.text for e in examples(110, 20)]
    for ours, theirs in zip(tagger.read(texts), by_torch.read(texts), strict=True):
        assert [(s.span, s.tag) for s in tagged_spans(ours)] == [
            (s.span, s.tag) for s in tagged_spans(theirs)
        ]
        assert np.abs(ours - theirs).max() < 0.2


def test_the_eight_bit_network_is_smaller(made: tuple[Any, Path]) -> None:
    _, folder = made
    small, exact = ((folder / name).stat().st_size for name in ("model.onnx", "model.float.onnx"))
    assert small < 0.6 * exact


def test_the_card_names_data_figures_and_files(made: tuple[Any, Path]) -> None:
    _, folder = made
    card = read_card(folder, "tagger")
    assert card["version"] == "tiny-1"
    assert card["options"]["hidden"] == 64
    assert card["export_error"] < 1e-4
    assert {"model.onnx", "tokenizer/tokenizer.json"} <= set(card["files"])
    assert (folder / "README.md").read_text(encoding="utf-8") == "A card."


def test_the_exported_tagger_runs_without_torch(made: tuple[Any, Path]) -> None:
    _, folder = made
    program = f"""
import sys
for name in ("torch", "accelerate", "onnx", "onnxscript"):
    sys.modules[name] = None
from pathlib import Path
from pipeline.tagger.labels import tagged_spans
from pipeline.tagger.model import load_tagger
rows = load_tagger(Path({str(folder)!r})).read(["青空電算は黒潮重工に5億円を出資した。"])[0]
print([(s.span.start, s.span.end, s.tag.value) for s in tagged_spans(rows)])
"""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == str(
        [(0, 4, "buyer"), (5, 9, "seller"), (10, 13, "investment")]
    )


def test_a_damaged_network_is_refused(made: tuple[Any, Path], tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(made[1], tmp_path / "copy"))
    data = bytearray((folder / "model.onnx").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "model.onnx").write_bytes(bytes(data))
    with pytest.raises(ModelError, match=r"model\.onnx: damaged"):
        load_tagger(folder)


class KilledError(Exception):
    """Stands for a process that ends in the middle."""


def test_an_interrupted_training_goes_on_where_it_was(tmp_path: Path) -> None:
    _torch()
    from pipeline.learn.tagger.training import train_tagger

    options = replace(TINY, epochs=3)
    parts = (examples(0, 24), examples(90, 12))

    def kill(epoch: int) -> None:
        if epoch == 2:
            raise KilledError

    with pytest.raises(KilledError):
        train_tagger(*parts, tmp_path / "work", options, on_epoch=kill)
    epochs: list[int] = []
    resumed = train_tagger(*parts, tmp_path / "work", options, on_epoch=epochs.append)
    assert resumed.resumed_from is not None
    assert epochs == [3]
    whole = train_tagger(*parts, tmp_path / "other", options)
    assert whole.resumed_from is None
    assert resumed.history[-1]["eval_loss"] == pytest.approx(whole.history[-1]["eval_loss"], 1e-3)


def test_checkpoints_of_another_training_are_not_gone_on_with(tmp_path: Path) -> None:
    _torch()
    from pipeline.learn.tagger.training import train_tagger

    options = replace(TINY, epochs=1)
    first = train_tagger(examples(0, 24), examples(90, 12), tmp_path, options)
    other = train_tagger(examples(1, 24), examples(90, 12), tmp_path, options)
    assert (first.resumed_from, other.resumed_from) == (None, None)


def test_training_stops_early_where_nothing_gets_better(tmp_path: Path) -> None:
    _torch()
    from pipeline.learn.tagger.training import train_tagger

    options = replace(TINY, epochs=30, patience=2, learning_rate=1e-9)
    trained = train_tagger(examples(0, 16), examples(90, 12), tmp_path, options)
    assert trained.epochs == 3


def test_a_base_on_disk_is_fine_tuned(made: tuple[Any, Path], tmp_path: Path) -> None:
    """Any encoder of transformers in a folder can be the base; here one with other labels."""
    import transformers

    from pipeline.learn.tagger.training import train_tagger

    trained, _ = made
    base = tmp_path / "base"
    sizes = {
        "vocab_size": len(trained.tokenizer),
        "hidden_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": TINY.max_tokens,
        "num_labels": 2,
    }
    config = transformers.BertConfig.from_dict(sizes)
    transformers.BertForTokenClassification(config).save_pretrained(base)
    trained.tokenizer.save_pretrained(base)
    options = replace(TINY, base=str(base), epochs=1)
    again = train_tagger(examples(0, 24), examples(90, 12), tmp_path / "work", options)
    assert again.model.config.num_labels == len(again.model.config.id2label) > 2
    assert again.tokenizer.convert_tokens_to_ids(["青"]) == trained.tokenizer.convert_tokens_to_ids(
        ["青"]
    )


def test_a_base_that_is_none_is_named(tmp_path: Path) -> None:
    _torch()
    from pipeline.learn.tagger.training import train_tagger

    options = replace(TINY, base=str(tmp_path / "nowhere"))
    with pytest.raises(ModelError, match="nowhere: no encoder"):
        train_tagger(examples(0, 6), examples(90, 6), tmp_path / "work", options)


def test_nothing_to_learn_from_is_told(tmp_path: Path) -> None:
    _torch()
    from pipeline.learn.tagger.training import train_tagger

    empty = [Example(doc="a", text="青空", labels=(0, 0))]
    with pytest.raises(ModelError, match="review more articles"):
        train_tagger(empty, examples(90, 6), tmp_path, TINY)


def test_without_torch_training_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install 'torihiki\[learn\]'"):
        need_torch()


def test_plan_digest_tells_trainings_apart() -> None:
    one = plan_digest(TINY, examples(0, 5), examples(90, 5))
    assert one == plan_digest(TINY, examples(0, 5), examples(90, 5))
    assert one != plan_digest(replace(TINY, seed=1), examples(0, 5), examples(90, 5))
    assert one != plan_digest(TINY, examples(0, 6), examples(90, 5))
    assert json.dumps(one)
