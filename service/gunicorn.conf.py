"""gunicorn's settings: gunicorn --config service/gunicorn.conf.py"""

import atexit
import ctypes
import gc
import logging
import os
import resource
import shutil
import socket
import struct
import tempfile
from pathlib import Path

from service import metrics
from service.logs import JsonLines
from service.settings import Settings

_settings = Settings.read_or_exit(os.environ)

wsgi_app = "service.app:create_app()"
# Ours: connections shared fairly, and problem documents for what is not HTTP.
worker_class = "service.worker.Worker"
bind = _settings.bind
workers = _settings.workers
threads = _settings.threads
# As many as there are descriptors for, and some to spare: a worker that finds none for a connection dies of it.
worker_connections = max(threads + 1, min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 128))
# The model is loaded once, and the workers share its pages.
preload_app = True
# Each worker touches a file to show that it lives; on a disk that can stall the worker is killed for it.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# It would be made in $HOME, which a container may not write.
control_socket_disable = True
graceful_timeout = _settings.graceful_seconds
# Longer than the idle time of the usual gateways (60 s), so that they close first and never write into a closed one.
keepalive = 65
# Python's sendfile waits without end for a client that does not read.
sendfile = False
errorlog = "-"
logger_class = "service.logs.Log"
# What no line shows need not be found out for each ("Optimization" in Python's logging HOWTO): thread, process, caller.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": JsonLines}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}


def _give_memory_back():
    """Have glibc return what large bodies took, which it would keep, once for each thread: twice the memory in a soak.

    By mallopt's numbers: blocks over a megabyte come from the system and go back to it, so do four free megabytes at
    the end of the heap, and there is one heap for all threads, which share one interpreter. Other libraries have none.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        for option, value in (-3, 2**20), (-1, 2**22), (-8, 1):
            mallopt(option, value)


def _share_metrics():
    """Make the folder in memory where the workers count, once: SIGHUP reads this file anew, and the counts go on.

    Named by the process, so that one left behind by a killed container's process 1 is wiped by the next.
    """
    master = os.getpid()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()  # noqa: S108
    folder = Path(memory, f"stance-metrics-{master}")
    if os.environ.get(metrics.FOLDER) == str(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    metrics.share(str(folder))
    # Not a hook of gunicorn's, which has none for a start that fails; the workers, forked, run this as well.
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == master else None)


_give_memory_back()
_share_metrics()


def post_fork(server, worker):
    metrics.become(worker.slot)


def when_ready(server):
    """Let silent clients go: accepted sockets inherit these timeouts. And keep what is loaded out of collections.

    Without the timeouts a half-sent body or an answer that is not read holds a thread for good. A collection, the one
    at a process's end too, would write into every page that the workers share and so copy them all.
    """
    gc.collect()
    gc.freeze()
    patience = _settings.client_timeout_seconds
    # Before the kernel takes nothing more of an answer it takes a part, twice, and each time it waits.
    for option, seconds in (socket.SO_RCVTIMEO, patience), (socket.SO_SNDTIMEO, patience / 3):
        timeout = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
        for listener in server.LISTENERS:
            listener.sock.setsockopt(socket.SOL_SOCKET, option, timeout)


def post_worker_init(worker):
    # Benchmarks serve other applications under these settings.
    if models := getattr(worker.wsgi, "extensions", {}).get("models"):
        models.watch()


def child_exit(server, worker):
    """Take a dead worker off the board of connections, else its last count would stand there for ever."""
    metrics.forget(worker.slot)
    worker.release()
