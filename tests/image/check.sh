#!/bin/sh
# Build the image with $ENGINE, run it hardened, wait until it is ready and healthy, post to it, stop it with SIGTERM.
set -eu
"$ENGINE" build --build-arg BASE="$BASE" -t "$IMAGE" .
"$ENGINE" image inspect -f 'built: {{.Size}} bytes' "$IMAGE"
id=$("$ENGINE" run -d --rm=false -p 127.0.0.1::8000 --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges "$IMAGE")
trap '"$ENGINE" rm -f "$id" >/dev/null' EXIT
BASE_URL=http://$("$ENGINE" port "$id" 8000/tcp | head -n 1)
export BASE_URL
for _ in $(seq 100); do curl -fsS -m 2 "$BASE_URL/readyz" >/dev/null 2>&1 && break; sleep 0.3; done
"$PYTHON" tests/image/smoke.py
"$ENGINE" stop -t 30 "$id" >/dev/null
status=$("$ENGINE" inspect -f '{{.State.ExitCode}}' "$id")
[ "$status" -eq 0 ] || { echo "ends with status $status on SIGTERM" >&2; exit 1; }
