"""The store of corrections: everything that touches the database."""

from collections.abc import Iterator
from datetime import datetime

from service.feedback.values import Approved, Correction, Receipt, Status, Submission, Submitted, Wanted


class Store:
    """Corrections in the database at `url`, which is opened at first use and found again after it was away.

    Every method raises `OutOfReachError` while the database cannot be used. Threads may share a store.
    """

    def __init__(self, url: str):
        self._url = url

    def add(self, submission: Submission) -> tuple[Receipt, bool]:
        """Store a correction durably; False says that the same one was there already, by its idempotency key.

        Raises `ConflictError` where the key was used for other content.
        """
        raise NotImplementedError

    def get(self, id: int) -> Correction:
        """Return a correction; raises `NotThereError`."""
        raise NotImplementedError

    def find(self, wanted: Wanted) -> tuple[list[Correction], str | None]:
        """Return a page of corrections by id, disagreeing ones sentence by sentence, and the cursor of the next."""
        raise NotImplementedError

    def decide(self, id: int, by: str, status: Status | None, label: str | None) -> Correction:
        """Set status or label or both, and keep who did it; raises `NotThereError`."""
        raise NotImplementedError

    def erase(self, id: int) -> None:
        """Erase a correction, text, history and all; raises `NotThereError`."""
        raise NotImplementedError

    def approved(self, target: str | None) -> Iterator[Approved]:
        """Yield the approved corrections by id, of one target or of all, in constant memory."""
        raise NotImplementedError

    def submitted(self) -> Iterator[Submitted]:
        """Yield the labels as submitted by id, of corrections with a named annotator or API key."""
        raise NotImplementedError

    def purge(self, before: datetime) -> int:
        """Erase what was stored before; returns how many."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the connections back."""
        raise NotImplementedError
