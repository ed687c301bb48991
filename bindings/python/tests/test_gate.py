"""verify, explain, Gate and Options: what they say, what they refuse, and from many threads at once."""

import math
import sys
import threading
import time
import unittest
import unittest.mock

import tonegate
from samples import CASES, DAY, LICENSE, NEWER, PINS, START, at, options


class Verified(unittest.TestCase):
    def test_a_good_licence_says_until_when(self):
        verdict, state = tonegate.verify(LICENSE, options(), at=at())
        self.assertTrue(verdict.is_valid)
        self.assertEqual((verdict.state, verdict.reason, verdict.sdk_code), ("valid", None, 0))
        self.assertEqual((verdict.now, verdict.seconds_left), (START, 608_340))
        self.assertEqual(verdict.next_step, "Nothing: the licence is good.")
        self.assertEqual(len(state), 32)

    def test_bytes_are_taken_as_text(self):
        self.assertTrue(tonegate.verify(LICENSE.encode(), options(), at=at())[0].is_valid)

    def test_the_machine_s_clock_is_the_default(self):
        self.assertEqual(tonegate.verify(LICENSE, options())[0].reason, "expired")

    @unittest.skipUnless(hasattr(time, "CLOCK_BOOTTIME"), "no such clock here")
    def test_the_machine_s_clock_runs_on_while_it_sleeps(self):
        # A machine that just woke up: the clock that slept, too, is behind.
        with unittest.mock.patch("time.monotonic", return_value=0.0):
            self.assertAlmostEqual(tonegate.now().elapsed, time.clock_gettime(time.CLOCK_BOOTTIME), delta=2)

    def test_what_is_explained_is_a_dict(self):
        said = tonegate.explain(LICENSE, options(), at=at(8 * DAY))
        self.assertEqual((said["state"], said["sdk_code"], said["authentic"]), ("expired", 82, True))
        self.assertEqual(said["license"]["app_id"], 12345)
        self.assertIsNone(tonegate.explain("nonsense", options())["license"])

    def test_a_gate_keeps_what_runs(self):
        gate = tonegate.Gate(options())
        self.assertEqual(gate.verdict(at()).reason, "empty")
        gate.load(LICENSE, at())
        self.assertEqual(gate.renew("nonsense", at(1))[1], False)
        self.assertEqual(gate.check("ans", at(1)).answer, "run")
        verdict, in_force = gate.renew(NEWER, at(2))
        self.assertTrue(in_force and verdict.is_valid)
        self.assertEqual(gate.renew(LICENSE, at(3))[1], False)
        self.assertEqual(gate.check("nothing-such", at(3)).reason, "feature_missing")
        self.assertEqual(gate.outlook("ans").on_expiry, "bypass")
        self.assertIsNone(gate.outlook("nothing-such"))
        again = tonegate.Gate(options(), gate.state)
        self.assertEqual(again.state, gate.state)

    def test_verdicts_are_values(self):
        one, other = (tonegate.verify(LICENSE, options(), at=at(), state=state_of("valid"))[0] for _ in range(2))
        self.assertEqual(one, other)
        self.assertEqual(len({one, other}), 1)
        self.assertEqual(repr(one), "Verdict(state='valid', reason=None, sdk_code=0, seconds_left=608340)")
        with self.assertRaises(AttributeError):
            one.state = "expired"

    def test_identities_tie_a_licence_to_an_app(self):
        self.assertEqual(tonegate.ios_identity("com.example.karaoke"), "-hwO_RwxXRILFiY5jhsuRw")
        self.assertEqual(options(identity="-hwO_RwxXRILFiY5jhsuRw").identity, "-hwO_RwxXRILFiY5jhsuRw")


class Misconfigured(unittest.TestCase):
    def test_it_is_said_at_once(self):
        wrong = {
            "pins": ["", "nonsense", PINS.split(",")[0], "x" * 10**6, "\ud800"],
            "issuer": ["", "two words", "x" * 33, "x" * 10**6],
            "environment": ["", "staging", "production\0", "x" * 10**6],
            "identity": ["", "short", "x" * 22 + "=", "x" * 10**6],
        }
        for name, values in wrong.items():
            for value in values:
                with self.subTest(name=name, value=value[:40]), self.assertRaises(ValueError):
                    options(**{name: value})

    def test_types_and_ranges_are_named(self):
        for name, value, error in [
            ("pins", 7, TypeError),
            ("pins", None, TypeError),
            ("app_id", -1, OverflowError),
            ("app_id", 2**32, OverflowError),
            ("app_id", 10**1000, OverflowError),
            ("app_id", math.nan, TypeError),
            ("identity", b"bytes", TypeError),
        ]:
            with self.subTest(name=name, value=repr(value)[:40]), self.assertRaises(error):
                options(**{name: value})
        with self.assertRaisesRegex(ValueError, "tonegate key pins"):
            options(pins="nonsense")
        with self.assertRaises(ValueError):
            tonegate.android_identity("com.example", b"\0" * 31)
        with self.assertRaises(ValueError):
            tonegate.web_identity("x" * 10**7)


class Hostile(unittest.TestCase):
    """A text is never the reason of an exception, and never takes long."""

    def test_any_text_has_a_verdict(self):
        huge = "x" * 100_000_000
        texts = ["", "\0", LICENSE + "\0", "\ud800", "\ud800" * 2_048, "é" * 2_048, "x" * 2_048, huge, LICENSE[:-1], "..",
                 b"", b"\0", b"\xff\xfe", b"\xff" * 2_048, huge.encode(), Lying(huge), Lying("x")]
        for place, text in enumerate(texts):
            gate = tonegate.Gate(options())
            with self.subTest(place=place):
                for ask in (gate.load, gate.renew, lambda text, at: tonegate.explain(text, options(), at=at)):
                    began = time.thread_time()
                    ask(text, at=at())
                    self.assertLess(time.thread_time() - began, 0.1)
                self.assertEqual(gate.verdict(at()).state, "refused")
                self.assertFalse(gate.check("ans", at()).runs)

    def test_any_feature_s_name_has_an_answer(self):
        gate = tonegate.Gate(options())
        gate.load(LICENSE, at())
        for name in ["", "\0", "ans\0", "\ud800", "é" * 16, "x" * 100_000_000, "ANS"]:
            self.assertEqual(gate.check(name, at()).reason, "feature_missing")
            self.assertIsNone(gate.outlook(name))

    def test_any_state_is_read_or_lost(self):
        for state in [b"", b"\0" * 32, b"\xff" * 31, b"x" * 100_000_000]:
            self.assertTrue(tonegate.verify(LICENSE, options(), at=at(), state=state)[0].is_valid)
            tonegate.Session(options(), state, 0, at())

    def test_any_clock_in_range_has_an_answer(self):
        gate = tonegate.Gate(options())
        for wall in (-(2**63), -1, 0, START, 2**63 - 1):
            for elapsed in (0, 2**64 - 1):
                gate.load(LICENSE, tonegate.Time(wall, elapsed))
                gate.check("ans", tonegate.Time(wall, elapsed))

    def test_what_is_no_time_or_text_is_said(self):
        gate = tonegate.Gate(options())
        for time_, error in [((2**63, 0), OverflowError), ((0, -1), OverflowError), ((0, 2**64), OverflowError),
                             ((math.nan, 0), TypeError), ((0, math.inf), TypeError), (("0", 0), TypeError),
                             ((0,), ValueError), (7, TypeError)]:
            with self.subTest(time=time_), self.assertRaises(error):
                gate.check("ans", time_)
        for text in [None, 7, math.nan, [LICENSE], bytearray(b"x")]:
            with self.subTest(text=text), self.assertRaises(TypeError):
                gate.load(text, at())
        with self.assertRaises(TypeError):
            gate.check(b"ans", at())


class ManyThreads(unittest.TestCase):
    def test_eight_ask_one_gate(self):
        gate = tonegate.Gate(options())
        gate.load(LICENSE, at())
        failures = []

        def ask(place):
            for round_ in range(300):
                if place < 2:
                    gate.renew(NEWER if round_ % 2 else "nonsense", at(round_ // 60))
                if gate.check("ans", at(round_ // 60)).answer != "run" or len(gate.state) != 32:
                    failures.append((place, round_))

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual((failures, [thread.is_alive() for thread in threads]), ([], [False] * 8))

    def test_others_run_while_signatures_are_checked(self):
        # No switch between threads is forced for an hour: the counter can only move where the lock is given away.
        before = sys.getswitchinterval()
        moved, ended = [0], threading.Event()

        def count():
            while not ended.is_set():
                moved[0] += 1
                time.sleep(0)

        counter = threading.Thread(target=count)
        try:
            sys.setswitchinterval(3_600)
            counter.start()
            # Made beforehand: drawing a random number gives the lock away, too.
            gate = tonegate.Gate(options())
            seen = moved[0]
            for _ in range(2_000):
                gate.load(LICENSE, at())
                if moved[0] > seen + 10:
                    break
            self.assertGreater(moved[0], seen + 10)
        finally:
            sys.setswitchinterval(before)
            ended.set()
            counter.join()


class Lying(str):
    """A text that lies about its length."""

    def __len__(self):
        return 3


def state_of(name):
    return bytes.fromhex(CASES[name]["state_hex"])


if __name__ == "__main__":
    unittest.main()
