"""Review: what people decide about records, kept as events that are never changed.

`standing`, `decision`, `edit`, `reading`, `compare`, `undo` and `agreement` are pure; `service`
brings them together with the database.
"""
