"""Where time comes from: the only file that reads the machine's clocks.

Everything else takes readings as an argument, so that a test can be at any time.
"""

from __future__ import annotations

import time
from typing import NamedTuple, Optional

# time.monotonic stands still while Linux or an Apple system sleeps. The first of these runs on under Linux and Android,
# the second under Apple's systems; Windows has neither, and there time.monotonic runs on.
_SLEEPLESS: Optional[int] = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


class Time(NamedTuple):
    """A reading of a device's two clocks."""

    wall: int
    """Unix seconds. They may lie."""
    elapsed: int
    """Seconds of a monotonic clock, from any origin that stays while the process lives."""


def now() -> Time:
    """The machine's clocks now."""
    elapsed = time.monotonic() if _SLEEPLESS is None else time.clock_gettime(_SLEEPLESS)
    return Time(int(time.time()), int(elapsed))
