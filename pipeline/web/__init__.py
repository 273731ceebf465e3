"""The review page: HTML for people, JSON for programs, over pipeline/review.

Nothing is decided here; routes ask `pipeline.review` and show what it says.
"""
