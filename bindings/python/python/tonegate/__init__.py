"""Verifies Tonegate audio licences offline, and keeps them fresh.

Most apps want a LicenseSession: it fetches the next licence in time, keeps it over restarts, and answers at each use
of a feature whether it may run. A Gate is the same without threads; explain says what a text is.

A licence is never the reason of an exception: what is wrong with it stands in the verdict. Options that cannot be right
(pins, issuer, environment, identity) raise ValueError where they are read.
"""

from ._native import (
    FeatureVerdict,
    Options,
    Outlook,
    Session,
    Turn,
    Verdict,
    android_identity,
    ios_identity,
    web_identity,
)
from .clocks import Time, now
from .gate import Gate, explain, verify
from .relay import FetchFailed, relay
from .session import LicenseNotTaken, LicenseSession
from .store import FileStore, Store

__all__ = [
    "FeatureVerdict",
    "FetchFailed",
    "FileStore",
    "Gate",
    "LicenseNotTaken",
    "LicenseSession",
    "Options",
    "Outlook",
    "Session",
    "Store",
    "Time",
    "Turn",
    "Verdict",
    "android_identity",
    "explain",
    "ios_identity",
    "now",
    "relay",
    "verify",
    "web_identity",
]
