"""LicenseSession against a relay that is there, down, slow, wrong, and back again; over restarts; to its end."""

import tempfile
import threading
import time
import unittest
from pathlib import Path

import tonegate
from samples import DAY, LICENSE, NEWER, Clock, Relay, answered, licensed, options, until


class Kept(unittest.TestCase):
    def setUp(self):
        self.relay = Relay()
        self.clock = Clock()
        self.verdicts, self.errors = [], []
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.store = tonegate.FileStore(Path(folder.name) / "license")
        self.addCleanup(lambda: self.relay.stop())

    def session(self, **others):
        arguments = {
            "fetch": tonegate.relay(self.relay.url, api_key="key"),
            "store": self.store,
            "on_change": self.verdicts.append,
            "on_error": self.errors.append,
            "clock": self.clock,
        }
        session = tonegate.LicenseSession(options(), **{**arguments, **others})
        self.addCleanup(session.close)
        return session

    def valid(self, session):
        until("a valid licence", lambda: session.verdict().is_valid)

    def error(self, kind):
        until(f"a {kind.__name__}", lambda: any(isinstance(error, kind) for error in self.errors))
        return next(error for error in self.errors if isinstance(error, kind))

    def test_it_fetches_and_says_so(self):
        with self.session() as session:
            until("a change", lambda: self.verdicts and self.verdicts[-1].is_valid)
            self.assertEqual(session.license, LICENSE)
            self.assertEqual(session.check("ans").answer, "run")
            self.assertEqual(session.outlook("ans").on_expiry, "bypass")
            self.assertEqual(session.check("nothing-such").reason, "feature_missing")
        self.assertEqual([verdict.reason for verdict in self.verdicts], ["empty", None])
        self.assertEqual((self.errors, len(self.relay.seen)), ([], 1))

    def test_a_restart_needs_no_relay(self):
        with self.session() as session:
            self.valid(session)
        with self.session(fetch=forbidden) as session:
            self.assertTrue(session.check("ans").runs)
            until("a change", lambda: len(self.verdicts) == 3)
        self.assertEqual((self.verdicts[-1].state, self.errors), ("valid", []))

    def test_it_goes_on_while_the_relay_is_down_and_comes_back(self):
        self.relay.stop()
        with self.session() as session:
            self.assertIn("cannot be reached", str(self.error(tonegate.FetchFailed)))
            self.assertEqual(session.check("ans").reason, "empty")
            self.relay = Relay(port=self.relay.port)
            # No refresh(): the first wait after a failure is 2.5 to 5 s.
            self.valid(session)

    def test_an_end_to_a_wait(self):
        self.relay.answer = answered(503, "", Retry_After="3000")
        with self.session() as session:
            self.assertEqual(self.error(tonegate.FetchFailed).retry_after, 3_000)
            self.clock.put_forward(2_900)
            session._wake()
            time.sleep(0.3)
            self.assertEqual(len(self.relay.seen), 1)
            self.clock.put_forward(200)
            session._wake()
            until("a second try", lambda: len(self.relay.seen) == 2)
            self.relay.answer = licensed(LICENSE)
            until("its failure", lambda: len(self.errors) == 2)
            session.refresh()
            self.valid(session)

    def test_nothing_bad_takes_what_is_held(self):
        self.relay.answer = licensed(NEWER)
        with self.session() as session:
            self.valid(session)
            self.clock.put_forward(6 * DAY)
            bad = [licensed(LICENSE), licensed("nonsense"), licensed(""), answered(200, "<html>"), answered(500, "")]
            for count, answer in enumerate(bad, 1):
                self.relay.answer = answer
                session.refresh()
                until(f"error {count}", lambda: len(self.errors) >= count)
                self.assertEqual((session.check("ans").answer, session.license), ("run", NEWER))
        kinds = [type(error).__name__ for error in self.errors]
        self.assertEqual(kinds, ["LicenseNotTaken"] * 3 + ["FetchFailed"] * 2)
        self.assertIn("older", str(self.errors[0]))
        self.assertEqual(self.errors[1].verdict.reason, "not_a_license")

    def test_a_newer_licence_is_swapped_in_while_a_feature_runs(self):
        with self.session() as session:
            self.valid(session)
            answers, ended = set(), threading.Event()

            def play():
                while not ended.is_set():
                    answers.add(session.check("ans").answer)

            player = threading.Thread(target=play)
            player.start()
            self.relay.answer = licensed(NEWER)
            self.clock.put_forward(6 * DAY)
            session.refresh()
            until("the newer one", lambda: session.license == NEWER)
            self.assertEqual(session.verdict().valid_until, self.verdicts[-1].valid_until + 3_600)
            ended.set()
            player.join()
        self.assertEqual((answers, self.errors), ({"run"}, []))

    def test_an_end_is_told(self):
        with self.session(fetch=once(LICENSE)) as session:
            self.valid(session)
            self.clock.put_forward(8 * DAY)
            session._wake()
            until("the end", lambda: self.verdicts[-1].state == "expired")
            self.assertEqual((session.check("ans").answer, session.check("ans").sdk_code), ("bypass", 82))

    def test_a_slow_fetch_is_given_up_and_its_licence_still_taken(self):
        go_on = threading.Event()
        self.addCleanup(go_on.set)

        def slow(handler):
            go_on.wait(30)
            licensed(LICENSE)(handler)

        self.relay.answer = slow
        with self.session() as session:
            until("a request", lambda: self.relay.seen)
            self.assertEqual(session.check("ans").reason, "empty")
            self.clock.put_forward(31)
            self.assertIn("30 seconds", str(self.error(TimeoutError)))
            go_on.set()
            self.valid(session)

    def test_fetches_that_never_end_do_not_pile_up(self):
        go_on, begun = threading.Event(), []
        self.addCleanup(go_on.set)

        def hang():
            begun.append(1)
            go_on.wait(30)
            raise OSError("ended")

        with self.session(fetch=hang) as session:
            for count in range(1, 7):
                until("a fetch", lambda: len(begun) >= min(count, 4))
                self.clock.put_forward(31)
                session._wake()
                until("given up", lambda: len(self.errors) >= count)
                session.refresh()
            self.assertEqual(len(begun), 4)
            self.assertIn("have not ended", str(self.errors[-1]))

    def test_failing_callbacks_stores_and_fetches_do_not_end_it(self):
        class Broken:
            def load(self):
                raise OSError("the disk is gone")

            def save(self, content):
                raise OSError("the disk is gone")

        def fail(_):
            raise SystemExit

        fetch = Sequence([SystemExit(), KeyError("x"), None, b"\xff", "\ud800", LICENSE])
        with self.assertLogs("tonegate", "ERROR"):
            with self.session(fetch=fetch, store=Broken(), on_change=fail, on_error=fail) as session:
                for _ in range(10):
                    session.refresh()
                    time.sleep(0.1)
                self.valid(session)

    def test_what_could_not_be_stored_is_stored_later(self):
        class Once(Memory):
            def save(self, content):
                if not self.failed:
                    self.failed = True
                    raise OSError("full")
                super().save(content)

        store = Once()
        with self.session(store=store) as session:
            self.valid(session)
            until("the licence in the store", lambda: LICENSE.encode() in store.content)
        self.assertEqual(str(self.errors[0]), "full")

    def test_a_store_that_hangs_does_not_keep_close(self):
        go_on, begun = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)

        class Hanging(Memory):
            def save(self, content):
                begun.set()
                go_on.wait(60)

        session = self.session(store=Hanging())
        session.start()
        self.assertTrue(begun.wait(20))
        closer = threading.Thread(target=session.close, daemon=True)
        closer.start()
        closer.join(30)
        self.assertFalse(closer.is_alive())
        self.assertIn("store has not come back", str(self.errors[-1]))

    def test_a_store_that_returns_anything_is_a_new_device(self):
        for stored in (b"x" * 100, None, 10**12, "text", LICENSE.encode() * 10_000):
            store = Memory()
            store.content = stored
            with self.session(store=store) as session:
                self.valid(session)

    def test_close_ends_the_thread_and_may_be_called_twice(self):
        before = {thread for thread in threading.enumerate() if thread.name == "tonegate"}
        session = self.session().start()
        self.valid(session)
        session.start()
        mine = {thread for thread in threading.enumerate() if thread.name == "tonegate"} - before
        self.assertEqual(len(mine), 1)
        session.close()
        session.close()
        self.assertFalse(any(thread.is_alive() for thread in mine))
        session.start()
        session.refresh()
        self.assertFalse(any(thread.name == "tonegate" for thread in set(threading.enumerate()) - before))
        self.assertTrue(session.check("ans").runs)

    def test_a_callback_may_call_anything(self):
        def on_change(verdict):
            session.check("ans")
            session.refresh()
            if verdict.is_valid:
                session.close()

        session = self.session(on_change=on_change)
        session.start()
        until("its end", lambda: not session._thread.is_alive())
        self.assertTrue(session.verdict().is_valid)

    def test_use_is_stored_while_nobody_waits_for_it(self):
        store = Memory()
        session = self.session(store=store)
        self.assertEqual(session.check("ans").reason, "empty")
        self.assertTrue(store.content)
        session.start()
        self.valid(session)
        until("the licence in the store", lambda: LICENSE.encode() in store.content)
        before = store.content
        self.clock.put_forward(120)
        session.check("ans")
        until("the time used", lambda: store.content != before)
        self.assertEqual(store.threads - {threading.current_thread()}, {session._thread})


class Memory:
    """Keeps bytes, and who saved them."""

    def __init__(self):
        self.content, self.failed, self.threads = b"", False, set()

    def load(self):
        return self.content

    def save(self, content):
        self.content = content
        self.threads.add(threading.current_thread())


class Sequence:
    """Returns or raises one thing after the other, the last one for ever."""

    def __init__(self, things):
        self._things = things

    def __call__(self):
        thing = self._things.pop(0) if len(self._things) > 1 else self._things[0]
        if isinstance(thing, BaseException):
            raise thing
        return thing


def once(text):
    return Sequence([text, OSError("nothing more comes")])


def forbidden():
    raise AssertionError("nothing is due")


if __name__ == "__main__":
    unittest.main()
