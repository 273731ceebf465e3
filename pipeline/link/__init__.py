"""Records of many articles that tell of one real deal: who tells the same, and what they say.

Pure: no file, no network, no clock. `DealLedger` links; `pipeline.link.deal` makes a deal of what was
linked.
"""

from pipeline.link.decisions import Decision, decide
from pipeline.link.ledger import DealLedger, Outcome, Shelf
from pipeline.link.record import LinkParty, LinkRecord, Namer, from_deal_record, from_gold
from pipeline.link.scorer import Scorer, scorer_from_data
from pipeline.link.shelf import MemoryShelf
from pipeline.link.telling import Preparer, Telling

__all__ = [
    "DealLedger",
    "Decision",
    "LinkParty",
    "LinkRecord",
    "MemoryShelf",
    "Namer",
    "Outcome",
    "Preparer",
    "Scorer",
    "Shelf",
    "Telling",
    "decide",
    "from_deal_record",
    "from_gold",
    "scorer_from_data",
]
