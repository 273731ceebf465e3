"""Finding thousands of names in a text at once: a folded text and one trie as a regular expression.

The scanner knows nothing of companies; it knows where a name of some script may begin and end:
a Latin name needs neighbours that are no Latin letters (ARM is not in ALARM), a katakana name
must not go on in katakana (メタ is not in メタバース), a kanji name may stand anywhere.
"""

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

_Trie: TypeAlias = "dict[str, _Trie]"

_GROUP_SIZE = 24

_WIDE = re.compile(r"[！-～\u3000]")
_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_LATIN = "a-zà-öø-ÿ"
_KATAKANA = "ァ-ヺー"

# A name in katakana may still be followed by these words, which make a company of it or name a
# branch: ネビウスグループ, アマゾンジャパン.
_KATAKANA_TAILS = (
    "グループ|ホールディングス|ホールディング|コーポレーション|インコーポレイテッド|インク|リミテッド|ジャパン"
)
_DOMAINS = "com|net|org|ai|io|dev|jp|co|cn|de|uk|eu|app|cloud"

_LATIN_START = rf"(?<![{_LATIN}0-9_@#])(?<![{_LATIN}0-9]-)(?<![{_LATIN}]\.)(?<!//)"
_LATIN_END = rf"(?![{_LATIN}_]|[0-9]+[{_LATIN}]|-[{_LATIN}0-9]|\.(?:{_DOMAINS})(?![{_LATIN}]))"
_SHORT_LATIN_END = rf"{_LATIN_END}(?![0-9])"
_KATAKANA_START = rf"(?<![{_KATAKANA}])"
_KATAKANA_END = rf"(?:(?![{_KATAKANA}])|(?={_KATAKANA_TAILS}))"
_SHORT_LATIN = 3


def fold(text: str) -> str:
    """The text in lower case and with half-width Latin, of the same length: offsets stand.

    Args:
        text: any text.

    Returns:
        As many characters as `text`; a character whose lower case is longer is left as it is.
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    return lower.translate(_FULL_TO_HALF) if _WIDE.search(lower) else lower


def is_latin(char: str) -> bool:
    """Whether a folded character is a Latin letter or a digit."""
    return re.fullmatch(rf"[{_LATIN}0-9]", char) is not None


def is_katakana(char: str) -> bool:
    """Whether a character is katakana or the long-vowel mark."""
    return re.fullmatch(rf"[{_KATAKANA}]", char) is not None


def compile_names(names: Iterable[str]) -> re.Pattern[str]:
    """One pattern that finds the longest of the folded names at every place.

    Args:
        names: folded, none of them empty.

    Returns:
        A pattern for folded text; where there is no name, one that matches nothing.
    """
    trie: _Trie = {}
    for name in sorted(set(names)):
        node = trie
        for char in name:
            node = node.setdefault(char, {})
        node[_end_condition(name)] = {}
    if not trie:
        return re.compile(r"(?!)")
    starts = {"latin": "", "katakana": "", "other": ""}
    for kind in starts:
        heads = {char: node for char, node in trie.items() if _script(char) == kind}
        starts[kind] = _alternatives(heads)
    guarded = [
        f"{guard}(?:{body})"
        for guard, body in (
            (_LATIN_START, starts["latin"]),
            (_KATAKANA_START, starts["katakana"]),
            ("", starts["other"]),
        )
        if body
    ]
    first = "".join(re.escape(char) for char in sorted(trie))
    return re.compile(f"(?=[{first}])(?:{'|'.join(guarded)})")


def _script(char: str) -> str:
    if is_latin(char):
        return "latin"
    return "katakana" if is_katakana(char) else "other"


def _end_condition(name: str) -> str:
    """The key of a trie's leaf: empty, or the look-ahead that the name's last letter asks for."""
    last = name[-1]
    if is_latin(last):
        return _SHORT_LATIN_END if len(name) <= _SHORT_LATIN else _LATIN_END
    return _KATAKANA_END if is_katakana(last) else "(?:)"


def _alternatives(children: Mapping[str, _Trie]) -> str:
    """The branches of a node, wide nodes in groups, so that few branches are tried a character."""
    rendered = [
        (char, re.escape(char) + _render(node)) for char, node in sorted(children.items())
    ]
    if len(rendered) <= _GROUP_SIZE:
        return "|".join(body for _, body in rendered)
    groups = [rendered[i : i + _GROUP_SIZE] for i in range(0, len(rendered), _GROUP_SIZE)]
    return "|".join(
        f"(?=[{''.join(re.escape(char) for char, _ in group)}])"
        f"(?:{'|'.join(body for _, body in group)})"
        for group in groups
    )


def _render(node: Mapping[str, _Trie]) -> str:
    """A node as a pattern: longer names first, the node's own end last."""
    children = {key: child for key, child in node.items() if len(key) == 1}
    ends = [key for key in node if len(key) != 1]
    branches = ([_alternatives(children)] if children else []) + ends
    if len(branches) == 1 and len(children) <= 1:
        return branches[0]
    return f"(?:{'|'.join(branches)})"
