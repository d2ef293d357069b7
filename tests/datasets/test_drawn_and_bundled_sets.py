"""The drawn sets are learnable but not trivial, and an image depends on its index and its drawing only."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from costlab.datasets import DATASETS

DRAWN = sorted(name for name in DATASETS if "(synthetic" in DATASETS[name].title)
each = pytest.mark.parametrize("name", DRAWN)


def described(images: np.ndarray) -> np.ndarray:
    """(N, F): brightness and colour contrasts in order of size, at two scales: blind to where things are."""
    pixels = images.astype(np.float32)
    if pixels.shape[1] == 3:
        red, green, blue = pixels.transpose(1, 0, 2, 3)
        pixels = np.stack([red - green, red - blue, green - blue], axis=1)
    features = []
    for size in (1, 2):
        n, c, h, w = pixels.shape
        pooled = pixels.reshape(n, c, h // size, size, w // size, size).mean(axis=(3, 5))
        ordered = np.sort(pooled.reshape(n, c, -1), axis=2)
        places = [0, 1, 3, 8, 20, ordered.shape[2] // 2, -20, -8, -3, -2, -1]
        features.append((ordered[:, :, places] - np.median(ordered, axis=2, keepdims=True)).reshape(n, -1))
    return np.hstack(features)


def errors(image_set, features) -> tuple[float, float]:
    """Shares of the test part got wrong: by logistic regression, and by always naming the commonest class."""
    train, test = image_set.split == "train", image_set.split == "test"
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(
        features[train], image_set.target[train]
    )
    common = np.bincount(image_set.target[train]).argmax()
    wrong = 1 - model.score(features[test], image_set.target[test])
    return wrong, float((image_set.target[test] != common).mean())


@each
def test_a_simple_classifier_learns_something_but_far_from_everything(name):
    given = DATASETS[name].make(images=3000)
    wrong, blind = errors(given, described(given.images))
    assert 0.05 < wrong < 0.75 * blind


def test_the_digits_are_scikit_learns_and_readable():
    given, real = DATASETS["digits"].make(), load_digits()
    assert np.array_equal(given.index, np.arange(1797))
    assert np.array_equal(given.target, real.target)
    assert np.abs(given.images[:, 0] - real.images * 255 / 16).max() <= 0.5
    wrong, blind = errors(given, given.images.reshape(len(given.images), -1))
    assert wrong < 0.07 < blind


@each
def test_an_image_does_not_depend_on_how_many_are_drawn(name):
    few, many = DATASETS[name].make(images=500), DATASETS[name].make(images=777)
    assert len(few.index) == 500
    assert len(many.index) == 777
    assert np.array_equal(few.images, many.images[:500])
    assert np.array_equal(few.target, many.target[:500])


@each
def test_noise_changes_pixels_as_much_as_it_says_and_no_label(name):
    clean, noisy = DATASETS[name].make(images=500, noise=0.0), DATASETS[name].make(images=500, noise=0.05)
    assert np.array_equal(clean.target, noisy.target)
    inner = (clean.images > 60) & (clean.images < 195)  # away from where brightness is cut off; by day, in the street
    difference = (noisy.images.astype(float) - clean.images)[inner]
    assert abs(difference.mean()) < 0.5
    assert difference.std() / 255 == pytest.approx(0.05, rel=0.2)


def test_most_parts_are_in_order_and_cracks_are_rare():
    given = DATASETS["surface_defects"].make()
    shares = np.bincount(given.target) / len(given.target)
    assert shares[0] == pytest.approx(0.6, abs=0.02)
    assert shares[given.classes.index("crack")] == pytest.approx(0.08, abs=0.01)


def test_more_overlap_makes_defects_harder_to_tell():
    wrong = []
    for overlap in (0.0, 1.0):
        given = DATASETS["surface_defects"].make(images=3000, overlap=overlap)
        wrong.append(errors(given, described(given.images))[0])
    assert wrong[0] + 0.05 < wrong[1]


def test_more_hard_views_make_lights_harder_to_tell():
    wrong = []
    for hard in (0.0, 1.0):
        given = DATASETS["traffic_lights"].make(images=2000, hard=hard)
        wrong.append(errors(given, described(given.images))[0])
    assert wrong[0] + 0.05 < wrong[1]


def test_lamps_shine_in_their_colour():
    given = DATASETS["traffic_lights"].make(images=1000, hard=0.0, noise=0.0)
    red, green, blue = given.images.astype(float).transpose(1, 0, 2, 3)
    warm = (red - blue).reshape(1000, -1).max(axis=1) - (green - red).reshape(1000, -1).max(axis=1)
    means = [warm[given.target == c].mean() for c in range(3)]
    assert min(means[0], means[1]) > means[2] + 50
    yellow = (green - blue).reshape(1000, -1).max(axis=1)
    assert yellow[given.target == 1].mean() > yellow[given.target == 0].mean() + 10
