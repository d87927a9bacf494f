"""python -m service.cli, for where the script `stance` is not installed."""

import sys

from service.cli import main

sys.exit(main())
