"""writer.py URL FOLDER COUNT NAME...: a process for each name, which stores so many corrections one after another.

Each writes into a file of its name: its number, and then of each correction that is stored its key and id. An outage is
waited out. A name that is given again stores what it stored again.
"""

import os
import sys
import time
from pathlib import Path

from service.feedback.store import Store
from service.feedback.values import OutOfReachError, Submission


def correction(name: str, number: int) -> Submission:
    key = f"{name}-{number}"
    return Submission("the step", f"Sentence {key}.", None, None, "neutral", submitter=name, idempotency_key=key)


def write(store: Store, file: Path, count: int) -> None:
    number = 0
    with file.open("a") as out:
        print(os.getpid(), file=out, flush=True)
        while number < count:
            submission = correction(file.name, number)
            try:
                receipt, _ = store.add(submission)
            except OutOfReachError as fault:
                print(fault, file=sys.stderr, flush=True)
                time.sleep(0.1)
            else:
                print(submission.idempotency_key, receipt.id, file=out, flush=True)
                number += 1


def main(url: str, folder: str, count: str, *names: str) -> None:
    # As in the service: made before the fork, used after it.
    store, children = Store(url), []
    for name in names:
        child = os.fork()
        if child == 0:
            write(store, Path(folder) / name, int(count))
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
