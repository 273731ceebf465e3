"""All that linking knows, in one frozen object: parties, rates, cue words, weights."""

import hashlib
from dataclasses import dataclass

from pipeline.gazetteer.cues import Cues
from pipeline.link.record import LinkRecord, Namer
from pipeline.link.scorer import Scorer
from pipeline.link.telling import Preparer, Telling

_CODE = "2"  # to be raised when blocks or features change, so that stores link anew


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkKit:
    """What turns records into deals; `pipeline.load_link.load_link_kit` reads it from models/.

    Attributes:
        namer: knows the parties.
        preparer: makes tellings of records.
        scorer: scores pairs of tellings.
        cues: words of the evidence; knows which sources are believed.
        data_version: digest of the data files.
    """

    namer: Namer
    preparer: Preparer
    scorer: Scorer
    cues: Cues
    data_version: str

    @property
    def version(self) -> str:
        """Changes with anything that may change a link; 12 hex digits."""
        parts = f"{_CODE}\n{self.scorer.version}\n{self.data_version}"
        return hashlib.sha256(parts.encode()).hexdigest()[:12]

    def tell(self, record: LinkRecord) -> Telling:
        """The record as it is compared."""
        return self.preparer.tell(record)
