"""Another annotator by setting: a folder of a spaCy pipeline, or a package that must be installed."""

from pathlib import Path

import pytest
import spacy

from pipeline.active import Choice
from pipeline.article import make_article
from pipeline.errors import ModelError
from pipeline.load import extractor_version, load_extractor
from pipeline.settings import Settings

TEXT = "架空の雲海計算機構は5日、山彦設計室に300億円を出資すると発表した。"


@pytest.fixture(scope="module")
def annotator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline on disk that knows one name which nothing else knows."""
    folder = tmp_path_factory.mktemp("annotator") / "ja_tiny"
    nlp = spacy.blank("ja")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "Company", "pattern": "雲海計算機構"},
            {"label": "Company", "pattern": "山彦設計室"},
        ]
    )
    nlp.to_disk(folder)
    return folder


def parties(settings: Settings) -> set[str]:
    extractor = load_extractor(settings, choice=Choice())
    records = extractor.extract(make_article(TEXT, source="a")).records
    return {party.name for record in records for party in (*record.buyer, *record.seller)}


def test_the_annotator_of_the_settings_names_the_parties(annotator: Path) -> None:
    assert parties(Settings(spacy_model=str(annotator))) == {"雲海計算機構", "山彦設計室"}


def test_another_annotator_is_another_extractor_version(annotator: Path) -> None:
    versions = {
        extractor_version(Settings(spacy_model=name)) for name in ("ja_ginza", str(annotator))
    }
    assert len(versions) == 2


@pytest.mark.parametrize("name", ["ja_ginza_electra", "ja_ginza_bert_large"])
def test_a_missing_annotator_says_how_to_get_it(name: str) -> None:
    if spacy.util.is_package(name):
        pytest.fail(f"{name} is installed; this test wants a machine without it")
    with pytest.raises(ModelError, match=f"pip install {name.replace('_', '-')}") as caught:
        load_extractor(Settings(spacy_model=name))
    assert "fetch their weights at first use and need torch" in str(caught.value)
