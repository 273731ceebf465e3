"""Records out of the database, in forms that other programs read: JSONL, CSV, Parquet, datasets."""

from pipeline.export.columns import flat_row
from pipeline.export.files import write_csv, write_jsonl
from pipeline.export.tables import write_dataset, write_parquet

__all__ = ["flat_row", "write_csv", "write_dataset", "write_jsonl", "write_parquet"]
