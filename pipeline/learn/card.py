"""Cards: what a dataset or a model is made of, for people and for the `datasets` library."""

from collections.abc import Mapping
from typing import Any

_DATASET = """# Deal records as reviewed, version {version}

Japanese news articles with the deals that they tell, as people reviewed them in Torihiki.
Made {made_at}.

| | train | validation | test |
| --- | ---: | ---: | ---: |
{rows}

Verdicts: {verdicts}.

- `documents`: an article each, with `deals` (JSON, the slots of the annotation guideline) and
  `complete`: whether every record of it is decided, so that the rest is known to be no deal.
- `records`: what the extractor said (`before`) and what holds (`after`), as JSON of the record
  schema; accepted, corrected, rejected, or missed by the extractor.
- `spans`: the characters that say each slot; `right` is false where a reviewer took them out.
- `roles`: the parties at their place, `none` where a reviewer took the role away.

`article.text[start:end] == quote` for every span.

**Split.** By deal, not by article (seed {seed}): articles that tell a common deal or are
near-duplicates form one `group`, and a group lies in one part. Large groups are in train; the
largest has {largest_group} articles. Validation and test therefore hold the deals that few articles
tell.

**Use.** The texts belong to their publishers; the dataset is for training and measuring inside the
organisation that collected them. It names companies and, as investors, people; it holds no other
personal data than the articles.

**Limits.** What reviewers saw first was the extractor's word, so their readings lean towards it;
missed deals are known only where a reviewer looked for them.
"""


def dataset_card(info: Mapping[str, Any], columns: Mapping[str, Any]) -> str:
    """README.md of a dataset: the header that `datasets` reads, then the text for people.

    Args:
        info: as `dataset.json` holds it.
        columns: configuration → columns.
    """
    import yaml

    parts = ("train", "validation", "test")
    header = {
        "pretty_name": "Torihiki reviews",
        "language": ["ja"],
        "license": "other",
        "task_categories": ["token-classification"],
        "version": info["version"],
        "configs": [
            {
                "config_name": name,
                "data_files": [
                    {"split": part, "path": f"{name}/{part}.parquet"}
                    for part in parts
                    if info["counts"][name][part]
                ],
            }
            for name in columns
            if any(info["counts"][name].values())
        ],
    }
    rows = "\n".join(
        f"| {name} | " + " | ".join(f"{info['counts'][name][part]:,}" for part in parts) + " |"
        for name in columns
    )
    verdicts = ", ".join(f"{n:,} {verdict}" for verdict, n in sorted(info["verdicts"].items()))
    body = _DATASET.format(
        version=info["version"],
        made_at=info["made_at"],
        rows=rows,
        verdicts=verdicts or "none",
        seed=info["seed"],
        largest_group=info["largest_group"],
    )
    return f"---\n{yaml.safe_dump(header, allow_unicode=True, sort_keys=False)}---\n{body}"
