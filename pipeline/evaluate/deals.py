"""Annotated and predicted deals in one comparable form, and the files that hold them."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import IngestError

# Company forms carry no identity. The first three stand anywhere, the others only at the end.
_ANYWHERE = ("株式会社", "有限会社", "合同会社", r"\(株\)")
_AT_END = (
    r",?\s*inc\.?",
    r",?\s*corp(?:oration)?\.?",
    r",?\s*ltd\.?",
    r"\s+n\.?v\.?",
    r",?\s*co\.?",
    r",?\s*llc",
    r",?\s*plc",
    "社",
    "グループ",
    r"\s+group",
    "ホールディングス",
    r"\s+holdings",
)
_COMPANY_FORM = re.compile("|".join((*_ANYWHERE, *(f"(?:{form})$" for form in _AT_END))))
_NO_IDENTITY = re.compile(r"[\s・･.\-‐–—_'’「」『』]")
# The vendor is no part of a chip's model, nor are the words for "chip".
_NO_MODEL = re.compile(
    "nvidia|エヌビディア|amd|google|グーグル|aws|amazon|intel|チップ|gpu|instinct|製"
)
_JOINTS = re.compile(r"[\s\-・]")


def fold_party(name: str) -> str:
    """A party's name as it is compared: NFKC, small letters, no company form, spaces or dots.

    A name that is nothing but company forms is kept as it is.
    """
    text = unicodedata.normalize("NFKC", name).strip().lower()
    while True:
        shorter = _COMPANY_FORM.sub("", text).strip()
        if shorter in {text, ""}:
            return _NO_IDENTITY.sub("", text)
        text = shorter


def fold_chip(model: str) -> str:
    """A chip's model as it is compared: NFKC, small letters, without vendor, spaces or hyphens."""
    text = unicodedata.normalize("NFKC", model).lower()
    return _JOINTS.sub("", _NO_MODEL.sub("", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedAmount:
    """Money as it is compared; `value` None means a range of which `low` counts."""

    value: float | None
    low: float | None
    currency: str | None
    per: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedDeal:
    """One deal of either side, its names folded.

    Attributes:
        buyer, seller: a set of folded names a party.
        amount, amount_max, term_months, count, capacity_mw: None where the slot is empty.
        chips: folded models, each once, sorted.
        confidence: what the extractor trusts it with, None for annotated deals.
        source: the deal as it was read, for listings.
    """

    kind: str | None
    status: str | None
    buyer: tuple[frozenset[str], ...]
    seller: tuple[frozenset[str], ...]
    amount: ComparedAmount | None
    amount_max: float | None
    term_months: float | None
    chips: tuple[str, ...]
    count: float | None
    has_count: bool
    capacity_mw: float | None
    confidence: float | None
    source: Mapping[str, Any] = field(compare=False, repr=False)


def _party(party: Any) -> frozenset[str]:
    if isinstance(party, str):
        return frozenset({fold_party(party)})
    if isinstance(party, Mapping):
        names = [party["name"], *party.get("aliases", [])]
    else:
        names = list(party)
    return frozenset(fold_party(name) for name in names if name)


def _number(deal: Mapping[str, Any], slot: str) -> float | None:
    value = deal.get(slot)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        msg = f"{slot}: {value!r} is no number"
        raise TypeError(msg)
    return float(value)


def _amount(data: Any) -> ComparedAmount | None:
    if data is None or data == "":
        return None
    return ComparedAmount(
        value=_number(data, "value"),
        low=_number(data, "low"),
        currency=data.get("currency"),
        per=data.get("per") or None,
    )


def _chip(chip: Any) -> str:
    return fold_chip(chip if isinstance(chip, str) else chip.get("name", ""))


def compared_deal(deal: Mapping[str, Any]) -> ComparedDeal:
    """A deal in the slots of the annotation guideline, made comparable.

    Args:
        deal: a party is a string, a list of names, or `{"name", "aliases"}`; numbers are JSON
            numbers; `confidence` may stand beside the slots.

    Raises:
        TypeError, KeyError, AttributeError: a slot of another form.
    """
    count = deal.get("count")
    filled = count is not None and count != ""
    return ComparedDeal(
        kind=deal.get("kind") or None,
        status=deal.get("status") or None,
        buyer=tuple(_party(p) for p in deal.get("buyer") or ()),
        seller=tuple(_party(p) for p in deal.get("seller") or ()),
        amount=_amount(deal.get("amount")),
        amount_max=_number(deal, "amount_max"),
        term_months=_number(deal, "term_months"),
        chips=tuple(sorted({_chip(c) for c in deal.get("chips") or ()})),
        count=_number(count or {}, "value"),
        has_count=filled,
        capacity_mw=_number(deal, "capacity_mw"),
        confidence=_number(deal, "confidence"),
        source=deal,
    )


def compared_documents(
    documents: Iterable[tuple[str, Iterable[Mapping[str, Any]]]],
) -> dict[str, tuple[ComparedDeal, ...]]:
    """(document, deals) pairs as a table; a document given twice counts as given last."""
    return {doc: tuple(compared_deal(deal) for deal in deals) for doc, deals in documents}


def read_deals(path: Path) -> dict[str, tuple[ComparedDeal, ...]]:
    """The deals of a file with one `{"doc": …, "deals": […]}` a line, by document.

    Raises:
        IngestError: the file cannot be read, or a line has another form; the message names it.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise IngestError(
            str(path), f"cannot be read ({error.strerror}); check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise IngestError(str(path), f"no UTF-8 ({error}); convert it first") from error
    found: dict[str, tuple[ComparedDeal, ...]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                found[str(row["doc"])] = tuple(compared_deal(deal) for deal in row["deals"])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                reason = f"not a line of the form {{doc, deals}} ({error!r}); mend or remove it"
                raise IngestError(f"{path}:{number}", reason) from error
    return found
