"""Corrections of answers: kept, reviewed, exported for training. Off unless a database is set."""
