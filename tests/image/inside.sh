#!/bin/sh
# Look around inside the hardened image: rights, writable places, tools, packages against the lock.
# With $ENGINE by that engine, else by ../shared/tools/image-check.
set -eu
look="$PWD/tests/image/inside.py:/inside.py:ro"
if [ -n "${ENGINE:-}" ]; then
  "$ENGINE" run --rm -i --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -v "$look" "$IMAGE" python /inside.py
else
  TARGET=serve RUN_ARGS="-i -v $look" bash ../shared/tools/image-check . -- python /inside.py
fi <requirements/serve.lock
