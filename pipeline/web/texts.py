"""The page's words in Japanese and English, from locale/*.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one language by key; a section and a name, `queue.title`."""

    language: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: Any) -> str:
        """The words for a key, `{name}` filled in.

        Raises:
            KeyError: there is no such key; tests look that none is missing.
        """
        return self.words[key].format(**values) if values else self.words[key]

    def code(self, section: str, code: str, default: str) -> str:
        """The words for a code that comes from elsewhere, `default` where there are none."""
        return self.words.get(f"{section}.{code}", default)


@cache
def load_texts(language: str) -> Texts:
    """The words of a language of `LANGUAGES`."""
    source = resources.files("pipeline.web").joinpath("locale", f"{language}.toml")
    sections = tomllib.loads(source.read_text(encoding="utf-8"))
    words = {
        f"{section}.{name}": text
        for section, names in sections.items()
        for name, text in names.items()
    }
    return Texts(language, words)


def choose_language(*wishes: str | None, accepted: str = "") -> str:
    """The first wish that is a language of ours, then what the browser accepts, then Japanese."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    for part in accepted.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return code
    return LANGUAGES[0]
