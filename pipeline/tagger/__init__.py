"""A token classifier that reads slots: what it may say, windows over the text, and running it.

`labels` and `windows` are pure; `model` runs the exported network by ONNX Runtime. Training is in
pipeline/learn/tagger; torch is needed there only.
"""

from pipeline.tagger.labels import Tag, TaggedSpan
from pipeline.tagger.windows import CharacterTags

__all__ = ["CharacterTags", "Tag", "TaggedSpan"]
