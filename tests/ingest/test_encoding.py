"""Bytes become the text that their author wrote, whatever the declarations say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.ingest.encoding import decode

PLAIN = "北海電算は、同社の新型サーバーを30億円で購入すると発表した。"
SPECIAL = "㈱みなと電機は①推論基盤、②学習基盤の二つを髙橋情報システムから1億円で買う。"
KANA = "ﾃﾞｰﾀｾﾝﾀｰ用のメモリーを5億円分注文した。"


def jis_with_nec(text: str) -> bytes:
    """ISO-2022-JP as mail programs wrote it, with NEC's row 13 (㈱ ①) in it."""
    out, kanji = b"", False
    for char in text:
        lead_trail = char.encode("cp932")
        if len(lead_trail) == 1:
            out += (b"\x1b(B" if kanji else b"") + lead_trail
            kanji = False
            continue
        lead, trail = lead_trail
        row = (lead - (0x70 if lead < 0xA0 else 0xB0)) * 2
        if trail >= 0x9F:
            cell = trail - 0x7E
        else:
            row -= 1
            cell = trail - (0x1F if trail < 0x7F else 0x20)
        out += (b"" if kanji else b"\x1b$B") + bytes([row, cell])
        kanji = True
    return out + (b"\x1b(B" if kanji else b"")


@pytest.mark.parametrize(
    ("data", "declared", "text", "name"),
    [
        pytest.param(PLAIN.encode(), None, PLAIN, "utf-8", id="utf-8"),
        pytest.param(PLAIN.encode(), "shift_jis", PLAIN, "utf-8", id="utf-8 declared Shift_JIS"),
        pytest.param(PLAIN.encode("utf-8-sig"), None, PLAIN, "utf-8", id="byte order mark"),
        pytest.param(PLAIN.encode("utf-16"), None, PLAIN, "utf-16-le", id="utf-16 with mark"),
        pytest.param(PLAIN.encode("cp932"), None, PLAIN, "cp932", id="cp932 undeclared"),
        pytest.param(SPECIAL.encode("cp932"), "Shift_JIS", SPECIAL, "cp932", id="cp932 with ㈱①髙"),
        pytest.param(
            SPECIAL.encode("cp932"), "iso-8859-1", SPECIAL, "cp932", id="declared latin-1"
        ),
        pytest.param(SPECIAL.encode("cp932"), "utf-8", SPECIAL, "cp932", id="declared utf-8"),
        pytest.param(SPECIAL.encode("cp932"), "euc-jp", SPECIAL, "cp932", id="declared EUC"),
        pytest.param(KANA.encode("cp932"), None, KANA, "cp932", id="half-width kana"),
        pytest.param(PLAIN.encode("euc_jp"), None, PLAIN, "euc-jp", id="EUC undeclared"),
        pytest.param(PLAIN.encode("euc_jp"), "shift_jis", PLAIN, "euc-jp", id="EUC declared SJIS"),
        pytest.param(PLAIN.encode("iso2022_jp"), None, PLAIN, "iso-2022-jp", id="ISO-2022-JP"),
        pytest.param(PLAIN.encode("iso2022_jp"), "utf-8", PLAIN, "iso-2022-jp", id="JIS as utf-8"),
        pytest.param(b"Deal: $5 million", "shift_jis", "Deal: $5 million", "utf-8", id="ASCII"),
        pytest.param(
            "café à Paris".encode("cp1252"), "iso-8859-1", "café à Paris", "cp1252", id="é"
        ),
    ],
)
def test_decode_finds_the_encoding(data: bytes, declared: str | None, text: str, name: str) -> None:
    assert decode(data, declared=declared) == (text, name)


def test_decode_reads_nec_characters_in_iso_2022_jp() -> None:
    text = "㈱あおば①②"
    assert decode(jis_with_nec(text)) == (text, "iso-2022-jp")


def test_decode_reads_nec_characters_in_euc_jp() -> None:
    # Row 13 of EUC-JP as Microsoft's CP51932 has it: ㈱ is ADEA, ① is ADA1.
    data = b"\xad\xea" + "あおば".encode("euc_jp") + b"\xad\xa1" + "番館".encode("euc_jp")
    assert decode(data, declared="euc-jp") == ("㈱あおば①番館", "euc-jp")


def test_decode_reads_half_width_kana_in_iso_2022_jp() -> None:
    assert decode(b"\x1b(I\x36\x45\x1b(B!")[0] == "ｶﾅ!"


def test_decode_believes_the_page_over_nothing() -> None:
    page = f'<html><head><meta charset="Shift_JIS"></head><body>{SPECIAL}</body></html>'
    assert decode(page.encode("cp932"), is_html=True)[1] == "cp932"


def test_decode_allows_a_page_one_broken_character_in_a_thousand() -> None:
    data = (PLAIN * 60).encode() + b"\xe3\x81" + PLAIN.encode()
    text, name = decode(data, is_html=True)
    assert name == "utf-8"
    assert text.count("\ufffd") == 1
    with pytest.raises(DecodeError, match="broken UTF-8"):
        decode(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(
            "一行目\n二行目は".encode() + b"\xff\xfe" + "壊れている".encode() * 3,
            r"broken UTF-8 at byte 22 \(line 2\)",
            id="broken UTF-8 names byte and line",
        ),
        pytest.param(b"\x00\x01\x02\x03" * 50, "binary", id="binary"),
        pytest.param(b"%PDF-1.7 text", "PDF", id="PDF"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "PNG", id="image"),
        pytest.param(b"PK\x03\x04abc", "zip", id="zip named as text"),
    ],
)
def test_decode_refuses_what_is_no_text(data: bytes, reason: str) -> None:
    with pytest.raises(DecodeError, match=reason) as caught:
        decode(data, source="a.md")
    assert caught.value.source == "a.md"


@given(st.text(alphabet=st.characters(min_codepoint=0x3041, max_codepoint=0x30FE), min_size=8))
def test_decode_round_trips_kana_in_every_japanese_encoding(text: str) -> None:
    for name in ("cp932", "euc_jp", "utf-8"):
        try:
            data = text.encode(name)
        except UnicodeEncodeError:
            continue
        assert decode(data, declared=name)[0] == text


@given(
    st.binary(max_size=300), st.sampled_from([None, "utf-8", "shift_jis", "euc-jp", "x-unknown"])
)
def test_decode_never_crashes(data: bytes, declared: str | None) -> None:
    try:
        text, name = decode(data, declared=declared)
    except DecodeError:
        return
    assert "\x00" not in text or name.startswith("utf-")
    assert name
