"""Link lists in an article's text: headlines of other articles, which tell nothing of this one.

Only what its own heading or label calls a list of links, and what consists of links, is marked;
prose under such a heading stays, because a wrong mark loses deals.
"""

import re

from pipeline.span import Span

_NAMES = (
    r"(?:(?:この)?(?:記事|投稿|話題)[にと](?:関連する|関する|合わせて読みたい)?)?"
    r"(?:関連(?:する|の)?(?:記事|リンク|レポート|ページ|投稿|コンテンツ|情報|ニュース|書籍|サイト|URL|キーワード|タグ)"
    r"|(?:あわ|合わ|併)せて(?:読みたい|よみたい|読む|どうぞ)"
    r"|こちらも(?:おすすめ|どうぞ|読まれています)|(?:よく|他にも)?読まれている記事"
    r"|(?:おすすめ|お薦め|オススメ|人気|最新|新着|過去)の?(?:記事|書籍|投稿|ランキング)"
    r"|(?:参考|参照|引用)(?:リンク|文献|資料|記事|サイト|URL|ニュース源?|元|情報)?|出典|出所|情報[源元]|ソース|引用元"
    r"|前の記事|次の記事|前後の記事|シリーズ記事|バックナンバー|記事一覧|ランキング|目次|もくじ"
    r"|タグ|カテゴリー?|この記事のタグ|キーワード"
    r"|[Rr]elated (?:[Aa]rticles|[Pp]osts|[Ll]inks|[Ss]tories)|[Rr]eferences|[Ss]ources?|[Ll]inks|[Tt]ags)"
)
_NAME = re.compile(
    rf"{_NAMES}(?:(?:一覧|リスト|まとめ)|[・／/、&と＆]\s*{_NAMES})*\s*(?:[（(][^）)]*[）)])?\s*[:：]?"
)
_CANDIDATE = re.compile(rf"^(?:[^\w\n]|_)*(?:{_NAMES})", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.*?)[ \t#]*$")
_BOLD_LINE = re.compile(r"^(?:[-*+][ \t]+)?(\*\*|__|\*|_)(.+?)\1[ \t]*[:：]?[ \t]*$")
_DECORATION = re.compile(r"^[\s■◆●▼▶►☆★□◇○◎・【\[〔《<〈📎🔗📚📰🔍👉💡✅\ufe0f]+|[\s】\]〕》>〉]+$")
_LINK = re.compile(
    r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?:[^()\s]|\([^()]*\))*(?:\s+\"[^\"]*\")?\)"
    r"|<?https?://[^\s<>）)」】]+>?|\{%[^%]*%\}|<a\s[^>]*>.*?</a>|\[[^\]]+\]\[[^\]]*\]"
)
_BULLET = re.compile(r"^[ \t>]*(?:[-*+・•▶►※→]|\d{1,3}[.)．）]|\[\d+\])[ \t]*\S")
_LABEL_LINE = re.compile(
    rf"^[ \t>]*(?:[-*+][ \t]+)?[*_■◆【\[]*(?:{_NAMES})[*_】\]]*[ \t]*[:：][ \t]*[*_]*"
)
_RULE = re.compile(r"^[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*$")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_PROSE = re.compile(r"[。！？]|(?:ます|ました|です|した|する|いる)$")
_MAX_HEADING = 40
_MAX_REST = 60
_MAX_LINE = 4000  # longer lines are no link lists, and patterns for links are slow on them


def find_link_lists(text: str) -> tuple[Span, ...]:
    """The spans of `text` that are link lists or invisible comments, in order, not overlapping.

    Found are sections under a heading that names a list of links (関連記事, あわせて読みたい,
    参考リンク, 出典 …) as far as they consist of links, single lines such as `参考: [A](…)`, and
    HTML comments. Whole lines are covered, line end included.
    """
    spans = _comments(text)
    starts = [found.start() for found in _CANDIDATE.finditer(text)]
    if not starts:
        return _merge(spans)
    lines = _lines(text)
    numbers = {start: number for number, (start, _) in enumerate(lines)}
    done = 0
    for start in starts:
        number = numbers[start]
        if number < done:
            continue
        done = _section_end(lines, number)
        if done > number:
            spans.append(Span(start, lines[done - 1][0] + len(lines[done - 1][1])))
        elif _is_label_line(lines[number][1]):
            spans.append(Span(start, start + len(lines[number][1])))
    return _merge(spans)


def _comments(text: str) -> list[Span]:
    spans, start = [], text.find("<!--")
    while start >= 0:
        end = text.find("-->", start)
        if end < 0:
            break
        spans.append(Span(start, end + 3))
        start = text.find("<!--", end)
    return spans


def _lines(text: str) -> list[tuple[int, str]]:
    lines, start = [], 0
    for line in _LINE.findall(text):
        lines.append((start, line))
        start += len(line)
    return lines


def _section_end(lines: list[tuple[int, str]], start: int) -> int:
    """The index behind the last line of the link list that a heading opens at `start`, or `start`."""
    level = _heading_level(lines[start][1])
    if not level or not names_link_list(lines[start][1]):
        return start
    end, links, index = start, 0, start + 1
    while index < len(lines):
        line = lines[index][1]
        if not line.strip() or (_RULE.match(line) and links):
            index += 1
            continue
        inner = _heading_level(line)
        if inner and (inner <= level or not _is_link_line(line)):
            break
        if not _belongs(line):
            break
        links += _is_link_line(line)
        index += 1
        end = index
    return end if links else start


def _heading_level(line: str) -> int:
    """1 to 6 for Markdown headings, 7 for a line that works as one, 0 for any other line."""
    heading = _HEADING.match(line.rstrip("\n"))
    if heading:
        return len(heading[1])
    stripped = line.strip()
    if not stripped or len(stripped) > _MAX_HEADING:
        return 0
    if _BOLD_LINE.match(stripped) or _NAME.fullmatch(_bare(stripped)):
        return 7
    return 0


def _bare(line: str) -> str:
    text = line.strip().strip("#").strip()
    text = re.sub(r"^[-*+][ \t]+", "", text)
    text = text.strip("*_ \t")
    return _DECORATION.sub("", text).strip().strip("*_")


def names_link_list(line: str) -> bool:
    """Whether a heading such as ■関連記事 or **参考リンク** announces a list of links."""
    return _NAME.fullmatch(_bare(line)) is not None


def _is_link_line(line: str) -> bool:
    """Mostly a link, or a list item that reads as a headline."""
    if len(line) > _MAX_LINE:
        return False
    if _LINK.search(line):
        rest = _LINK.sub("", line).strip(" \t\n>-*+・/|｜、,:：#")
        return len(rest) <= _MAX_REST and not _PROSE.search(rest)
    return bool(_BULLET.match(line)) and not _PROSE.search(line.strip())


def _belongs(line: str) -> bool:
    """A link line, or a short note between links that is no prose."""
    if _is_link_line(line):
        return True
    stripped = line.strip()
    return len(stripped) <= _MAX_HEADING and not _PROSE.search(stripped)


def _is_label_line(line: str) -> bool:
    """`参考: [A](…) / [B](…)`: a label and nothing but links behind it."""
    label = _LABEL_LINE.match(line)
    if not label or len(line) > _MAX_LINE:
        return False
    rest = line[label.end() :]
    if not _LINK.search(rest):
        return False
    bare = _LINK.sub("", rest).strip(" \t\n/|｜、,・*_")
    return len(bare) <= _MAX_HEADING and not _PROSE.search(bare)


def _merge(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)
