"""Laws are not timed: how long a busy machine takes for an example is no promise of the code.

`LAWS=few` tries a fifth of the examples, where the suite runs once more only for another Python or other versions.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few", settings.get_profile("untimed"), max_examples=20)
settings.load_profile("few" if os.environ.get("LAWS") == "few" else "untimed")

os.environ["COLUMNS"] = "80"  # as wide as a terminal is that nobody measured, whatever runs the tests
