"""Articles to learn from or to measure on: out of an exported dataset, or of annotated files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import Quarantined, SettingsError
from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.learn.dataset import Document, read_documents, read_info
from pipeline.learn.from_annotations import read_annotated, reviewed_as_annotated
from pipeline.learn.reviewed import ReviewedArticle
from pipeline.learn.split import Part, Shares, Told, assign_parts, group_documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Articles with the deals that they tell, by part.

    Attributes:
        name: the dataset's version, or the files' names, for cards.
        parts: train, validation and test; in each no deal of another.
        failed: articles that could not be read.
    """

    name: str
    parts: Mapping[Part, tuple[Document, ...]]
    failed: tuple[Quarantined, ...] = ()

    def all(self) -> tuple[Document, ...]:
        """The articles of all parts."""
        return tuple(document for part in Part for document in self.parts[part])


def from_dataset(folder: Path) -> Material:
    """The articles of a dataset that `torihiki learn export` wrote.

    Raises:
        ModelError: no dataset, or one of another format.
    """
    info = read_info(folder)
    return Material(
        name=f"reviews-{info['version']}",
        parts={part: tuple(read_documents(folder, part)) for part in Part},
    )


def annotated_articles(
    gold: Path, articles: Path, vocabulary: Vocabulary
) -> tuple[list[ReviewedArticle], list[Quarantined]]:
    """Annotated articles as reviewed ones, and those that could not be read.

    Raises:
        SettingsError: no such folder.
        IngestError: a line of `gold` that cannot be read.
    """
    if not articles.is_dir():
        msg = f"{articles}: no such folder; give the folder that `doc` paths start from"
        raise SettingsError(msg)
    reviewed: list[ReviewedArticle] = []
    failed: list[Quarantined] = []
    for item in read_annotated(gold, articles, vocabulary):
        if isinstance(item, Quarantined):
            failed.append(item)
        else:
            reviewed.append(reviewed_as_annotated(*item))
    return reviewed, failed


def split_documents(
    reviewed: Iterable[ReviewedArticle], shares: Shares | None = None, *, seed: int = 0
) -> dict[Part, tuple[Document, ...]]:
    """Reviewed articles as documents, split by deal; the same text twice counts once."""
    unique = {item.article.id: item for item in reviewed}
    told = [Told(id=key, deals=item.deals) for key, item in unique.items()]
    groups = group_documents(told)
    parts = assign_parts(groups, shares, seed=seed)
    documents = {
        key: Document(
            article=item.article, deals=item.deals, complete=item.complete, group=groups[key]
        )
        for key, item in unique.items()
    }
    return {part: tuple(documents[key] for key in unique if parts[key] is part) for part in Part}


def from_annotations(
    gold: Path, articles: Path, vocabulary: Vocabulary, *, seed: int = 0
) -> Material:
    """Annotated articles, split by deal.

    Raises:
        SettingsError: no such folder.
        IngestError: a line of `gold` that cannot be read.
    """
    reviewed, failed = annotated_articles(gold, articles, vocabulary)
    return Material(
        name=gold.name, parts=split_documents(reviewed, seed=seed), failed=tuple(failed)
    )
