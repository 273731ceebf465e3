"""`torihiki learn link`: make the weights by which records are linked into deals, and measure them."""

import json
from collections.abc import Iterable, Mapping
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.learn_options import OutOption, say
from pipeline.errors import IngestError, SettingsError

if TYPE_CHECKING:
    from pipeline.evaluate.linking import LinkFigures
    from pipeline.learn.linking import Prior
    from pipeline.link import Scorer, Telling


def learn_link(
    records: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RECORDS.jsonl…]", help="注釈した記録 · annotated records, with --links."
        ),
    ] = None,
    links: Annotated[
        Path | None,
        typer.Option(
            help='同じ取引の記録 · `{"deal", "records": ["DOC#INDEX", …]}` lines; records that are '
            "in none stand alone."
        ),
    ] = None,
    root: Annotated[
        list[Path] | None, typer.Option(help="記事のフォルダ · folder of the articles, for dates.")
    ] = None,
    strength: Annotated[
        float,
        typer.Option(
            min=0.0, help="事前の重みの強さ、inf で学習なし · of the prior; inf does not train."
        ),
    ] = inf,
    threshold: Annotated[
        float,
        typer.Option(min=0.01, max=0.99, help="同じ取引とする確率 · probability of one deal."),
    ] = 0.5,
    out: OutOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="測るだけで書かない · measure, write nothing.")
    ] = False,
) -> None:
    """記録をつなぐ重みを作る · Make the weights of linking from models/linking/prior.toml.

    With annotated deals, cross-validates (whole deals held out) and, with --strength, trains.
    Writes linking/weights.json and its card; deals are then linked anew by the next run, ids stay.

    Example: `torihiki learn link records.jsonl --links links.jsonl --strength 300 --dry-run`
    """
    import numpy as np

    from pipeline.learn.linking import (
        fit,
        link_card,
        load_prior,
        make_pairs,
        scorer_to_data,
    )
    from pipeline.settings import load_settings

    if bool(records) != (links is not None):
        raise SettingsError("RECORDS.jsonl… and --links go together; give both, or neither")
    settings = load_settings()
    prior = load_prior(settings.models_dir)
    tellings: list[Telling] = []
    deals: Mapping[str, str] | None = None
    figures: Mapping[str, LinkFigures] | None = None
    if links is not None and records:
        tellings, deals = _annotated(records, links, root or [])
    pairs = make_pairs(tellings, deals or {})
    everything = np.ones(len(pairs.same), dtype=np.bool_)
    scorer = fit(pairs, prior, strength, everything, threshold)
    if deals is not None:
        figures = _measure(tellings, deals, prior, scorer)
    card = link_card(scorer, strength=strength, threshold=threshold, deals=deals, figures=figures)
    if dry_run:
        print(card)
        return
    folder = (out or settings.models_dir) / "linking"
    folder.mkdir(parents=True, exist_ok=True)
    data = scorer_to_data(scorer, {"strength": str(strength), "records": len(tellings)})
    text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
    (folder / "weights.json").write_text(text, encoding="utf-8")
    (folder / "weights.md").write_text(card, encoding="utf-8")
    print(folder / "weights.json")


def _annotated(
    records: Iterable[Path], links: Path, roots: list[Path]
) -> "tuple[list[Telling], dict[str, str]]":
    from pipeline.cli.link import Faults, read_tellings
    from pipeline.load_link import load_readers
    from pipeline.settings import load_settings

    faults = Faults()
    namer, preparer, _cues = load_readers(load_settings().models_dir)
    found = read_tellings(records, roots, faults, namer=namer, preparer=preparer)
    deals = {record: record for record in found}
    try:
        lines = links.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise IngestError(str(links), f"cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            deals.update({r: f"deal {row['deal']}" for r in row["records"] if r in deals})
        except (ValueError, KeyError, TypeError) as error:
            mend = 'write {"deal": "…", "records": ["DOC#INDEX", …]}'
            raise IngestError(
                f"{links}:{number}", f"no group of records ({error!r}); {mend}"
            ) from error
    if faults.count:
        raise typer.Exit(1)
    return list(found.values()), deals


def _measure(
    tellings: "list[Telling]", deals: Mapping[str, str], prior: "Prior", scorer: "Scorer"
) -> "dict[str, LinkFigures]":
    from pipeline.evaluate.linking import measure_links
    from pipeline.learn.linking import STANDARD_TRIALS, cross_validate, link_all

    say("交差検証 · cross-validating …")
    figures = cross_validate(tellings, deals, prior, STANDARD_TRIALS)
    figures["these weights, on all"] = measure_links(link_all(tellings, scorer), deals)
    return figures
