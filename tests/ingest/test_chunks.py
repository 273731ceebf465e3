"""A chunk file becomes the one article that its chunks were cut from."""

from pathlib import Path

import pytest

from pipeline.ingest.chunks import is_chunked, join_chunks

SEED = Path(__file__).parents[2].parent / "shared" / "seed" / "article.txt"

LEAD = "港電機は五日、沖合の海底ケーブルを敷き直すと発表した。\n費用は40億円に上る見通しだ。"
NEXT = "工事は来春に始まり、三年で終わる。\n地元の漁協とは合意済みという。"


@pytest.mark.parametrize(
    ("text", "is_chunk_file"),
    [
        pytest.param("前半\n---END---\n後半", True, id="END line"),
        pytest.param("前半\n=== END ===\n後半", True, id="other marks"),
        pytest.param("前半\n---\n後半", False, id="rule"),
        pytest.param("文中の---END---は区切りでない。", False, id="inside a sentence"),
        pytest.param("THE END\n", False, id="prose"),
    ],
)
def test_is_chunked(text: str, *, is_chunk_file: bool) -> None:
    assert is_chunked(text) is is_chunk_file


@pytest.mark.parametrize(
    ("chunks", "article"),
    [
        pytest.param([LEAD], LEAD, id="one chunk"),
        pytest.param([LEAD[:17], LEAD[17:]], LEAD, id="cut in the middle of a word"),
        pytest.param([LEAD + NEXT[:9], NEXT[9:]], LEAD + NEXT, id="cut in a later sentence"),
        pytest.param([LEAD[:17], "## 費用\n40億円"], LEAD[:17] + "\n\n## 費用\n40億円", id="heading next"),
        pytest.param([LEAD, LEAD], LEAD, id="copy"),
        pytest.param([LEAD, LEAD.replace("\n", " ")], LEAD, id="copy with its lines run together"),
        pytest.param([LEAD, LEAD[:30]], LEAD, id="copy that breaks off"),
        pytest.param([LEAD, LEAD[20:] + NEXT], LEAD + NEXT, id="overlap"),
        pytest.param([LEAD, "", LEAD, "  \n"], LEAD, id="empty chunks"),
        pytest.param(
            [LEAD + NEXT, LEAD + "入札は行わない。" + NEXT], LEAD + "入札は行わない。" + NEXT,
            id="second telling adds a sentence where it belongs",
        ),
        pytest.param(
            [LEAD + NEXT + "社会", LEAD + NEXT + "社会への影響は小さい。"],
            LEAD + NEXT + "社会への影響は小さい。",
            id="second telling completes the word that was cut",
        ),
    ],
)  # fmt: skip
def test_join_chunks(chunks: list[str], article: str) -> None:
    text = "\n\n---END---\n\n".join(chunks) + "\n\n---END---"
    assert join_chunks(text) == article


def test_join_chunks_leaves_out_a_copy_inside_a_chunk() -> None:
    article = "\n\n".join(
        [
            LEAD,
            NEXT,
            "敷設船は二隻を使う。一隻は新しく造り、もう一隻は借りる。船員は四十人を募る。" * 2,
        ]
    )
    flattened = article.replace("\n", " ")
    assert (
        join_chunks(f"{article}\n\n{flattened}\n---END---\n続報はない。")
        == f"{article}\n\n続報はない。"
    )


def test_join_chunks_makes_no_sentence_over_a_copy_that_was_left_out() -> None:
    chunks = [LEAD + NEXT[:9], LEAD[:40], "入札は二度行われ、いずれも不調に終わった。"]
    joined = join_chunks("\n---END---\n".join(chunks))
    assert joined == f"{LEAD}{NEXT[:9]}\n\n{chunks[2]}"


def test_join_chunks_keeps_a_chunk_that_shares_only_a_phrase() -> None:
    other = "別の試算では50億円を超え、二社が入札を見送った。費用は40億円に上る見通しだ。"
    assert join_chunks(f"{LEAD}\n---END---\n{other}") == f"{LEAD}\n\n{other}"


@pytest.mark.skipif(not SEED.is_file(), reason="the seed article is not beside the repository")
def test_join_chunks_reads_the_seed_once() -> None:
    joined = join_chunks(SEED.read_text(encoding="utf-8"))
    squeezed = "".join(joined.split())
    sentences = [part for part in squeezed.split("。") if len(part) > 40]
    repeated = {part for part in sentences if sentences.count(part) > 1}
    assert "総額330億ドル以上もの投資" in joined
    assert squeezed.count("初期契約は174億ドルで") == 1
    # Two closing sentences stand twice in the first chunk itself.
    assert len(repeated) <= 2
