"""Finding thousands of names in a text at once.

The scanner knows nothing of companies; it knows where a name of some script may begin and end:
a Latin name needs neighbours that are no Latin letters (ARM is not in ALARM), a katakana name
must not go on in katakana (メタ is not in メタバース), a kanji name may stand anywhere.

One regular expression finds the first two or three characters of any name; a table says how long
the names that begin so are, longest first. That compiles in milliseconds and reads millions of
characters a second, where a whole trie as a pattern takes a second to compile.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

SHORTEST_NAME = 2  # characters

_GROUP_SIZE = 24  # branches tried one after the other at a character
_SHORT_LATIN = 3  # AMD before a digit is a model number, OpenAI is not

_WIDE = re.compile(r"[０-９ａ-ｚ＆．]+")
_FULL_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}

_LATIN = "a-zß-öø-ÿ"
_KATAKANA = "ァ-ヺー"
# A name in katakana may go on in these words, which make a company or a branch of it.
_KATAKANA_TAILS = (
    "グループ|ホールディング|コーポレーション|インコーポレイテッド|インク|リミテッド|ジャパン"
)

# No part of a word, a handle, a host, a path or a code name: openai.com, .github, @nvidia.
_LATIN_START = rf"(?<![{_LATIN}0-9_@#.])(?<![{_LATIN}0-9]-)(?<!//)"
_KATAKANA_START = rf"(?<![{_KATAKANA}])"
_LATIN_GOES_ON = re.compile(rf"[{_LATIN}_]|[0-9]+[{_LATIN}]|-[{_LATIN}0-9]|\.[{_LATIN}]")
_SHORT_LATIN_GOES_ON = re.compile(rf"{_LATIN_GOES_ON.pattern}|[0-9]")
_KATAKANA_GOES_ON = re.compile(rf"(?!{_KATAKANA_TAILS})[{_KATAKANA}]")
_IS_LATIN = re.compile(rf"[{_LATIN}0-9]")
_IS_KATAKANA = re.compile(rf"[{_KATAKANA}]")


def fold(text: str) -> str:
    """The text in lower case and with half-width Latin, of the same length: offsets stand.

    Args:
        text: any text.

    Returns:
        As many characters as `text`; a character whose lower case is longer stays as it is.

    Example: ＯｐｅｎＡＩ → openai.
    """
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return _WIDE.sub(lambda wide: wide.group().translate(_FULL_TO_HALF), lower)


@dataclass(frozen=True, slots=True)
class Scanner:
    """Names ready to be found; made by `compile_names`."""

    _names: frozenset[str]
    _lengths: Mapping[str, tuple[int, ...]]
    _prefixes: re.Pattern[str]

    def scan(
        self, folded: str, accept: Callable[[str, int, int], bool]
    ) -> Iterator[tuple[int, int]]:
        """The places of names, in text order and not overlapping.

        Args:
            folded: a text that `fold` made.
            accept: is asked (name, start, end) for every name whose neighbours permit it; where it
                says no, shorter names at the same place are tried.
        """
        search, position = self._prefixes.search, 0
        while (match := search(folded, position)) is not None:
            start = match.start()
            position = start + 1
            for length in self._lengths[match.group()]:
                name = folded[start : start + length]
                end = start + len(name)  # the text may end before `length`
                if name in self._names and _may_end(folded, name, end) and accept(name, start, end):
                    yield start, end
                    position = end
                    break


def compile_names(names: Iterable[str]) -> Scanner:
    """A scanner for folded names.

    Raises:
        ValueError: a name is shorter than two characters.
    """
    known = frozenset(names)
    if short := [name for name in known if len(name) < SHORTEST_NAME]:
        msg = f"name {min(short)!r} is too short to be found safely"
        raise ValueError(msg)
    shortest = {name for name in known if len(name) == SHORTEST_NAME}
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for name in known:
        prefix = name[:SHORTEST_NAME]
        lengths[prefix if prefix in shortest else name[: SHORTEST_NAME + 1]].add(len(name))
    return Scanner(
        known,
        MappingProxyType(
            {key: tuple(sorted(value, reverse=True)) for key, value in lengths.items()}
        ),
        _prefix_pattern(lengths),
    )


def _prefix_pattern(prefixes: Iterable[str]) -> re.Pattern[str]:
    """A pattern of the beginnings of names, each with what may not stand before it."""
    by_first: defaultdict[str, list[str]] = defaultdict(list)
    for prefix in sorted(prefixes):
        by_first[prefix[0]].append(prefix[1:])
    if not by_first:
        return re.compile(r"(?!)")
    branches = []
    for guard, script in ((_LATIN_START, "latin"), (_KATAKANA_START, "katakana"), ("", "other")):
        firsts = [char for char in by_first if _script(char) == script]
        for i in range(0, len(firsts), _GROUP_SIZE):
            group = firsts[i : i + _GROUP_SIZE]
            starts = "|".join(re.escape(char) + _rest_pattern(by_first[char]) for char in group)
            branches.append(f"(?=[{_char_class(group)}]){guard}(?:{starts})")
    return re.compile(f"(?=[{_char_class(by_first)}])(?:{'|'.join(branches)})")


def _script(char: str) -> str:
    if _IS_LATIN.match(char):
        return "latin"
    return "katakana" if _IS_KATAKANA.match(char) else "other"


def _rest_pattern(rests: Iterable[str]) -> str:
    """What may follow a first character: one or two characters, as character classes."""
    thirds: defaultdict[str, list[str]] = defaultdict(list)
    ends = []
    for rest in rests:
        if len(rest) == 1:
            ends.append(rest)
        else:
            thirds[rest[0]].append(rest[1])
    branches = [f"{re.escape(second)}[{_char_class(found)}]" for second, found in thirds.items()]
    if ends:
        branches.append(f"[{_char_class(ends)}]")
    return f"(?:{'|'.join(branches)})"


def _char_class(chars: Iterable[str]) -> str:
    return "".join(re.escape(char) for char in chars)


def _may_end(folded: str, name: str, end: int) -> bool:
    """Whether what follows does not make the name a part of a longer word."""
    last = name[-1]
    if _IS_LATIN.match(last):
        goes_on = _SHORT_LATIN_GOES_ON if len(name) <= _SHORT_LATIN else _LATIN_GOES_ON
        return goes_on.match(folded, end) is None
    return not _IS_KATAKANA.match(last) or _KATAKANA_GOES_ON.match(folded, end) is None
