"""Every case of vectors/ comes out as it is stated there."""

import unittest

from samples import VECTORS
from vectors import results


class Cases(unittest.TestCase):
    def test_every_case_comes_out_as_stated(self):
        found = results()
        for case, walked in zip(VECTORS["cases"], found["cases"]):
            stated = [step.get("expect") for step in case["steps"]]
            self.assertEqual((walked["number"], walked["steps"]), (case["number"], stated), case["name"])
        self.assertGreaterEqual(len(found["cases"]), 300)
        self.assertEqual(found["pins_texts"], [case["sound"] for case in VECTORS["pins_texts"]])
        self.assertEqual(found["states"], [case["sound"] for case in VECTORS["states"]])
        self.assertEqual(found["identities"], [case["identity"] for case in VECTORS["identities"]])


if __name__ == "__main__":
    unittest.main()
