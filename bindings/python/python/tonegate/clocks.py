"""Where time comes from: the only file that reads the machine's clocks.

Everything else takes readings as an argument, so that a test can be at any time.
"""

from __future__ import annotations

import time
from typing import NamedTuple


class Time(NamedTuple):
    """A reading of a device's two clocks."""

    wall: int
    """Unix seconds. They may lie."""
    elapsed: int
    """Seconds of a monotonic clock, from any origin that stays while the process lives."""


def now() -> Time:
    """The machine's clocks now."""
    return Time(int(time.time()), int(time.monotonic()))
