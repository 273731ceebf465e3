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
        firm_before: matches text that ends with a word for a firm.
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
    firm_before: re.Pattern[str]
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
    firm_before: list[str]
    anaphor: list[str]
    title: list[str]
    profile: list[str]
    prefix: list[str]
    tail: list[str]


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(w) for w in sorted(set(words), key=lambda w: (-len(w), w)))


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
        firm_before=re.compile(rf"(?:{_any_of(data.firm_before)})[の「『・]?$"),
        anaphor=re.compile(_any_of(data.anaphor)),
        title=re.compile(rf"[」』 ・]?(?:{_any_of(data.title)})"),
        profile=re.compile(_any_of(data.profile)),
        prefix=re.compile(rf"(?:{_any_of(data.prefix)})$"),
        tail=re.compile(rf"(?:[ ](?:{_any_of(data.tail)})(?![A-Za-z]))+"),
    )
