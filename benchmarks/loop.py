"""python benchmarks/loop.py [KIND]: 200 corrections of one kind of error through service, review and retraining.

KIND is `withdrawal` (the exit from the landmine convention taken for the one from the INF Treaty) or `withheld` (a
judgement that somebody withholds taken for one). `training/data/corrections.csv` has of each 200 sentences, picked
because model 7c93bea03f3e was wrong on them, and, by another hand that saw none of these and no model, 100 unseen ones
and 40 that sound alike and do take a side. Of `withdrawal` there are 50 more that sound alike and take a side, by a
third hand: they are posted too, since corrections of one label alone teach that their words mean that label; `--alone`
leaves them out. A service on a database of its own takes the corrections, a reviewer
approves them, `training/train.py --feedback` retrains from the service's address, and the service that is still running
answers the unseen ones before and after. Ends with status 1 if the new model is not promoted. Cost: four minutes.
"""

import argparse
import csv
import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.reload import service  # noqa: E402
from model import artifact  # noqa: E402
from training.report import table  # noqa: E402

DATA = ROOT / "training" / "data" / "corrections.csv"
DESK, EDITOR = "desk-0123456789abcdef", "editor-0123456789abcdef"
KINDS = ("withdrawal", "withheld")
LIKE_IT = "like it"
PICKED_UP_SECONDS = 30.0


class Asker:
    """Asks a service on one kept-alive connection, with a key."""

    def __init__(self, port: int, key: str):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any) -> Any:
        """Return the answer's JSON; ends the run at an error."""
        self._connection.request(method, path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        found = json.load(answer)
        if answer.status >= http.client.BAD_REQUEST:
            raise SystemExit(f"{method} {path}: {answer.status}: {found['detail']}")
        return found


def main() -> int:
    """Run the loop and print what it changed as Markdown; returns the exit status."""
    options = _options()
    rows = read(options.kind)
    if options.alone:
        rows["posted"] = [row for row in rows["posted"] if row["sort"] == LIKE_IT]
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        before = artifact.current(options.models)
        shutil.copytree(options.models / before, models / before)
        (models / "current").write_text(before + "\n")
        own = {
            "STANCE_API_KEYS": f"desk:{DESK},editor:{EDITOR}:review",
            "STANCE_FEEDBACK_DATABASE_URL": f"sqlite:///{folder}/corrections.db",
        }
        with service(models, Path(folder) / "log", **own) as (port, _):
            desk, editor = Asker(port, DESK), Asker(port, EDITOR)
            first = answers(desk, rows["unseen"])
            taken = [correct(desk, editor, row) for row in rows["posted"]]
            print(f"{len(taken)} corrections taken and approved, {sum(taken)} of them of wrong answers of {before}.\n")
            retrain(models, port)
            after = artifact.current(models)
            desk = Asker(port, DESK)  # the connection has been idle for minutes, and was given up
            if after != before:
                wait(desk, after)
            second = answers(desk, rows["unseen"])
    print(f"\nThe same service, on the {len(rows['unseen'])} unseen sentences:\n")
    print(table(["sort", "sentences", "neutral", f"right, {before}", f"right, {after}"], gain(rows, first, second)))
    return int(after == before)


def read(kind: str) -> dict[str, list[dict[str, str]]]:
    """Return the rows of one kind in the corrections' file by part."""
    found: dict[str, list[dict[str, str]]] = {"posted": [], "unseen": []}
    with DATA.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            if row["kind"] == kind:
                found[row["part"]].append(row)
    return found


def answers(desk: Asker, rows: Sequence[dict[str, str]]) -> list[str]:
    """Return the label that the service answers to each row's text."""
    texts = [row["text"] for row in rows]
    return [one["label"] for one in desk.ask("POST", "/classify/batch", {"texts": texts})["results"]]


def correct(desk: Asker, editor: Asker, row: dict[str, str]) -> bool:
    """Ask, correct, approve; returns whether the answer was wrong."""
    answer = desk.ask("POST", "/classify", {"text": row["text"]})
    answered = {"label": answer["label"], "version": answer["model"]["version"]}
    taken = desk.ask("POST", "/feedback", {"text": row["text"], "label": row["label"], "answer": answered})
    editor.ask("PATCH", f"/feedback/{taken['id']}", {"status": "approved"})
    return bool(answer["label"] != row["label"])


def retrain(models: Path, port: int) -> None:
    """Retrain from the service's address as a person does; what is printed goes through."""
    command = [sys.executable, "training/train.py", "--feedback", f"http://127.0.0.1:{port}", "--out", str(models)]
    sys.stdout.flush()
    subprocess.run(command, cwd=ROOT, env={**os.environ, "STANCE_API_KEY": EDITOR}, check=True)  # noqa: S603  (our own)


def wait(desk: Asker, version: str) -> None:
    """Wait until a running service answers by a version: it picks it up by itself."""
    deadline = time.monotonic() + PICKED_UP_SECONDS
    # Several in a row, since each worker switches for itself.
    while any(desk.ask("GET", "/model", None)["version"] != version for _ in range(5)):
        if time.monotonic() > deadline:
            raise SystemExit(f"the service does not pick {version} up")
        time.sleep(0.5)


def gain(rows: dict[str, list[dict[str, str]]], first: Sequence[str], second: Sequence[str]) -> list[list[str]]:
    """Return for each sort how many are right: had all been called neutral, before, after."""
    found = []
    for sort in sorted({row["sort"] for row in rows["unseen"]}):
        picked = [number for number, row in enumerate(rows["unseen"]) if row["sort"] == sort]
        gold = [rows["unseen"][number]["label"] for number in picked]
        right = [
            sum(label == one for label, one in zip(gold, labels, strict=True))
            for labels in (["neutral"] * len(gold), [first[n] for n in picked], [second[n] for n in picked])
        ]
        found.append([sort, str(len(gold)), *map(str, right)])
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Show what 200 corrections repair.")
    parser.add_argument("kind", nargs="?", choices=KINDS, default=KINDS[0], help="default: %(default)s")
    parser.add_argument("--alone", action="store_true", help="post the 200 corrections alone")
    parser.add_argument(
        "--models", type=Path, default=ROOT / "model" / "artifacts", help="models folder whose current one is corrected"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
