"""Opening the database of corrections: how each kind is set up, and its tables brought up to date."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

# What a request waits at most for the answer to connecting, and for a lock.
WAIT_SECONDS = 5
# An export asks page by page, so that no statement is a long one.
_STATEMENT_SECONDS = 30
_PRAGMAS = (
    "journal_mode=WAL",  # readers and a writer side by side
    "synchronous=FULL",  # a commit returns when it is on the disk
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten
)
_POSTGRESQL = {
    "connect_timeout": WAIT_SECONDS,
    "tcp_user_timeout": 1000 * WAIT_SECONDS,
    "keepalives_idle": WAIT_SECONDS,
    "keepalives_interval": 1,
    "keepalives_count": WAIT_SECONDS,
    # A commit returns when it is on the disk, whatever the server's own setting.
    "options": f"-c lock_timeout={WAIT_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s -c synchronous_commit=on",
}
# Any number that is ours alone among those who use the database.
_MIGRATION_LOCK = 0x57A9CE


def open_engine(address: str) -> Engine:
    """Return an engine; on SQLite a transaction takes the write lock first where it is executed with `writes`.

    SQLite: raises `OSError` where its file can be neither found nor made. Connects to no server.
    """
    # All connections stay open, of which there are no more than threads: opening one costs more than a correction.
    options: dict[str, Any] = {"hide_parameters": True, "pool_size": 0}
    kept = file(address)
    if kept is None:
        return create_engine(address, connect_args=_POSTGRESQL, pool_pre_ping=True, **options)
    # Nobody else's to read; SQLite gives the files beside it the same rights. One that is there is not opened, since
    # closing it again would take this process's locks on it away.
    with suppress(FileExistsError):
        kept.touch(0o600, exist_ok=False)
    engine = create_engine(address, connect_args={"timeout": WAIT_SECONDS}, **options)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def file(address: str) -> Path | None:
    """Return the file of an SQLite database."""
    return Path(make_url(address).database or "") if address.startswith("sqlite") else None


def _set_up(connection: Any, _: object) -> None:
    connection.isolation_level = None  # else the driver begins transactions, and never with the write lock
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    if writes is not None:
        # Reading first and writing then would fail where another has written in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Bring the tables up to date, one process at a time; a database that is up to date is only read."""
    config = Config()
    config.set_main_option("script_location", "service.feedback:migrations")
    newest = ScriptDirectory.from_config(config).get_current_head()
    with engine.connect() as connection:
        if MigrationContext.configure(connection).get_current_revision() == newest:
            return
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
