"""Alembic's folder: env.py and, under versions/, the schema's history in order."""
