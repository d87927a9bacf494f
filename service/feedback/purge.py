"""python -m service.feedback.purge: erases the corrections that are older than the retention.

Reads the service's settings. Exit status: 0, and a line that says how many; 1 where the database is out of reach or a
setting is impossible; 2 where no corrections are kept.
"""

import os
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

from service.feedback.store import Store
from service.feedback.values import OutOfReachError
from service.settings import Settings


def main() -> int:
    """Erase and tell; returns the exit status."""
    settings = Settings.read_or_exit(os.environ)
    days = settings.feedback_retention_days
    if not settings.feedback_database_url:
        print("Corrections are not kept here: STANCE_FEEDBACK_DATABASE_URL is not set.", file=sys.stderr)
        return 2
    try:
        with closing(Store(settings.feedback_database_url)) as store:
            count = store.purge(datetime.now(UTC) - timedelta(days))
    except OutOfReachError as fault:
        print(f"The database is out of reach: {fault}", file=sys.stderr)
        return 1
    print(f"{count} corrections older than {days} days erased")
    return 0


if __name__ == "__main__":
    sys.exit(main())
