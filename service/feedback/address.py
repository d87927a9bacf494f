"""Which databases there may be, told by their URL alone."""

from urllib.parse import urlsplit

# By which driver SQLAlchemy reaches each.
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def read(url: str) -> str:
    """Return the URL as SQLAlchemy takes it; raises `ValueError` for what cannot be one, which is not repeated."""
    try:
        parts = urlsplit(url)
        # A password's "/", "?", "#" or "@" that is not percent-encoded cuts the URL elsewhere.
        whole = not parts.fragment and "@" not in parts.path + parts.query and (parts.port or True)
    except ValueError:
        whole = False
    if not (whole and url.isprintable() and parts.scheme in _DRIVERS and parts.path.strip("/")):
        raise ValueError("is no URL sqlite:////folder/file.db or postgresql://user:password@host/name")
    if parts.scheme == "sqlite" and (parts.netloc or parts.query or ":memory:" in parts.path):
        raise ValueError("names no file: sqlite:////folder/file.db, with four slashes")
    return _DRIVERS[parts.scheme] + url[len(parts.scheme) :]
