"""Laws are not timed: how long a busy machine takes for an example is no promise of the code.

The suite tries 30 examples of each, so that a person need not wait; `--hypothesis-profile=many` tries 100, as
the suite does on other Pythons. `mutants` is for `tests.mutants`, which needs no smallest example.
"""

import os

from hypothesis import HealthCheck, Phase, settings

settings.register_profile("untimed", max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("many", settings.get_profile("untimed"), max_examples=100)
settings.register_profile(
    "mutants", settings.get_profile("untimed"), database=None, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("untimed")

collect_ignore = ["mutants.py"]  # a command of its own, whose packages the tests do without

os.environ["COLUMNS"] = "80"  # as wide as a terminal is that nobody measured, whatever runs the tests
