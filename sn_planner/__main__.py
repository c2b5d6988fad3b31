"""`python -m sn_planner`."""

import sys

from sn_planner.cli import main

sys.exit(main())
