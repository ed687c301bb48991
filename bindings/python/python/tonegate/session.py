"""A licence that is kept fresh by a thread of its own.

Invariants: callbacks, store and fetch run outside every lock, and nothing that they do ends the session; a licence in
force is only replaced by a newer authentic one. What is due, and when, the native session says.
"""

from __future__ import annotations

import logging
import secrets
import threading
from types import TracebackType
from typing import Callable, List, Optional, Tuple, Type, Union

from ._native import FeatureVerdict, Options, Outlook, Session, Turn, Verdict
from .clocks import Time, now
from .store import Store

FETCH_SECS_MAX = 30
"""How long a fetch may take before it counts as failed."""
FETCHES_MAX = 4
"""How many fetches that never end are put up with; after that none is begun until one does."""
CLOSE_SECS_MAX = 5
"""How long `close` waits for a callback, and then for a store, that does not come back."""

_log = logging.getLogger("tonegate")
_Outcome = Tuple[int, Union[str, bytes, BaseException]]
"""Which fetch it was, and what came of it."""


class LicenseNotTaken(Exception):
    """What was fetched is none of ours, or older than what is held, which goes on. `verdict` says what it is."""

    def __init__(self, verdict: Verdict) -> None:
        words = "it is older than the one held" if verdict.is_valid else verdict.message
        super().__init__(f"the licence fetched was not taken: {words}. {verdict.next_step}")
        self.verdict = verdict


class LicenseSession:
    """Keeps one app's licence fresh: fetches the next one in time, stores it, and says when the verdict changes.

    fetch: returns the licence's text, or raises; an attribute `retry_after` of what it raises (seconds) is heeded. It has
        30 s, after which it counts as failed.
    store: keeps the licence and the device's state over restarts, as FileStore does. Without one each start begins anew.
    on_change: called with each change of the verdict or the licence.
    on_error: called with what went wrong with a fetch, the store or a callback.
    clock: reads the clocks; for tests.

    Callbacks are called by the session's thread (after `close`: by whoever asks). The methods may be called by any, also by callbacks. A process that forks
    makes its session afterwards: a thread does not survive a fork.
    """

    def __init__(
        self,
        options: Options,
        *,
        fetch: Callable[[], Union[str, bytes]],
        store: Optional[Store] = None,
        on_change: Optional[Callable[[Verdict], object]] = None,
        on_error: Optional[Callable[[BaseException], object]] = None,
        clock: Callable[[], Time] = now,
    ) -> None:
        if not callable(fetch):
            raise TypeError("fetch is a function that returns a licence's text: see tonegate.relay")
        self._fetch, self._store, self._clock = fetch, store, clock
        self._on_change, self._on_error = on_change, on_error
        # Guards what follows it; held for a few instructions only, and never while somebody else's code runs.
        self._changed = threading.Condition(threading.Lock())
        self._thread: Optional[threading.Thread] = None
        self._closed = False
        self._due = False
        self._outcomes: List[_Outcome] = []
        # The thread's own.
        self._fetches: List[threading.Thread] = []
        self._under_way: Optional[int] = None
        self._given_up_at = 0
        self._number = 0
        # One save at a time, so that the last one saved is the newest.
        self._saving = threading.Lock()
        self._not_stored = False
        self._errors: List[BaseException] = []
        self._session = Session(options, self._stored(), secrets.randbits(64), clock())

    def start(self) -> LicenseSession:
        """Starts the thread. Once: a session that was closed stays closed."""
        with self._changed:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="tonegate", daemon=True)
                self._thread.start()
        return self

    def close(self) -> None:
        """Ends the thread and stores what is left to store. Answers go on with what is held. May be called twice.

        A fetch under way is left to itself: it ends with its own timeout, and what it brings is dropped.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSE_SECS_MAX)
        self._save_if_due()
        self._tell_errors()

    def check(self, feature: str) -> FeatureVerdict:
        """May the feature run? Ask at each use, and every 60 s while it lasts."""
        verdict = self._session.check(feature, self._clock())
        self._keep()
        return verdict

    def verdict(self) -> Verdict:
        """What is true of the licence in force."""
        verdict = self._session.verdict(self._clock())
        self._keep()
        return verdict

    def outlook(self, feature: str) -> Optional[Outlook]:
        """What becomes of the feature when the licence ends, and when that is on this device."""
        return self._session.outlook(feature)

    def refresh(self) -> None:
        """Ends a wait after a failure: the network is back, or the user is. Fetches at once where a fetch is due."""
        self._session.hasten()
        self._wake()

    @property
    def license(self) -> str:
        """The text of the licence held; empty: none is."""
        return self._session.license

    def __enter__(self) -> LicenseSession:
        return self.start()

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _run(self) -> None:
        while True:
            wait = self._turn()
            with self._changed:
                if not (self._closed or self._due):
                    self._changed.wait(wait)
                if self._closed:
                    return
                self._due = False

    def _turn(self) -> float:
        """Does all that is due; how many seconds to wait then."""
        try:
            self._take_outcomes()
            self._give_up_if_late()
            turn = self._session.turn(self._clock())
            if turn.fetch:
                self._begin_fetch()
            self._save_if_due()
            if turn.changed is not None:
                self._call(self._on_change, turn.changed)
            self._tell_errors()
            return self._wait(turn)
        except Exception as error:  # A clock of the app's own can fail, too.
            self._errors.append(error)
            self._tell_errors()
            return 5.0

    def _wait(self, turn: Turn) -> int:
        if turn.fetch:
            return 1
        if self._under_way is None:
            return turn.wait_secs
        return max(1, min(turn.wait_secs, self._given_up_at - self._clock().elapsed))

    def _begin_fetch(self) -> None:
        self._fetches = [thread for thread in self._fetches if thread.is_alive()]
        if len(self._fetches) >= FETCHES_MAX:
            self._failed(TimeoutError(f"{FETCHES_MAX} fetches have not ended yet: give them a timeout"))
            return
        self._number += 1
        thread = threading.Thread(target=self._run_fetch, args=(self._number,), name="tonegate-fetch", daemon=True)
        self._under_way, self._given_up_at = self._number, self._clock().elapsed + FETCH_SECS_MAX
        self._fetches.append(thread)
        thread.start()

    def _run_fetch(self, number: int) -> None:
        outcome: Union[str, bytes, BaseException]
        try:
            outcome = self._fetch()
        except BaseException as error:  # Whatever it is, it counts as a failed fetch.
            outcome = error
        with self._changed:
            self._outcomes.append((number, outcome))
            self._due = True
            self._changed.notify_all()

    def _take_outcomes(self) -> None:
        with self._changed:
            outcomes, self._outcomes = self._outcomes, []
        for number, outcome in outcomes:
            # One that was given up has failed already; its licence is welcome all the same.
            in_time = number == self._under_way
            if in_time:
                self._under_way = None
            if not isinstance(outcome, BaseException):
                self._take(outcome)
            elif in_time:
                self._failed(outcome)

    def _take(self, text: Union[str, bytes]) -> None:
        try:
            verdict, in_force = self._session.fetched(text, self._clock())
        except TypeError as error:
            self._failed(error)
            return
        if not in_force:
            self._errors.append(LicenseNotTaken(verdict))

    def _give_up_if_late(self) -> None:
        if self._under_way is not None and self._clock().elapsed >= self._given_up_at:
            self._under_way = None
            self._failed(TimeoutError(f"the fetch took longer than {FETCH_SECS_MAX} seconds"))

    def _failed(self, error: BaseException) -> None:
        self._session.failed(_retry_after(error), self._clock())
        self._errors.append(error)

    def _stored(self) -> bytes:
        """What the last start stored; nothing where it cannot be read, which is told to `on_error`."""
        if self._store is None:
            return b""
        try:
            stored = self._store.load()
            if isinstance(stored, bytes):
                return stored
            raise TypeError("the store's load returned no bytes")
        except BaseException as error:
            self._errors.append(error)
            return b""

    def _keep(self) -> None:
        """Has what changed stored: by the thread, as a caller who plays audio cannot wait for a disk."""
        if self._store is not None and self._session.is_unsaved:
            running = self._thread is not None and self._thread.is_alive()
            if running:
                self._wake()
            else:
                self._save_if_due()

    def _save_if_due(self) -> None:
        if self._store is None:
            return
        # A store that hangs, or that calls us, is not waited for without an end.
        if not self._saving.acquire(timeout=CLOSE_SECS_MAX):
            self._errors.append(TimeoutError(f"the store has not come back within {CLOSE_SECS_MAX} seconds"))
            return
        try:
            if not (self._session.is_unsaved or self._not_stored):
                return
            content = self._session.save()
            try:
                self._store.save(content)
                self._not_stored = False
            except BaseException as error:
                self._not_stored = True
                self._errors.append(error)
        finally:
            self._saving.release()

    def _wake(self) -> None:
        with self._changed:
            self._due = True
            self._changed.notify_all()

    def _tell_errors(self) -> None:
        errors, self._errors = self._errors, []
        for error in errors:
            if self._on_error is None:
                _log.warning("%s", error)
            else:
                self._call(self._on_error, error)

    def _call(self, callback: Optional[Callable[..., object]], argument: object) -> None:
        if callback is None:
            return
        try:
            callback(argument)
        except BaseException:
            _log.exception("a callback of the licence session failed; the session goes on")


def _retry_after(error: BaseException) -> int:
    """What the error asks for, where it is a number of seconds."""
    asked: object = getattr(error, "retry_after", 0)
    if isinstance(asked, (int, float)) and 0 < asked < 1 << 32:
        return int(asked)
    return 0
