"""Chip models and families, and what only looks like one."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.gazetteer.vocabulary import Vocabulary
from pipeline.mention import MentionKind
from pipeline.values import Chip

# sentence, quote, model, vendor, family?
CHIPS = [
    ("GB300を採用", "GB300", "GB300", "NVIDIA", False),
    ("GB300 NVL72を採用", "GB300 NVL72", "GB300 NVL72", "NVIDIA", False),
    ("「H200」", "H200", "H200", "NVIDIA", False),
    ("H200搭載", "H200", "H200", "NVIDIA", False),
    ("Ｈ２００搭載", "Ｈ２００", "H200", "NVIDIA", False),
    ("H200sを買う", "H200", "H200", "NVIDIA", False),
    ("H200-80GB版", "H200", "H200", "NVIDIA", False),
    ("Rubin CPX", "Rubin CPX", "Rubin CPX", "NVIDIA", False),
    ("Vera Rubin NVL144", "Vera Rubin NVL144", "Vera Rubin NVL144", "NVIDIA", False),
    ("Blackwell Ultra", "Blackwell Ultra", "Blackwell Ultra", "NVIDIA", True),
    ("「Blackwell」世代", "Blackwell", "Blackwell", "NVIDIA", True),
    ("ブラックウェル世代", "ブラックウェル", "Blackwell", "NVIDIA", True),
    ("ブラックウェルGPU", "ブラックウェル", "Blackwell", "NVIDIA", True),
    ("グレース・ブラックウェル", "グレース・ブラックウェル", "Grace Blackwell", "NVIDIA", True),
    ("エヌビディアのルービン", "ルービン", "Rubin", "NVIDIA", True),
    ("Grace CPU", "Grace", "Grace", "NVIDIA", True),
    ("MI450を発注", "MI450", "MI450", "AMD", False),
    ("Instinct MI355X", "MI355X", "MI355X", "AMD", False),
    ("TPU v7", "TPU v7", "TPU v7", "Google", False),
    ("TPUv7", "TPUv7", "TPU v7", "Google", False),
    ("TPUを借りる", "TPU", "TPU", "Google", True),
    ("Ironwoodを公開", "Ironwood", "Ironwood", "Google", False),
    ("Trainium3", "Trainium3", "Trainium3", "AWS", False),
    ("Trainium 3", "Trainium 3", "Trainium3", "AWS", False),
    ("trainium-2", "trainium-2", "Trainium2", "AWS", False),
    ("トレイニアム", "トレイニアム", "Trainium", "AWS", True),
    ("Inferentia2", "Inferentia2", "Inferentia2", "AWS", False),
    ("Ascend 910C", "Ascend 910C", "Ascend 910C", "Huawei", False),
    ("昇騰910C", "昇騰910C", "Ascend 910C", "Huawei", False),
    ("Gaudi 3", "Gaudi 3", "Gaudi 3", "Intel", False),
    ("ガウディ3", "ガウディ3", "Gaudi 3", "Intel", False),
    ("WSE-3", "WSE-3", "WSE-3", "Cerebras", False),
    ("Maia 200", "Maia 200", "Maia 200", "Microsoft", False),
    ("MTIA v2", "MTIA v2", "MTIA v2", "Meta", False),
    ("テスラのAI5", "AI5", "AI5", "Tesla", False),
    ("GroqのLPU", "LPU", "LPU", "Groq", True),
    ("富士通のMONAKA", "MONAKA", "MONAKA", "Fujitsu", True),
]


@pytest.mark.parametrize(
    ("sentence", "quote", "model", "vendor", "is_family"), CHIPS, ids=[row[0] for row in CHIPS]
)
def test_chip_is_read(
    read: Callable[..., Any], sentence: str, quote: str, model: str, vendor: str, is_family: bool
) -> None:
    """A model or family has one name, however it is written, and its vendor."""
    assert read(sentence, MentionKind.CHIP) == [
        (quote, Chip(model=model, vendor=vendor, is_family=is_family))
    ]


# Models that are in no list: sentence, model, vendor
UNLISTED = [
    ("GB900を発表", "GB900", "NVIDIA"),
    ("GB900 NVL96", "GB900 NVL96", "NVIDIA"),
    ("B700を発表", "B700", "NVIDIA"),
    ("H900を発表", "H900", "NVIDIA"),
    ("R300を発表", "R300", "NVIDIA"),
    ("RTX 7090", "RTX 7090", "NVIDIA"),
    ("MI650Xを発表", "MI650X", "AMD"),
    ("EPYC 9996", "EPYC 9996", "AMD"),
    ("TPU v9p", "TPU v9p", "Google"),
    ("Trainium7", "Trainium7", "AWS"),
    ("Graviton8", "Graviton8", "AWS"),
    ("Maia 500", "Maia 500", "Microsoft"),
    ("Ascend 980D", "Ascend 980D", "Huawei"),
    ("昇騰980", "昇騰980", "Huawei"),
    ("Gaudi 5", "Gaudi 5", "Intel"),
    ("WSE-6", "WSE-6", "Cerebras"),
    ("Apple M9 Ultra", "M9 Ultra", "Apple"),
]


@pytest.mark.parametrize(
    ("sentence", "model", "vendor"), UNLISTED, ids=[row[0] for row in UNLISTED]
)
def test_unlisted_chip_is_read_by_its_pattern(
    mentions_in: Callable[..., Any], sentence: str, model: str, vendor: str
) -> None:
    """A model that follows its vendor's way of naming needs no entry."""
    [one] = [one for one in mentions_in(sentence) if one.kind is MentionKind.CHIP]
    assert (one.value, one.rule) == (Chip(model=model, vendor=vendor), "chip.pattern")


COMPARED = [
    "H100の10倍",
    "H100の約2.5倍の性能",
    "H100と比べて速い",
    "H100より速い",
    "H100に比べ",
    "H100の3分の1",
]


@pytest.mark.parametrize("sentence", COMPARED)
def test_chip_that_something_is_compared_with_is_named(
    mentions_in: Callable[..., Any], sentence: str
) -> None:
    """A comparison is no deal, which the rule tells; its number counts nothing."""
    mentions = mentions_in(sentence)
    assert mentions[0].rule == "chip.compared"
    assert all(one.kind in (MentionKind.CHIP, MentionKind.NUMBER) for one in mentions)


SEVERAL = [
    ("GB200/GB300", ["GB200", "GB300"]),
    ("A100・H100・H200", ["A100", "H100", "H200"]),
    ("H100やMI300X", ["H100", "MI300X"]),
    ("BlackwellとRubin GPU", ["Blackwell", "Rubin"]),
    ("B200を8基載せたDGX", ["B200", "DGX"]),
]


@pytest.mark.parametrize(("sentence", "models"), SEVERAL, ids=[row[0] for row in SEVERAL])
def test_several_chips_are_read(read: Callable[..., Any], sentence: str, models: list[str]) -> None:
    """Lists of models are read one by one."""
    assert [chip.model for _, chip in read(sentence, MentionKind.CHIP)] == models


NO_CHIP = [
    "H2O",
    "B2B取引",
    "A380型機",
    "GPT-5",
    "M4戦車",
    "AI5年計画",
    "Turing Award",
    "Denis Hopper氏",
    "グレース氏",
    "アンペア時",
    "コバルト鉱山",
    "トマホーク巡航ミサイル",
    "H3ロケット",
    "HBM4",
    "XH100Y",
    "H100X1",
    "CH100",
    "サグラダ・ファミリア",
    "ネオブラックウェルズ",
    "https://example.com/H100",
    "R2D2",
    "Dojoで稽古",
]


@pytest.mark.parametrize("sentence", NO_CHIP)
def test_no_chip_is_read(read: Callable[..., Any], sentence: str) -> None:
    """Parts of longer names, persons, places and other codes are no chips."""
    assert read(sentence, MentionKind.CHIP) == []


def test_catalogue_holds_at_least_sixty_chips(vocabulary: Vocabulary) -> None:
    """Every listed name reads back as itself beside its vendor."""
    names = [name for vendor in vocabulary.chips for name in (*vendor.models, *vendor.families)]
    assert len(names) >= 60
    assert len({vendor.name for vendor in vocabulary.chips}) == len(vocabulary.chips)


def test_every_listed_chip_reads_back(vocabulary: Vocabulary, read: Callable[..., Any]) -> None:
    """Each model, family and alias of models/chips.toml is read as what the file says."""
    for vendor in vocabulary.chips:
        written = {name: name for name in (*vendor.models, *vendor.families)} | dict(vendor.aliases)
        for form, name in written.items():
            sentence = f"{vendor.names[0]}製の{form} を搭載"
            models = [chip.model for _, chip in read(sentence, MentionKind.CHIP)]
            assert name in models, (form, models)
