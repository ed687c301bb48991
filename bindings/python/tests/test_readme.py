"""The README's two-minute example, run as it stands there: only relay, keys and time are the test's."""

import contextlib
import functools
import io
import os
import re
import tempfile
import unittest
from unittest import mock

import tonegate
from samples import BINDING, LICENSE, PINS, Clock, Relay


class Example(unittest.TestCase):
    def test_it_runs_as_it_stands_there(self):
        relay = Relay()
        self.addCleanup(relay.stop)
        with tempfile.TemporaryDirectory() as folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                printed = run(example(relay), Clock())
                self.assertIn("licence: valid - Nothing: the licence is good.\n", printed)
                self.assertTrue(printed.endswith("noise suppression runs\n"), printed)
                with open("license.bin", "rb") as file:
                    self.assertEqual(file.read()[32:], LICENSE.encode())
                relay.stop()
                self.assertEqual(run(example(relay), Clock()).count("noise suppression runs\n"), 3)
            finally:
                os.chdir(before)

    def test_every_name_stands_in_the_table(self):
        text = (BINDING / "README.md").read_text(encoding="utf-8")
        missing = [name for name in tonegate.__all__ if f"`{name}" not in text and name not in ("now", "Store")]
        self.assertEqual(missing, [])


def example(relay):
    text = (BINDING / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL).group(1)
    for theirs, ours in {
        "…,…": PINS,
        'issuer="tonegate"': 'issuer="tonegate-test"',
        "http://127.0.0.1:8090": relay.url,
        'api_key="…"': 'api_key="key"',
    }.items():
        assert code.count(theirs) == 1, theirs
        code = code.replace(theirs, ours)
    return code


def run(code, clock):
    printed = io.StringIO()
    at_that_time = functools.partial(tonegate.LicenseSession, clock=clock)
    with mock.patch.object(tonegate, "LicenseSession", at_that_time), contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


if __name__ == "__main__":
    unittest.main()
