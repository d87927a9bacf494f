"""Post to the running image at BASE_URL and check the answer; ends with status 1 and a sentence where it is wrong."""

import json
import os
import sys
import urllib.request

TEXT = (
    "The foreign minister called the American withdrawal from the treaty a grave mistake and urged Washington to stay."
)


def main() -> int:
    """Classify one sentence and compare what must be the same for every model."""
    request = urllib.request.Request(
        os.environ["BASE_URL"] + "/classify",
        data=json.dumps({"text": TEXT}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        body = json.load(answer)
        version = answer.headers["X-Model-Version"]
    print(json.dumps(body))
    if body["label"] != "criticism" or body["model"]["version"] != version or body["sentences"] != 1:
        print("the image's answer is not what it must be", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
