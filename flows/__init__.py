"""Prefect flows: thin shells that call the pipeline in order, with retries and reports."""
