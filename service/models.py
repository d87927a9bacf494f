"""The model that this process answers with, and the watch for a new one."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from model import Analyzer, ArtifactError, artifact, versions
from service.errors import NoModelError

log = logging.getLogger(__name__)

# Twice as long is how late a new version is noticed: it is loaded when two looks in a row have found the same.
LOOK_SECONDS = 0.5
State = tuple[object, ...]


class Models:
    """Holds the loaded model, or none where none loads: the service starts all the same and says so.

    `seen` is told of each model "loaded" or "refused", with its version, or "" where none is named.
    """

    def __init__(self, folder: Path, seen: Callable[[str, str], None] = lambda _, __: None):
        self.folder = folder
        self._seen = seen
        self._tried: State = ()
        self._analyzer: Analyzer | None = None

    def load(self) -> None:
        """Load the current version, score the probe sentence, and only then answer with it.

        What does not verify is refused with a sentence in the log, and what was loaded before goes on answering.
        """
        self._tried = _state(self.folder)
        try:
            analyzer = Analyzer.load(self.folder)
            versions.probe(analyzer)
        except ArtifactError as fault:
            if self._analyzer is None:
                log.error("no model is served: %s", fault)
            else:
                log.error("model %s is kept, since %s", self._analyzer.manifest.version, fault)
            self._seen("refused", versions.current(self.folder) or "")
            return
        self._analyzer = analyzer
        log.info("model %s is served", analyzer.manifest.version)
        self._seen("loaded", analyzer.manifest.version)

    def refresh(self) -> None:
        """Load what the folder names, unless it is just what was loaded, or refused, the last time."""
        if _state(self.folder) != self._tried:
            self.load()

    def watch(self) -> None:
        """Refresh now, and from now on beside the requests: to be called in each worker, since no fork takes threads.

        A worker that is forked late has the model that was current when the service began.
        """
        self.refresh()
        threading.Thread(target=self._look, name="models", daemon=True).start()

    def current(self) -> Analyzer:
        """Return the loaded model; raises `NoModelError` where there is none. A request takes it once."""
        if self._analyzer is None:
            raise NoModelError
        return self._analyzer

    def _look(self) -> None:
        last: State = ()
        while True:
            time.sleep(LOOK_SECONDS)
            state = _state(self.folder)
            if state == last:
                self.refresh()
            last = state


def _state(folder: Path) -> State:
    """Return what is different as soon as another version is named, or a file that is loaded has changed."""
    named = versions.current(folder) or ""
    files = folder / artifact.CURRENT, folder / named / artifact.MANIFEST, folder / named / artifact.SCORER
    return named, *map(_file_state, files)


def _file_state(file: Path) -> State | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns
