"""Names of parties folded for comparison: widths, legal forms, spacing, and how a name sounds.

`fold_party` makes one form of 株式会社Preferred Networks and Preferred Networks, Inc.;
`sound_key` makes one of クローサーロボティクス and Closer Robotics, by consonants, for names that no
gazetteer knows.
"""

import re
import unicodedata
from functools import lru_cache

_LEGAL = re.compile(
    r"^(?:株式会社|合同会社|有限会社|一般社団法人|一般財団法人|公益財団法人|国立研究開発法人|独立行政法人"
    r"|国立大学法人|学校法人|the\s+)|(?:株式会社|合同会社|有限会社|\(株\)|\(有\)"
    r"|[,\s]\s*(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|lp|plc|pbc|gmbh|ag|se|sa"
    r"|s\.a|s\.p\.a|spa|nv|n\.v|bv|b\.v|ab|oy|kk|k\.k|sas|pte)\.?"
    r"|[・\s]*(?:グループ|ホールディングス|ホールディング|hd)|\s+(?:group|holdings?)|社)$"
)
_BRACKETS = re.compile(r"\([^()]*\)")
_NOISE = re.compile(r"[\s・･.,\-‐–—_'’\"「」『』&＆/]")
_WORD = re.compile(r"[a-z0-9]+|[ァ-ヺー]+|[ぁ-ゖ]+|[一-鿿々]+|[^\W_]+")

_SHORTEST_SOUND = 3


@lru_cache(maxsize=65536)
def fold_party(name: str) -> str:
    """A name as it is compared: NFKC, lower case, no legal form, no brackets, no spacing.

    Args:
        name: as written, 株式会社日立製作所 or Hitachi, Ltd.

    Returns:
        The folded name; the whole name folded where nothing else would be left.
    """
    text = unicodedata.normalize("NFKC", name).strip().lower()
    text = _BRACKETS.sub("", text).strip() or text
    while True:
        shorter = _LEGAL.sub("", text).strip()
        if not shorter or shorter == text:
            break
        text = shorter
    return _NOISE.sub("", text) or text


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name in order, folded, legal forms left out: DayOne Data Centers → 3 words."""
    text = unicodedata.normalize("NFKC", name).strip().lower()
    text = _BRACKETS.sub("", text).strip() or text
    while True:
        shorter = _LEGAL.sub("", text).strip()
        if not shorter or shorter == text:
            break
        text = shorter
    return tuple(_WORD.findall(text))


_KANA_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("アイウエオァィゥェォャュョヤユヨーッヮワヲ", ""),
        **dict.fromkeys("カキクケコヵヶ", "k"),
        **dict.fromkeys("ガギグゲゴ", "g"),
        **dict.fromkeys("サシスセソザジズゼゾ", "s"),
        **dict.fromkeys("タチツテト", "t"),
        **dict.fromkeys("ダヂヅデド", "d"),
        **dict.fromkeys("ナニヌネノン", "n"),
        **dict.fromkeys("ハヒフヘホ", "h"),
        **dict.fromkeys("バビブベボヴ", "b"),
        **dict.fromkeys("パピプペポ", "p"),
        **dict.fromkeys("マミムメモ", "m"),
        **dict.fromkeys("ラリルレロ", "r"),
    }
)
# Latin spellings as katakana renders them, in order; vowels and silent letters go last.
_LATIN_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[ts]ion", "sn"),
        (r"ph|f", "h"),
        (r"th|sh|sch|z|j", "s"),
        (r"ch", "t"),
        (r"c(?=[eiy])", "s"),
        (r"ck|c|q", "k"),
        (r"x", "ks"),
        (r"r(?![aeiouy])", ""),  # ター, サー: an r that closes a syllable is a long vowel
        (r"l", "r"),
        (r"v", "b"),
        (r"[aeiouyw]|(?<=[aeiou])h(?![aeiou])", ""),
    )
)
_SOUND_M = re.compile(r"m(?=[^aeiou]|$)")
_DOUBLED = re.compile(r"(.)\1+")
_LATIN_NAME = re.compile(r"[a-z0-9]+")
_KATAKANA_NAME = re.compile(r"[ァ-ヺー]+")


@lru_cache(maxsize=65536)
def sound_key(folded: str) -> str:
    """The consonants of a Latin or katakana name: クローサーロボティクス, closerrobotics → krsrbtks.

    Args:
        folded: from `fold_party`.

    Returns:
        The key, or "" for a name in other scripts or too short to tell names apart.
    """
    if _KATAKANA_NAME.fullmatch(folded):
        key = folded.translate(_KANA_SOUNDS)
    elif _LATIN_NAME.fullmatch(folded):
        key = folded
        for pattern, sound in _LATIN_SOUNDS:
            key = pattern.sub(sound, key)
    else:
        return ""
    key = _DOUBLED.sub(r"\1", _SOUND_M.sub("n", key))
    return key if len(key) >= _SHORTEST_SOUND else ""
