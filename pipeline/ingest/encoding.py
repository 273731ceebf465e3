"""Bytes to text: what the bytes themselves show first, what they are said to be second.

Japanese pages and feeds are often declared as another charset than they are in, and Shift_JIS
almost always means Microsoft's superset (cp932 with ㈱ ① 髙). So: a byte order mark, the escape
sequences of ISO-2022-JP and valid UTF-8 decide by themselves; then the declared charset, if it
fits strictly; then the Japanese charsets, by how Japanese the outcome is; chardet last.
"""

import re
from collections.abc import Callable

import chardet
from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

from pipeline.errors import DecodeError

_SNIFFED_BYTES = 65_536
_MAGIC = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "PNG image"),
    (b"\xff\xd8\xff", "JPEG image"),
    (b"GIF8", "GIF image"),
    (b"PK\x03\x04", "zip archive"),
    (b"\x1f\x8b", "gzip stream"),
    (b"\x28\xb5\x2f\xfd", "Zstandard stream"),
    (b"PAR1", "Parquet file"),
    (b"SQLite format 3", "SQLite database"),
    (b"\x7fELF", "program"),
)
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([BIJ])")
_JIS_SEGMENT = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BIJ])")
_CP932_NAMES = frozenset({"cp932", "shift_jis", "shiftjis", "shift-jis", "sjis", "ms932"})
_CP932_LABELS = frozenset({"x-sjis", "x-ms-cp932", "windows-31j", "ms_kanji", "csshiftjis"})
_EUC_NAMES = frozenset({"euc_jp", "euc-jp", "eucjp", "x-euc-jp", "euc-jp-ms", "cp51932"})
_JIS_NAMES = frozenset({"iso-2022-jp", "iso2022_jp", "csiso2022jp", "cp50220", "cp50221"})
_KANA = re.compile("[ぁ-んァ-ヶー、。]")
_KANJI = re.compile("[一-龥々]")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_ODD = re.compile("[\ue000-\uf8ff\ufffd\x80-\x9f]")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(
    data: bytes, *, declared: str | None = None, is_html: bool = False, source: str = "input"
) -> tuple[str, str]:
    """The text of `data` and the name of the encoding that it is in.

    Args:
        data: a whole document; a byte order mark is left out of the text.
        declared: a charset from an HTTP header, an option or an XML declaration; may be false.
        is_html: look for the charset that the page itself declares, and allow some broken
            characters (one in a thousand, as U+FFFD), as browsers do.
        source: where the bytes are from, for the error.

    Raises:
        DecodeError: binary data, broken UTF-8 (with its byte offset), or no encoding fits.
    """
    bom_name, bom = read_bom(data)
    if bom_name and bom:
        return _strictly(data[len(bom) :], bom_name, source), bom_name
    _refuse_binary(data, declared, source)
    if _ISO_2022_JP.search(data) and max(data) < 0x80:
        return _decode_jis(data), "iso-2022-jp"
    labels = [declared, html_body_declared_encoding(data) if is_html else None]
    names = [name for label in labels if label and (name := _codec_name(label))]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_other(data, names, error, is_html=is_html, source=source)
    return _prefer_declared(data, text, names)


def _strictly(data: bytes, name: str, source: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        reason = f"starts as {name} but breaks at byte {error.start}; save the file again as UTF-8"
        raise DecodeError(source, reason) from error


def _refuse_binary(data: bytes, declared: str | None, source: str) -> None:
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise DecodeError(source, f"binary, not text ({kind}); export it as text first")
    head = data[:_SNIFFED_BYTES]
    utf_16 = bool(declared) and (declared or "").lower().startswith(("utf-16", "utf16", "utf-32"))
    if not utf_16 and (b"\x00" in head or len(_CONTROL.findall(head)) * 20 > len(head)):
        raise DecodeError(source, "binary, not text; export it as text first")


def _codec_name(label: str) -> str | None:
    name = label.strip().strip("\"'").lower()
    if name in _CP932_NAMES or name in _CP932_LABELS:
        return "cp932"
    if name in _EUC_NAMES:
        return "euc-jp"
    if name in _JIS_NAMES:
        return "iso-2022-jp"
    return resolve_encoding(name)


def _prefer_declared(data: bytes, text: str, names: list[str]) -> tuple[str, str]:
    """UTF-8, unless a short text is Japanese only in the declared Japanese charset."""
    for name in names:
        if name in {"cp932", "euc-jp"} and not text.isascii() and not _japanese(text):
            other = _try(data, name)
            if other is not None and _japanese(other) and not _looks_odd(other):
                return other, name
    return text, "utf-8"


def _decode_other(
    data: bytes, names: list[str], error: UnicodeDecodeError, *, is_html: bool, source: str
) -> tuple[str, str]:
    patched = data.decode("utf-8", "replace")
    broken = patched.count("\ufffd")
    valid = sum(1 for char in patched if char > "\x7f") - broken
    if valid > broken * 4:
        if is_html and broken * 1000 <= len(patched):
            return patched, "utf-8"
        line = data.count(b"\n", 0, error.start) + 1
        reason = (
            f"broken UTF-8 at byte {error.start} (line {line}); mend the file, "
            "or name its encoding if it is another"
        )
        raise DecodeError(source, reason) from error
    for name in names:
        text = _try(data, name)
        if text is not None and _fits(text, name):
            return text, name
    candidates = [(text, name) for name in ("cp932", "euc-jp") if (text := _try(data, name))]
    if candidates:
        best = max(candidates, key=lambda candidate: _likeness(candidate[0]))
        if _likeness(best[0]) > 0:
            return best
    return _ask_chardet(data, names, source)


def _fits(text: str, name: str) -> bool:
    """A Western charset takes any bytes, so its word counts only where nothing looks odd."""
    if name in {"cp1252", "latin-1", "iso8859-1", "iso8859-15"}:
        letters = sum(1 for char in text if char > "\x7f")
        return not _looks_odd(text) and letters * 5 < len(text)
    return _likeness(text) >= 0


def _ask_chardet(data: bytes, names: list[str], source: str) -> tuple[str, str]:
    found = chardet.detect(data[:_SNIFFED_BYTES])
    guess = found["encoding"]
    if guess and (found["confidence"] or 0) >= 0.5:
        text = _try(data, _codec_name(guess) or guess)
        if text is not None:
            return text, guess.lower()
    for name in names:
        text = _try(data, name)
        if text is not None:
            return text, name
    tried = ", ".join(dict.fromkeys(["utf-8", *names, "cp932", "euc-jp", "iso-2022-jp"]))
    raise DecodeError(source, f"no encoding fits (tried {tried}); save it as UTF-8 or name its own")


def _try(data: bytes, name: str) -> str | None:
    special: dict[str, Callable[[bytes], str]] = {"euc-jp": _decode_euc, "iso-2022-jp": _decode_jis}
    try:
        return special[name](data) if name in special else data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _looks_odd(text: str) -> bool:
    return bool(_ODD.search(text) or _HALF_KANA.search(text))


def _japanese(text: str) -> bool:
    return bool(_KANA.search(text) or _KANJI.search(text))


def _likeness(text: str) -> int:
    """How Japanese a decoding looks: kana count most; half-width kana and private use against.

    Half-width kana count against because EUC-JP read as cp932 turns into them.
    """
    sample = text[:_SNIFFED_BYTES]
    good = 2 * len(_KANA.findall(sample)) + len(_KANJI.findall(sample))
    return good - len(_HALF_KANA.findall(sample)) - 3 * len(_ODD.findall(sample))


def _decode_euc(data: bytes) -> str:
    """EUC-JP with the NEC and IBM rows that Python's codec lacks (㈱ ①)."""
    try:
        return data.decode("euc_jp")
    except UnicodeDecodeError:
        return "".join(_euc_piece(piece) for piece in _EUC_PIECE.findall(data))


_EUC_PIECE = re.compile(
    rb"[\x00-\x7f]+|\x8f[\xa1-\xfe]{2}|\x8e[\xa1-\xdf]|[\xa1-\xfe]{2}|[\x80-\xff]"
)


def _euc_piece(piece: bytes) -> str:
    try:
        return piece.decode("euc_jp")
    except UnicodeDecodeError:
        if len(piece) != 2:
            raise
        return _jis_pair(piece[0] & 0x7F, piece[1] & 0x7F).decode("cp932")


def _jis_pair(row: int, cell: int) -> bytes:
    """The Shift_JIS bytes of a JIS X 0208 position (both 0x21 to 0x7E)."""
    lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    odd_trail = cell + (0x1F if cell < 0x60 else 0x20)
    return bytes([lead, odd_trail if row % 2 else cell + 0x7E])


def _decode_jis(data: bytes) -> str:
    """ISO-2022-JP as mailed and printed in Japan: NEC characters and half-width kana too."""
    pieces = _JIS_SEGMENT.split(data)
    text = [pieces[0].decode("ascii")]
    for escape, segment in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append(_jis_segment(escape, segment))
    return "".join(text)


def _jis_segment(escape: bytes, segment: bytes) -> str:
    if escape in {b"$@", b"$B"}:
        body, line_end, rest = segment.partition(b"\n")
        end = len(body) - len(body) % 2
        pairs = (body[index : index + 2] for index in range(0, end, 2))
        kanji = b"".join(_jis_pair(pair[0], pair[1]) for pair in pairs)
        return kanji.decode("cp932") + (body[end:] + line_end + rest).decode("ascii")
    if escape == b"(I":
        return bytes(byte | 0x80 if byte >= 0x21 else byte for byte in segment).decode("cp932")
    if escape == b"$(D":
        return (b"\x1b$(D" + segment + b"\x1b(B").decode("iso2022_jp_1")
    return segment.decode("ascii")
