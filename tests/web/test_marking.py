"""An article in pieces: every character once, in its place, with the slots that it says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.record import Evidence, Slot
from pipeline.web.marking import LONGEST_PARAGRAPH, paragraphs

TEXT = "見出し\n青空電機は約120億円を払う。\n\n終わり"


def quote(start: int, end: int, text: str = TEXT) -> Evidence:
    return Evidence(start=start, end=end, quote=text[start:end])


def test_evidence_is_a_piece_with_its_slot() -> None:
    start = TEXT.index("約120億円")
    found = paragraphs(TEXT, {Slot.AMOUNT: [quote(start, start + 6)]}, title="見出し")
    assert [one.start for one in found] == [0, 4, TEXT.index("\n\n") + 1, TEXT.index("終")]
    assert [piece.text for piece in found[1].pieces] == ["青空電機は", "約120億円", "を払う。"]
    assert [piece.slots for piece in found[1].pieces] == [(), (Slot.AMOUNT,), ()]
    assert [one.marked for one in found] == [False, True, False, False]
    assert [one.heading for one in found] == [True, False, False, False]


def test_overlapping_evidence_is_cut_where_slots_change() -> None:
    found = paragraphs(
        "あいうえお",
        {Slot.BUYER: [quote(0, 3, "あいうえお")], Slot.AMOUNT: [quote(2, 5, "あいうえお")]},
    )
    assert [(p.text, p.slots) for p in found[0].pieces] == [
        ("あい", (Slot.BUYER,)),
        ("う", (Slot.BUYER, Slot.AMOUNT)),
        ("えお", (Slot.AMOUNT,)),
    ]
    assert [p.anchors for p in found[0].pieces] == [(Slot.BUYER,), (Slot.AMOUNT,), ()]


def test_evidence_over_a_line_end_is_marked_on_both_lines() -> None:
    found = paragraphs("ab\ncd", {Slot.TERM: [quote(1, 4, "ab\ncd")]})
    assert [[(p.text, bool(p.slots)) for p in one.pieces] for one in found] == [
        [("a", False), ("b", True)],
        [("c", True), ("d", False)],
    ]


def test_direction_marks_stand_alone() -> None:
    (line,) = paragraphs("a\u202eb", {})
    assert [(p.text, p.control) for p in line.pieces] == [
        ("a", ""),
        ("\u202e", "U+202E"),
        ("b", ""),
    ]


def test_a_very_long_line_goes_on_in_the_next_paragraph() -> None:
    text = "😀" * (LONGEST_PARAGRAPH * 2 + 1)
    found = paragraphs(text, {})
    assert [one.breaks for one in found] == [False, False, True]
    assert [one.start for one in found] == [0, LONGEST_PARAGRAPH, LONGEST_PARAGRAPH * 2]


SPANS = st.lists(
    st.tuples(st.sampled_from(list(Slot)), st.integers(0, 60), st.integers(0, 60)), max_size=6
)


@settings(deadline=None)  # machines are busy
@given(st.text(alphabet="あ億\n\r\u202e😀 ", max_size=60), SPANS)
def test_pieces_are_the_text(text: str, spans: list[tuple[Slot, int, int]]) -> None:
    evidence: dict[Slot, list[Evidence]] = {}
    covered: dict[Slot, set[int]] = {}
    for slot, a, b in spans:
        start, end = min(a, b, len(text)), min(max(a, b), len(text))
        evidence.setdefault(slot, []).append(quote(start, end, text))
        covered.setdefault(slot, set()).update(range(start, end))
    found = paragraphs(text, evidence)
    rebuilt = "".join(
        "".join(p.text for p in one.pieces) + ("\n" if one.breaks else "") for one in found
    )
    assert rebuilt == text + "\n"
    for one in found:
        at = one.start
        for piece in one.pieces:
            assert piece.start == at
            for offset in range(at, at + len(piece.text)):
                told = {slot for slot in Slot if offset in covered.get(slot, ())}
                assert set(piece.slots) == told
            at += len(piece.text)
