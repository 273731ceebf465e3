"""Settings: defaults, then torihiki.toml, then the environment (TORIHIKI_…), then options."""

import json
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipeline.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATABASE_URL = "sqlite:///data/processed/torihiki.db"


class Settings(BaseSettings):
    """All that a user may set.

    Attributes:
        database_url: SQLAlchemy URL; sqlite:///PATH or postgresql://USER@HOST/DB.
        models_dir: folder of the gazetteers and trained weights.
        allow_hosts: hosts and host:port that fetching may reach although not public; in the
            environment separated by commas.
        contact: address or URL in the User-Agent, for site owners.
        spacy_model: the annotator's package (ja_ginza, ja_ginza_electra, ja_ginza_bert_large), or
            a folder of a spaCy pipeline.
        model_names: let the annotator's named entity recogniser propose parties too. Off, because
            it takes as long as all the rest and does not raise F1 on the gold articles.
        trained: the trained parts that take part: "active" (what `torihiki learn promote` put in
            force), "rules" (none), "scorer", "tagger" (alone) or "both".
        tagger_dir: folder of the tagger for "tagger" and "both"; None for the promoted one.
        auto_accept: share of right records from which confident ones may be accepted without a
            look (0.97); None, the default, never.
        audit_share: share of all records that people decide all the same, to keep that honest.
    """

    model_config = SettingsConfigDict(
        env_prefix="TORIHIKI_", toml_file="torihiki.toml", extra="forbid"
    )

    database_url: str = DEFAULT_DATABASE_URL
    models_dir: Path = PROJECT_ROOT / "models"
    allow_hosts: Annotated[list[str], NoDecode] = Field(default_factory=list)
    contact: str = "https://example.org/torihiki"
    spacy_model: str = "ja_ginza"
    model_names: bool = False
    trained: Literal["active", "rules", "scorer", "tagger", "both"] = "active"
    tagger_dir: Path | None = None
    auto_accept: float | None = Field(default=None, ge=0.5, lt=1)
    audit_share: float = Field(default=0.1, gt=0, le=1)

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        """Hosts as an environment variable gives them: separated by commas, or a JSON list."""
        if not isinstance(value, str):
            return value
        text = value.strip()
        if text.startswith("["):
            with suppress(ValueError):  # an address such as [::1]:80 is no JSON
                return json.loads(text)
        return [host.strip() for host in text.split(",") if host.strip()]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Later wins: defaults, file, environment, options."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**options: Any) -> Settings:
    """The settings in force; options that are None count as not given.

    Raises:
        SettingsError: a value that cannot be used, named with its mend.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors()
        )
        msg = f"settings cannot be used ({faults}); mend torihiki.toml or TORIHIKI_… variables"
        raise SettingsError(msg) from error
    except tomllib.TOMLDecodeError as error:
        msg = f"torihiki.toml is no TOML: {error}; mend the line that it names"
        raise SettingsError(msg) from error
