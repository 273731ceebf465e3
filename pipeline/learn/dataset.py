"""Reviews as a Hugging Face dataset: documents, records, spans and roles, split by deal.

A dataset is a folder `documents/`, `records/`, `spans/`, `roles/` with a Parquet file for each part
that has rows, and a README.md that `datasets.load_dataset(FOLDER, "records")` reads. Its version is a digest of what is
in it: the same reviews give the same version.
"""

import hashlib
import json
import shutil
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.article import Article
from pipeline.errors import ModelError
from pipeline.learn.card import dataset_card
from pipeline.learn.reviewed import GoldDeal, ReviewedArticle, ReviewedRecord
from pipeline.learn.split import Part, Shares, Told, assign_parts, group_documents
from pipeline.record import DealRecord, Evidence, Party, Slot, to_json
from pipeline.span import Span

FORMAT = 1
INFO_FILE = "dataset.json"
Row = dict[str, Any]

_ROLES = ((Slot.BUYER, "buyer"), (Slot.SELLER, "seller"))
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "documents": {
        "article_id": "string",
        "source": "string",
        "title": "string",
        "url": "string",
        "published": "string",
        "text": "string",
        "ignored": "json",
        "complete": "bool",
        "group": "string",
        "deals": "json",
    },
    "records": {
        "article_id": "string",
        "record_id": "string",
        "verdict": "string",
        "reason": "string",
        "extractor_version": "string",
        "deal_id": "string",
        "kind": "string",
        "status": "string",
        "confidence": "float64",
        "before": "json",
        "after": "json",
    },
    "spans": {
        "article_id": "string",
        "record_id": "string",
        "slot": "string",
        "right": "bool",
        "start": "int64",
        "end": "int64",
        "quote": "string",
    },
    "roles": {
        "article_id": "string",
        "record_id": "string",
        "role": "string",
        "name": "string",
        "gazetteer_id": "string",
        "start": "int64",
        "end": "int64",
        "quote": "string",
    },
}
"""Configuration → column → type; `json` is a string that holds JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An article to learn from, as read back from a dataset.

    Attributes:
        article: the source.
        deals: the deals that it tells.
        complete: whether what is not in `deals` is known to be none.
        group: articles of one group tell common deals.
    """

    article: Article
    deals: tuple[GoldDeal, ...]
    complete: bool
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What an export wrote, or would write.

    Attributes:
        folder: where the dataset is.
        version: digest of its content.
        is_new: False where this version was there already.
        counts: configuration → part → rows.
        verdicts: verdict → records.
        largest_group: articles of the largest group.
    """

    folder: Path
    version: str
    is_new: bool
    counts: Mapping[str, Mapping[str, int]]
    verdicts: Mapping[str, int]
    largest_group: int


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _document_row(reviewed: ReviewedArticle, group: str) -> Row:
    article = reviewed.article
    return {
        "article_id": article.id,
        "source": article.source,
        "title": article.title,
        "url": article.url,
        "published": article.published.isoformat() if article.published else None,
        "text": article.text,
        "ignored": _text([[span.start, span.end] for span in article.ignored]),
        "complete": reviewed.complete,
        "group": group,
        "deals": _text(reviewed.deals),
    }


def _record_row(review: ReviewedRecord) -> Row:
    record = review.record
    return {
        "article_id": review.article_id,
        "record_id": record.id,
        "verdict": review.verdict.value,
        "reason": review.reason,
        "extractor_version": review.extractor_version,
        "deal_id": review.deal_id,
        "kind": record.kind.value,
        "status": record.status.value,
        "confidence": review.before.confidence if review.before else None,
        "before": _text(to_json(review.before)) if review.before else None,
        "after": _text(to_json(review.after)) if review.after else None,
    }


def _quotes(record: DealRecord | None) -> set[tuple[Slot, Evidence]]:
    if record is None:
        return set()
    return {(slot, quote) for slot, quotes in record.evidence.items() for quote in quotes}


def _span_rows(review: ReviewedRecord) -> Iterator[Row]:
    right = _quotes(review.after)
    for slot, quote in sorted(right | _quotes(review.before)):
        yield {
            "article_id": review.article_id,
            "record_id": review.record.id,
            "slot": slot.value,
            "right": (slot, quote) in right,
            "start": quote.start,
            "end": quote.end,
            "quote": quote.quote,
        }


def _parties(record: DealRecord | None) -> Iterator[tuple[str, Party, Evidence]]:
    """(role, party, mention) of a record; a mention belongs to the party that it is a form of."""
    if record is None:
        return
    for slot, role in _ROLES:
        for party in getattr(record, role):
            for quote in record.evidence.get(slot, ()):
                if quote.quote in (party.name, *party.surfaces):
                    yield role, party, quote


def _role_rows(review: ReviewedRecord) -> Iterator[Row]:
    """The parties that hold with their role, then those that the reviewer took out, as "none"."""
    kept = list(_parties(review.after))
    held = {quote for _, _, quote in kept}
    taken_out = [(role, p, q) for role, p, q in _parties(review.before) if q not in held]
    for role, party, quote in (*kept, *(("none", p, q) for _, p, q in taken_out)):
        yield {
            "article_id": review.article_id,
            "record_id": review.record.id,
            "role": role,
            "name": party.name,
            "gazetteer_id": party.gazetteer_id,
            "start": quote.start,
            "end": quote.end,
            "quote": quote.quote,
        }


def dataset_rows(
    reviewed: Sequence[ReviewedArticle], groups: Mapping[str, str]
) -> dict[str, list[Row]]:
    """Configuration → rows, articles in the order of their ids.

    Args:
        reviewed: each article once.
        groups: article id → group.
    """
    ordered = sorted(reviewed, key=lambda item: item.article.id)
    reviews = [
        review for item in ordered for review in sorted(item.records, key=lambda r: r.record.id)
    ]
    return {
        "documents": [_document_row(item, groups[item.article.id]) for item in ordered],
        "records": [_record_row(review) for review in reviews],
        "spans": [row for review in reviews for row in _span_rows(review)],
        "roles": [row for review in reviews for row in _role_rows(review)],
    }


def _version(rows: Mapping[str, Sequence[Row]], parts: Mapping[str, Part]) -> str:
    digest = hashlib.sha256(_text({"format": FORMAT, "rows": rows, "parts": parts}).encode())
    return digest.hexdigest()[:12]


def _split(rows: Iterable[Row], parts: Mapping[str, Part]) -> dict[Part, list[Row]]:
    split: dict[Part, list[Row]] = {part: [] for part in Part}
    for row in rows:
        split[parts[row["article_id"]]].append(row)
    return split


def _write_parquet(rows: Sequence[Row], columns: Mapping[str, str], path: Path) -> None:
    import datasets

    features = datasets.Features(
        {
            name: datasets.Value("string" if kind == "json" else kind)
            for name, kind in columns.items()
        }
    )
    table = {name: [row[name] for row in rows] for name in columns}
    had_bars = datasets.are_progress_bars_disabled() is False
    datasets.disable_progress_bars()
    try:
        datasets.Dataset.from_dict(table, features=features).to_parquet(path)
    finally:
        if had_bars:
            datasets.enable_progress_bars()


def export_dataset(
    reviewed: Sequence[ReviewedArticle],
    out: Path,
    *,
    at: datetime,
    duplicates: Iterable[tuple[str, str]] = (),
    shares: Shares | None = None,
    seed: int = 0,
    dry_run: bool = False,
) -> Exported:
    """Write reviews as a dataset into a folder of `out` named after its version.

    A version that is there already is left as it is.

    Args:
        reviewed: each article once.
        out: folder of all versions.
        at: the time to write on the card.
        duplicates: pairs of article ids that are near-duplicates.
        shares: of validation and test; None for a tenth each.
        seed: of the draw of groups.
        dry_run: True only counts.
    """
    told = [
        Told(
            id=item.article.id,
            deals=item.deals,
            deal_ids=[r.deal_id for r in item.records if r.deal_id],
        )
        for item in reviewed
    ]
    groups = group_documents(told, duplicates)
    parts = assign_parts(groups, shares, seed=seed)
    rows = dataset_rows(reviewed, groups)
    split = {name: _split(found, parts) for name, found in rows.items()}
    version = _version(rows, parts)
    folder = out / f"reviews-{version}"
    result = Exported(
        folder=folder,
        version=version,
        is_new=not folder.exists(),
        counts={
            name: {part.value: len(found) for part, found in by_part.items()}
            for name, by_part in split.items()
        },
        verdicts=dict(Counter(row["verdict"] for row in rows["records"])),
        largest_group=max(Counter(groups.values()).values(), default=0),
    )
    if result.is_new and not dry_run:
        _write(result, split, at=at, seed=seed)
    return result


def _write(
    result: Exported, split: Mapping[str, Mapping[Part, Sequence[Row]]], *, at: datetime, seed: int
) -> None:
    """Write all files beside the folder, then put them in place at once."""
    result.folder.parent.mkdir(parents=True, exist_ok=True)
    half = result.folder.with_name(f".{result.folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        for name, by_part in split.items():
            (half / name).mkdir(parents=True)
            for part, rows in by_part.items():
                if not rows:
                    continue  # `datasets` cannot load a part without rows
                _write_parquet(rows, COLUMNS[name], half / name / f"{part.value}.parquet")
        info = {
            "format": FORMAT,
            "version": result.version,
            "made_at": at.isoformat(timespec="seconds"),
            "seed": seed,
            "counts": result.counts,
            "verdicts": result.verdicts,
            "largest_group": result.largest_group,
        }
        (half / INFO_FILE).write_text(
            json.dumps(info, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        (half / "README.md").write_text(dataset_card(info, COLUMNS), encoding="utf-8")
        half.rename(result.folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def read_info(folder: Path) -> dict[str, Any]:
    """What `dataset.json` of a dataset says.

    Raises:
        ModelError: no dataset, or one of another format.
    """
    path = folder / INFO_FILE
    try:
        info: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{path}: no dataset ({error}); make one with `torihiki learn export`"
        raise ModelError(msg) from error
    if info.get("format") != FORMAT:
        msg = f"{path}: format {info.get('format')!r}, this version reads {FORMAT}; export again"
        raise ModelError(msg)
    return info


def read_documents(folder: Path, part: Part) -> list[Document]:
    """The articles of one part of a dataset with the deals that they tell.

    Raises:
        ModelError: no dataset, one of another format, or a file that cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not read_info(folder)["counts"]["documents"][part.value]:
        return []
    path = folder / "documents" / f"{part.value}.parquet"
    try:
        rows = pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        msg = f"{path}: cannot be read ({error}); export the dataset again"
        raise ModelError(msg) from error
    return [_document(row) for row in rows]


def _document(row: Mapping[str, Any]) -> Document:
    published = row["published"]
    return Document(
        article=Article(
            id=row["article_id"],
            source=row["source"],
            text=row["text"],
            title=row["title"],
            url=row["url"],
            published=datetime.fromisoformat(published) if published else None,
            ignored=tuple(Span(start, end) for start, end in json.loads(row["ignored"])),
        ),
        deals=tuple(json.loads(row["deals"])),
        complete=row["complete"],
        group=row["group"],
    )
