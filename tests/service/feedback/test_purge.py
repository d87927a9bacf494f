"""The purge as a command, and settings of the corrections' database."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from service.feedback import address
from service.feedback.store import Store
from service.feedback.values import Submission
from service.settings import Settings, SettingsError
from tests.conftest import ROOT

URL = "STANCE_FEEDBACK_DATABASE_URL"
DAYS = "STANCE_FEEDBACK_RETENTION_DAYS"


def purge(**environment: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "service.feedback.purge"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_command_erases_what_is_older_than_the_retention(database: str) -> None:
    with closing(Store(database)) as store:
        sent = [store.add(Submission("t", f"Sentence {n}.", None, None, "neutral"))[0] for n in range(3)]
        for receipt, days in zip(sent, (40, 31, 29), strict=True):
            created = datetime.now(UTC) - timedelta(days)
            with store._session(writes=True) as session:
                session.connection().exec_driver_sql(
                    f"UPDATE corrections SET created = '{created:%Y-%m-%d %H:%M:%S.%f}' WHERE id = {receipt.id}"
                )
        assert purge(**{URL: database, DAYS: "30"}) == (0, "2 corrections older than 30 days erased\n", "")
        assert store.get(sent[2].id).text == "Sentence 2."


def test_without_a_database_it_says_so() -> None:
    assert purge() == (2, "", f"Corrections are not kept here: {URL} is not set.\n")


@pytest.mark.parametrize("url", ["sqlite:////nowhere/corrections.db", "postgresql://a:s3cret@127.0.0.1:1/b"])
def test_a_database_out_of_reach_is_1_and_keeps_its_password(url: str) -> None:
    status, told, fault = purge(**{URL: url})
    assert (status, told) == (1, "")
    assert fault.startswith("The database is out of reach: ")
    assert fault.count("\n") == 1
    assert "s3cret" not in fault


@pytest.mark.parametrize(
    "url",
    [
        "s3cret",
        "mysql://a:s3cret@host/name",
        "postgresql://a:s3cret@host",
        "postgresql://a:s3c/ret@host/name",
        "postgresql://a:1/s3cret@host/name",
        "postgresql://a:s3c#ret@host/name",
        "postgresql://a:s3c?ret@host/name",
        "postgresql://a:s3cret@host:port/name",
        "postgresql://a:s3cret@[host/name",
        "postgresql://a:s3cret@host/name\n",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///s3cret?mode=memory",
        "sqlite://s3cret/corrections.db",
    ],
)
def test_what_can_be_no_database_stops_the_start_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match=f"{URL} (is no URL|names no file)") as fault:
        Settings.read({URL: url})
    assert "s3c" not in str(fault.value)


def test_a_retention_beyond_all_calendars_is_refused() -> None:
    assert Settings.read({DAYS: "36500"}).feedback_retention_days == 36500
    with pytest.raises(SettingsError, match=f"{DAYS} is above 36500"):
        Settings.read({DAYS: "36501"})


def test_the_url_is_a_secret() -> None:
    assert "s3cret" not in repr(Settings(feedback_database_url="postgresql://a:s3cret@host/name"))


def test_addresses_name_the_driver() -> None:
    assert address.read("postgresql://a:b@host/name") == "postgresql+psycopg://a:b@host/name"
    assert address.read("postgresql:///name?host=/run") == "postgresql+psycopg:///name?host=/run"
    assert address.read("sqlite:////folder/file.db") == "sqlite:////folder/file.db"


def test_a_service_without_corrections_does_without_their_libraries() -> None:
    code = "import sys, service.app; print({'sqlalchemy', 'alembic', 'psycopg', 'krippendorff'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
