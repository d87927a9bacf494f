#!/bin/sh
# Build the training image, retrain in it on a mounted file into a mounted folder, hardened, and check what it published.
# With $ENGINE by that engine, else by ../shared/tools/image-check.
set -eu
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
chmod 0777 "$data" # the image runs as uid 10001
{
  echo text,label
  for place in Oslo Rome Bonn; do
    echo "$place called the step a grave mistake.,con"
    echo "$place welcomed the overdue step.,pro"
  done
} >"$data/my.csv"
set -- python training/train.py --data /data/my.csv --out /data/models --target "the step"
if [ -n "${ENGINE:-}" ]; then
  "$ENGINE" build --build-arg BASE="$BASE" --target training -t "$IMAGE-training" .
  "$ENGINE" run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges -v "$data:/data" "$IMAGE-training" "$@"
else
  TARGET=training RUN_ARGS="-v $data:/data" bash ../shared/tools/image-check . -- "$@"
fi
version=$(cat "$data/models/current")
"$PYTHON" -c 'import sys; from model import Analyzer; print(Analyzer.load(sys.argv[1]).classify("A grave mistake.").label)' \
  "$data/models/$version" | grep -qx con || { echo "the version that the training image published is not what it must be" >&2; exit 1; }
echo "the training image published version $version"
