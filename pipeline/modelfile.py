"""The folder of a trained model: its files, and a card that says what they are.

`card.json` names the model's kind and version, what it was trained on and how it did, and a digest
of every file, so that a damaged or half-written model is known before it is used.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError

FORMAT = 1
CARD_FILE = "card.json"
_MEND = "train it again with `torihiki learn`, or go back with `torihiki learn rollback`"


def file_digest(path: Path) -> str:
    """SHA-256 of a file, 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write `card.json` with the format and the digests of all other files of a folder."""
    files = {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in {CARD_FILE, "README.md"}
    }
    whole = {"format": FORMAT, **card, "files": files}
    text = json.dumps(whole, ensure_ascii=False, indent=1)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def read_card(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """The card of a model whose files are all there and unchanged.

    Args:
        folder: of the model.
        kind: what it must be (scorer, tagger); None for any.

    Raises:
        ModelError: missing, damaged, of another format or kind; the message names file and mend.
    """
    path = folder / CARD_FILE
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); {_MEND}"
        raise ModelError(msg) from error
    except ValueError as error:
        msg = f"{path}: no JSON ({error}); {_MEND}"
        raise ModelError(msg) from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        found = card.get("format") if isinstance(card, dict) else None
        msg = f"{path}: format {found!r}, this version reads {FORMAT}; {_MEND}"
        raise ModelError(msg)
    if kind is not None and card.get("kind") != kind:
        msg = f"{path}: a {card.get('kind')!r}, where a {kind} is needed; name another folder"
        raise ModelError(msg)
    _check_files(folder, card.get("files"))
    return card


def _check_files(folder: Path, files: object) -> None:
    if not isinstance(files, dict) or not files:
        msg = f"{folder / CARD_FILE}: names no files; {_MEND}"
        raise ModelError(msg)
    for name, wanted in files.items():
        path = folder / name
        try:
            found = file_digest(path)
        except OSError as error:
            msg = f"{path}: cannot be read ({error.strerror}); {_MEND}"
            raise ModelError(msg) from error
        if found != wanted:
            msg = f"{path}: damaged (its digest is not the one on the card); {_MEND}"
            raise ModelError(msg)
