"""The test that goes with the decision program, as text: it runs beside decide.py, on a machine without costlab."""

PROOF = '''"""Shows that decide.py decides as costlab's screen did: `python test_decide.py`. Needs nothing but Python.

predictions.csv holds the logits of the test images, their true classes and what was decided on the screen; screen.json
holds what that cost. Where corrections were learnt in folds, each image is decided here by the fold it was judged by.
"""

import csv
import json
import math
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import decide  # noqa: E402

SCREEN = json.loads((HERE / "screen.json").read_text(encoding="utf-8"))


def settings_of(row):
    """What the screen decided this image by."""
    return SCREEN["folds"][int(row["fold"])] if SCREEN["folds"] else decide.SETTINGS


class SameAsTheScreen(unittest.TestCase):
    """Decisions and costs of all test images."""

    @classmethod
    def setUpClass(cls):
        """Read the images, and decide each."""
        with (HERE / "predictions.csv").open(newline="", encoding="utf-8") as file:
            cls.rows = list(csv.DictReader(file))
        logits = [f"logit_{k}" for k in range(len(decide.SETTINGS["classes"]))]
        cls.decided = [decide.decide([float(row[name]) for name in logits], settings_of(row)) for row in cls.rows]

    def test_every_image_is_decided_as_on_the_screen(self):
        """The same decision, image by image."""
        for row, decision in zip(self.rows, self.decided):
            self.assertEqual(decision, int(row["decision"]), f"image {row['index']}")

    def test_a_thousand_images_cost_what_the_screen_says(self):
        """The mean cost, weighted to the class shares if they were given."""
        truths = [int(row["truth"]) for row in self.rows]
        paid = [decide.cost_of(t, d) * SCREEN["weights"][t] for t, d in zip(truths, self.decided)]
        cost = 1000 * math.fsum(paid) / len(paid)
        self.assertTrue(math.isclose(cost, SCREEN["cost_per_1000"], rel_tol=1e-9, abs_tol=1e-9), cost)

    def test_there_are_as_many_images_as_on_the_screen(self):
        """None is left out."""
        self.assertEqual(len(self.rows), SCREEN["images"])

    def test_probabilities_sum_to_one(self):
        """Whatever the logits."""
        k = len(decide.SETTINGS["classes"])
        for logits in ([0.0] * k, [1e4] + [0.0] * (k - 1), [-1e4] + [0.0] * (k - 1)):
            self.assertAlmostEqual(math.fsum(decide.probabilities(logits)), 1.0, places=9)


if __name__ == "__main__":
    unittest.main()
'''
