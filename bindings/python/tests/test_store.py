"""FileStore: one file, for its owner only, old or new whatever happens to the process."""

import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from tonegate import FileStore

WRITER = """
import sys
from tonegate import FileStore
store = FileStore(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in b"ab":
        store.save(bytes([letter]) * 2080)
"""


class Stored(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "license"

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_what_was_saved_is_loaded(self):
        store = FileStore(self.path)
        self.assertEqual(store.load(), b"")
        store.save(b"one")
        store.save(b"two")
        self.assertEqual(FileStore(str(self.path)).load(), b"two")
        self.assertEqual(self.names(), ["license"])

    def test_only_its_owner_may_read_it(self):
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        FileStore(self.path).save(b"one")
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_a_link_is_replaced_and_not_followed(self):
        (self.folder / "other").write_bytes(b"theirs")
        self.path.symlink_to(self.folder / "other")
        FileStore(self.path).save(b"one")
        self.assertEqual((self.folder / "other").read_bytes(), b"theirs")

    def test_a_failure_leaves_what_was_there(self):
        FileStore(self.path).save(b"one")
        with self.assertRaises(OSError):
            FileStore(self.folder / "missing" / "license").save(b"two")
        self.path.unlink()
        self.path.mkdir()
        with self.assertRaises(OSError):
            FileStore(self.path).save(b"two")
        self.assertEqual(self.names(), ["license"])

    def test_a_kill_leaves_the_old_or_the_new(self):
        seed = random.Random(7)
        FileStore(self.path).save(b"a" * 2080)
        found = set()
        for _ in range(12):
            with subprocess.Popen([sys.executable, "-c", WRITER, self.path], stdout=subprocess.PIPE) as writer:
                self.assertEqual(writer.stdout.readline(), b"ready\n")
                time.sleep(seed.uniform(0, 0.05))
                writer.send_signal(signal.SIGKILL)
            content = FileStore(self.path).load()
            self.assertIn(content, (b"a" * 2080, b"b" * 2080))
            self.assertEqual(self.names(), ["license"])
            found.add(content)
        self.assertGreaterEqual(len(found), 1)


if __name__ == "__main__":
    unittest.main()
