"""What companies.toml may hold, and how its faults are told."""

from pathlib import Path

import pytest

from pipeline.errors import GazetteerError
from pipeline.gazetteer.companies import Companies, load_companies


def load(folder: Path, text: str) -> Companies:
    (folder / "companies.toml").write_text(text, encoding="utf-8")
    return load_companies(folder)


def test_one_line_adds_a_company(tmp_path: Path) -> None:
    companies = load(
        tmp_path,
        '[company]\nmidori = { name = "緑川電子", names = ["Midorikawa", "ミドリカワ"], country = "JP" }\n',
    )
    text = "緑川電子（Midorikawa）はミドリカワと名乗る"
    quotes = [text[span.start : span.end] for span, _ in companies.find(text)]
    assert quotes == ["緑川電子", "Midorikawa", "ミドリカワ"]
    assert companies.by_id["midori"].country == "JP"
    assert companies.by_id["midori"].kind == "company"


def test_an_empty_file_knows_nobody(tmp_path: Path) -> None:
    assert load(tmp_path, "").find("OpenAIが契約した") == ()


@pytest.mark.parametrize(
    ("guard", "text", "is_named"),
    [
        ('{ not_before = ["ロボ"] }', "アームロボ", False),
        ('{ not_before = ["ロボ"] }', "アームの株", True),
        ('{ not_after = ["右"] }', "右アーム", False),
        ('{ not_after = ["右"] }', "英アーム", True),
        ('{ only_before = ["社", "は"] }', "アームの株", False),
        ('{ only_before = ["社", "は"] }', "アームは", True),
        ('{ only_after = ["英"] }', "アームは", False),
        ('{ only_after = ["英"] }', "英アームは", True),
    ],
)
def test_a_guard_looks_at_the_neighbours(
    tmp_path: Path, guard: str, text: str, is_named: bool
) -> None:
    companies = load(
        tmp_path, f'[company]\narm = {{ name = "アーム" }}\n[guard]\n"アーム" = {guard}\n'
    )
    assert bool(companies.find(text)) is is_named


def test_an_exact_guard_minds_the_capitals(tmp_path: Path) -> None:
    companies = load(
        tmp_path, '[company]\nxai = { name = "xAI" }\n[guard]\n"xAI" = { exact = true }\n'
    )
    assert len(companies.find("xAIとXAIとxai")) == 1


FAULTS = [
    pytest.param("[company\n", "no TOML", id="no-toml"),
    pytest.param("[firm]\n", "table [firm] is unknown", id="unknown-kind"),
    pytest.param("company = 3\n", "must be a table", id="kind-is-no-table"),
    pytest.param('[company]\na = "A社"\n', ":2: a: must be { … }", id="entry-is-no-table"),
    pytest.param(
        '[company]\na = { name = "AB", trade = "bakery" }\n',
        ":2: a: trade 'bakery' is unknown; use lab, platform",
        id="trade",
    ),
    pytest.param('[company]\na = { nam = "AB" }\n', ":2: a: field 'nam' is unknown", id="field"),
    pytest.param("[company]\na = { }\n", ":2: a: needs a name", id="no-name"),
    pytest.param('[company]\na = { name = "" }\n', ":2: a: needs a name", id="empty-name"),
    pytest.param('[company]\nA_b = { name = "AB" }\n', ":2: A_b: an id is", id="id"),
    pytest.param(
        '[company]\na = { name = "AB", country = "Japan" }\n', "must be two capitals", id="country"
    ),
    pytest.param(
        '[company]\na = { name = "AB", names = "CD" }\n', "names must be a list", id="names"
    ),
    pytest.param(
        '[company]\na = { name = "AB", names = [""] }\n', "names must be a list", id="blank"
    ),
    pytest.param('[company]\na = { name = "A" }\n', "'A' is too short", id="one-letter"),
    pytest.param(
        '[company]\na = { name = "AB", names = ["ＡＢ"] }\n',
        "'ＡＢ' stands twice",
        id="twice-in-one",
    ),
    pytest.param(
        '[company]\na = { name = "緑川" }\nb = { name = "青山", names = ["緑川"] }\n',
        ":3: b: '緑川' is already a name of a",
        id="two-owners",
    ),
    pytest.param(
        '[company]\na = { name = "Green River" }\nb = { name = "GreenRiver" }\n',
        ":3: b: 'GreenRiver' is already a name of a",
        id="two-owners-by-spelling",
    ),
    pytest.param(
        '[company]\na = { name = "AB", products = ["CD"] }\nb = { name = "CD" }\n',
        ":3: b: 'CD' is already a name of a",
        id="product-and-company",
    ),
    pytest.param(
        '[company]\na = { name = "AB" }\n[fund]\na = { name = "CD" }\n',
        "stands under company too",
        id="id-twice",
    ),
    pytest.param(
        '[company]\na = { name = "AB", parent = "zz" }\n', "parent 'zz' is no entry", id="parent"
    ),
    pytest.param(
        '[company]\na = { name = "AB", parent = 1 }\n', "parent must be the id", id="parent-type"
    ),
    pytest.param('[guard]\n"AB" = { }\n', ":2: ab: has a guard but", id="guard-of-nobody"),
    pytest.param(
        '[company]\na = { name = "AB" }\n[guard]\n"AB" = { before = ["C"] }\n',
        ":4: AB: guard 'before' is unknown",
        id="guard-field",
    ),
    pytest.param(
        '[company]\na = { name = "AB" }\n[guard]\n"AB" = { exact = 1 }\n',
        "exact must be",
        id="exact",
    ),
]


@pytest.mark.parametrize(("text", "told"), FAULTS)
def test_a_fault_is_told_with_file_and_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(GazetteerError) as caught:
        load(tmp_path, text)
    assert told in str(caught.value)
    assert str(tmp_path / "companies.toml") in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(GazetteerError, match=r"companies\.toml: cannot be read"):
        load_companies(tmp_path)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "companies.toml").write_bytes('[company]\na = { name = "緑川" }\n'.encode("cp932"))
    with pytest.raises(GazetteerError, match="cannot be read"):
        load_companies(tmp_path)
