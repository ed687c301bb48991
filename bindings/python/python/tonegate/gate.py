"""The gate, verify and explain, with the clocks and the random number that the native part is given.

Invariant: what is stored stays sound: a state that is damaged or of another length begins as a new device.
"""

from __future__ import annotations

import json
import secrets
from typing import Any, Dict, Optional, Tuple, Union, cast

from . import _native
from ._native import FeatureVerdict, Options, Outlook, Verdict
from .clocks import Time, now


def verify(
    text: Union[str, bytes], options: Options, *, state: bytes = b"", at: Optional[Time] = None
) -> Tuple[Verdict, bytes]:
    """Verifies a licence as at a start of the app: the verdict, and the state to store.

    Each call costs the device what a start costs (60 s in advance): to ask often, keep a Gate.
    """
    return _native.verify(text, options, at or now(), state, _spread())


def explain(
    text: Union[str, bytes], options: Options, *, state: bytes = b"", at: Optional[Time] = None
) -> Dict[str, Any]:
    """What a text is, what is true of it, and what to do next: for logs, support and pages that show it.

    What was not proven is marked by `authentic`: False. Nothing changes by it.
    """
    said = _native.explain(text, options, at or now(), state, _spread())
    return cast(Dict[str, Any], json.loads(said))


class Gate:
    """Holds a licence and answers, at each use of a feature, whether it may run.

    Any number of threads may ask. Store `state` whenever it differs from what was stored.
    """

    def __init__(self, options: Options, state: bytes = b"") -> None:
        self._native = _native.Gate(options, state, _spread())

    def load(self, text: Union[str, bytes], at: Optional[Time] = None) -> Verdict:
        """Loads a licence in place of the one before, whatever comes of it."""
        return self._native.load(text, at or now())

    def renew(self, text: Union[str, bytes], at: Optional[Time] = None) -> Tuple[Verdict, bool]:
        """Takes a licence where it is authentic and not older; otherwise the one before stays.

        The verdict of the text offered, and whether it is in force now.
        """
        return self._native.renew(text, at or now())

    def check(self, feature: str, at: Optional[Time] = None) -> FeatureVerdict:
        """May the feature run? Ask at each use, and every 60 s while it lasts."""
        return self._native.check(feature, at or now())

    def verdict(self, at: Optional[Time] = None) -> Verdict:
        """What is true of the loaded licence."""
        return self._native.verdict(at or now())

    def outlook(self, feature: str) -> Optional[Outlook]:
        """What becomes of the feature when the licence ends, and when that is on this device."""
        return self._native.outlook(feature)

    @property
    def state(self) -> bytes:
        """The 32 bytes that the device should keep."""
        return self._native.state


def _spread() -> int:
    """Drawn once per device, so that a fleet never acts as one."""
    return secrets.randbelow(1 << 16)
