"""gunicorn's settings: gunicorn --config service/gunicorn.conf.py"""

import logging
import os
import socket
import struct
from pathlib import Path

from service.settings import Settings

_settings = Settings.read_or_exit(os.environ)

wsgi_app = "service.app:create_app()"
# Ours: connections shared fairly, and problem documents for what is not HTTP.
worker_class = "service.worker.Worker"
bind = _settings.bind
workers = _settings.workers
threads = _settings.threads
# The model is loaded once, and the workers share its pages.
preload_app = True
# Each worker touches a file to show that it lives; on a disk that can stall the worker is killed for it.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# It would be made in $HOME, which a container may not write.
control_socket_disable = True
graceful_timeout = _settings.graceful_seconds
# Longer than the idle time of the usual gateways (60 s), so that they close first and never write into a closed one.
keepalive = 65
errorlog = "-"
# What no line shows need not be found out for each ("Optimization" in Python's logging HOWTO): thread, process, caller.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
}


def when_ready(server):
    """Let silent clients go: accepted sockets inherit these timeouts.

    Without them four half-sent requests hold four threads for good.
    """
    timeout = struct.pack("ll", _settings.client_timeout_seconds, 0)
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)


def post_worker_init(worker):
    # Benchmarks serve other applications under these settings.
    if models := getattr(worker.wsgi, "extensions", {}).get("models"):
        models.watch()


def child_exit(server, worker):
    """Take a dead worker off the board of connections, else its last count would stand there for ever."""
    worker.release()
