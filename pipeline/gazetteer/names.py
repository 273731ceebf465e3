"""How unknown names look, and what only looks like one; from models/names.toml."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.errors import GazetteerError


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWords:
    """Compiled word lists about names.

    Attributes:
        not_latin: words in Latin letters that are no party.
        common_katakana: matches a katakana run that is built of common nouns only.
        institution: matches a name that ends like an institution.
        nobody: matches what ends like an institution and is anybody (大手投資銀行).
        nobody_speaks: matches in kanji that stand before は and a day and are no name.
        firm_before: matches text that ends with a word for a firm.
        firm_after: matches what stands behind a firm, and hardly behind anything else.
        said_on: matches は and a day: who says or does something that day.
        anaphor: matches a word that stands for the party spoken of last.
        title: matches what follows the name of a person who speaks for a firm.
        profile: matches the words of a bracket that tells where a firm sits and who leads it.
        prefix: matches text that may stand right before a name without a blank.
        tail: matches words in Latin letters that make another firm of a known name.
    """

    not_latin: frozenset[str]
    common_katakana: re.Pattern[str]
    institution: re.Pattern[str]
    nobody: re.Pattern[str]
    nobody_speaks: re.Pattern[str]
    firm_before: re.Pattern[str]
    firm_after: re.Pattern[str]
    said_on: re.Pattern[str]
    anaphor: re.Pattern[str]
    title: re.Pattern[str]
    profile: re.Pattern[str]
    prefix: re.Pattern[str]
    tail: re.Pattern[str]


class _NamesFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    not_latin: list[str]
    not_katakana: list[str]
    institution: list[str]
    nobody: list[str]
    indefinite: list[str]
    no_speaker: list[str]
    firm_before: list[str]
    deed: list[str]
    anaphor: list[str]
    title: list[str]
    profile: list[str]
    prefix: list[str]
    tail: list[str]


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w)))


_DAY = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日|\d{4}年|同日|このほど|[昨今来]年|[先今来][週月]"
_STAGE = r"[^、。「」\n]"


def _firm_after(deeds: Iterable[str], titles: Iterable[str]) -> re.Pattern[str]:
    deed, title = _any_of(deeds), _any_of(titles)
    return re.compile(
        r"[」』]?(?:"
        r"社(?![会長員債])|グループ|傘下|側[はがとに]|製(?![造品作])|氏|さん|CEO"
        r"|\([^)]{0,20}\)(?:は|が|社)"
        r"|への(?:出資|投資|買収)|による|の(?:買収|株式|全株|子会社|本社)"
        rf"|の[^、。の\n]{{2,16}}(?:{title})"
        r"|を(?:[^、。]{0,14})?(?:買収|子会社化|傘下)"
        rf"|(?:と|から|に|が)(?:{_STAGE}{{0,24}})?(?:{deed})"
        rf"|[はが](?:、?(?:{_DAY})|、)|[はがも]{_STAGE}{{0,24}}[万億兆](?:円|ドル|ユーロ|ポンド|元|ウォン|ルピー)"
        r")"
    )


def load_names(models_dir: Path) -> NameWords:
    """Read models/names.toml.

    Raises:
        GazetteerError: a file that is missing, no TOML, or of another form, with the mend.
    """
    path = models_dir / "names.toml"
    try:
        data = _NamesFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror}); set models_dir to the folder that has it"
        raise GazetteerError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: no TOML: {error}; mend the line that it names"
        raise GazetteerError(msg) from error
    except ValidationError as error:
        fault = error.errors()[0]
        msg = f"{path}: {fault['loc']}: {fault['msg']}; it takes lists of words"
        raise GazetteerError(msg) from error
    return NameWords(
        not_latin=frozenset(data.not_latin),
        common_katakana=re.compile(rf"(?:{_any_of(data.not_katakana)})+"),
        institution=re.compile(
            r"(?![同当各両他自弊本])(?:[一-鿿々]|[ァ-ヴー]{2,20}|[A-Z]{2,8}){1,8}?"
            rf"(?:{_any_of(data.institution)})(?![一-鿿])"
        ),
        nobody=re.compile(rf"(?:{_any_of(data.indefinite)})*(?:{_any_of(data.nobody)})"),
        nobody_speaks=re.compile(
            rf"^[同当各両他自弊本前]|(?:{_any_of([*data.no_speaker, *data.title])})$"
        ),
        firm_before=re.compile(rf"(?:{_any_of(data.firm_before)})[の「『・]?$"),
        firm_after=_firm_after(data.deed, data.title),
        said_on=re.compile(rf"は(?:{_DAY})"),
        anaphor=re.compile(_any_of(data.anaphor)),
        title=re.compile(rf"[」』 ・]?(?:{_any_of(data.title)})"),
        profile=re.compile(_any_of(data.profile)),
        prefix=re.compile(rf"(?:{_any_of(data.prefix)})$"),
        tail=re.compile(rf"(?:[ ](?:{_any_of(data.tail)})(?![A-Za-z]))+"),
    )
