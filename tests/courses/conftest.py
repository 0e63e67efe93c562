"""Property tests measure no time: the machine may be busy."""

from hypothesis import HealthCheck, settings

settings.register_profile("staza", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("staza")
