"""Who may import whom, and that importing does nothing."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

# Third-party packages open files of their own when they are imported; ours must not, so they come first.
PROBE = """
import sys
import countryinfo, flask_smorest, flask_swagger_ui, gunicorn.workers.gthread, prometheus_client, tqdm
import distributed, pyarrow.parquet, rich.progress, xml.sax
import sklearn.linear_model, sklearn.feature_extraction.text, sklearn.pipeline, sklearn.metrics, sklearn.model_selection
root, did = sys.argv[1], []
def hook(event, arguments):
    if event == "open" and not str(arguments[0]).endswith((".py", ".pyc")) and "__pycache__" not in str(arguments[0]):
        did.append(f"open {arguments[0]}")
    if event.startswith(("socket.", "subprocess.", "os.system", "os.mkdir", "os.remove", "os.rename", "sqlite3.")):
        did.append(event)
sys.addaudithook(hook)
import os
class Watched(type(os.environ)):
    def __getitem__(self, key): did.append(f"environ {key}"); return super().__getitem__(key)
import logging
handlers = list(logging.root.handlers)
os.environ.__class__ = Watched
import service.app, service.bulk.session, service.worker, training.train, model
os.environ.__class__ = Watched.__mro__[1]
assert logging.root.handlers == handlers
print("\\n".join(did))
"""


def test_importing_opens_and_reads_nothing() -> None:
    command = [sys.executable, "-B", "-c", PROBE, str(ROOT)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == ""


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
