"""What every data set promises, found by scanning the folder."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from costlab.datasets import DATASETS

NAMES = sorted(DATASETS)
DOWNLOADED = [name for name in NAMES if hasattr(DATASETS[name].module, "DOWNLOAD")]
BUNDLED = [name for name in NAMES if name not in DOWNLOADED]
PARTS = ("train", "valid", "test")

every = pytest.mark.parametrize("name", NAMES)


def counts(image_set, part):
    return np.bincount(image_set.target[image_set.split == part], minlength=len(image_set.classes))


def rows(image_set, part):
    chosen = image_set.split == part
    return {
        int(i): (image.tobytes(), int(t))
        for i, image, t in zip(image_set.index[chosen], image_set.images[chosen], image_set.target[chosen], strict=True)
    }


def fingerprint(image_set):
    arrays = (image_set.images, image_set.target, image_set.split, image_set.index)
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


def python(code, home):
    environment = {**os.environ, "COSTLAB_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@every
def test_the_arrays_have_the_promised_shapes_and_types(name, make):
    module, given = DATASETS[name].module, make(name)
    n = len(given.target)
    assert given.images.shape == (n, *module.SHAPE)
    assert given.images.dtype == np.uint8
    assert given.target.dtype == given.index.dtype == np.int64
    assert given.split.shape == given.index.shape == given.target.shape == (n,)
    assert set(given.split.tolist()) == set(PARTS)
    assert given.classes == module.CLASSES == given.cost.classes == module.cost().classes
    assert given.cost == module.cost()
    assert given.images.std() > 10  # not blank


@every
def test_no_image_is_in_two_parts_or_twice_in_one(name, make):
    index = make(name).index
    assert len(np.unique(index)) == len(index)
    assert (np.diff(index) > 0).all()


@pytest.mark.parametrize("name", BUNDLED)
def test_no_two_images_have_the_same_pixels(name, make):
    images = make(name).images
    assert len({image.tobytes() for image in images}) == len(images)


@every
def test_every_class_is_in_every_part_in_the_same_proportion(name, make):
    given = make(name)
    if name in BUNDLED:
        whole, shares = sum(counts(given, part) for part in PARTS), {"train": 0.6, "valid": 0.2, "test": 0.2}
    else:
        whole, shares = counts(given, "train") + counts(given, "valid"), {"train": 0.9, "valid": 0.1}
    for part, share in shares.items():
        assert (counts(given, part) > 0).all()
        rounding = 1 if part != "train" else len(shares) - 1  # training takes what the others leave
        assert np.abs(counts(given, part) - share * whole).max() <= rounding
        assert abs(counts(given, part).sum() - share * whole.sum()) <= 1
    assert (counts(given, "test") > 0).all()


@pytest.mark.parametrize("name", BUNDLED)
def test_the_number_of_training_images_is_the_one_announced(name, make):
    assert counts(make(name), "train").sum() == DATASETS[name].module.TRAIN_IMAGES


@pytest.mark.parametrize(("name", "published"), [("mnist", 60_000), ("fashion_mnist", 60_000), ("cifar10", 50_000)])
def test_a_tenth_of_the_published_training_part_is_for_validation(name, published):
    assert published * 9 // 10 == DATASETS[name].module.TRAIN_IMAGES


@every
def test_the_same_options_give_the_same_bits(name, make):
    options = {"train_size": 200, "label_noise": 0.2, "imbalance": 3.0, "split_seed": 5}
    assert fingerprint(make(name, **options)) == fingerprint(make(name, **options))


def test_another_process_draws_the_same_bits(make, costlab_home):
    code = (
        "import hashlib, numpy as np\n"
        "from costlab.datasets import DATASETS\n"
        f"for name in {BUNDLED}:\n"
        "    s = DATASETS[name].make(split_seed=3, label_noise=0.1)\n"
        "    parts = [np.ascontiguousarray(a).tobytes() for a in (s.images, s.target, s.split, s.index)]\n"
        "    print(hashlib.sha256(b''.join(parts)).hexdigest())\n"
    )
    here = [fingerprint(make(name, split_seed=3, label_noise=0.1)) for name in BUNDLED]
    assert python(code, costlab_home).split() == here


@every
def test_another_split_seed_moves_images_between_parts_but_never_changes_one(name, make):
    first, second = make(name, split_seed=0), make(name, split_seed=1)
    assert not np.array_equal(first.split, second.split)
    assert np.array_equal(first.index, second.index)
    assert np.array_equal(first.images, second.images)
    assert np.array_equal(first.target, second.target)


@pytest.mark.parametrize("name", DOWNLOADED)
def test_the_makers_test_part_stays_the_test_part(name, make):
    seeds = [make(name, split_seed=seed) for seed in (0, 1)]
    held_back = [given.index[given.split == "test"] for given in seeds]
    assert np.array_equal(held_back[0], np.arange(600, 800))
    assert np.array_equal(*held_back)


@every
def test_a_training_size_is_kept_to_and_a_larger_one_holds_the_smaller(name, make):
    full, large, small = make(name), make(name, train_size=300), make(name, train_size=100)
    assert counts(large, "train").sum() == 300
    assert counts(small, "train").sum() == 100
    assert rows(small, "train").items() <= rows(large, "train").items() <= rows(full, "train").items()
    share = counts(full, "train") / counts(full, "train").sum()
    assert np.abs(counts(large, "train") - 300 * share).max() <= 1
    assert counts(make(name, train_size=20), "train").min() >= 2
    assert fingerprint(make(name, train_size=1_000_000)) == fingerprint(full)


@every
@pytest.mark.parametrize("ratio", [1.5, 4.0, 1000.0])
def test_imbalance_falls_exponentially_from_the_first_class_to_the_last(name, ratio, make):
    before, after = counts(make(name), "train"), counts(make(name, imbalance=ratio), "train")
    k = len(before)
    for c in range(k):
        expected = before[c] * ratio ** (-c / (k - 1))
        assert after[c] >= 3
        if ratio < 1000:
            assert abs(after[c] - expected) <= 1


@every
def test_imbalance_and_training_size_go_together(name, make):
    both = counts(make(name, imbalance=5.0, train_size=120), "train")
    assert both.sum() == 120
    natural = counts(make(name), "train")
    assert both[0] / both[-1] == pytest.approx(5 * natural[0] / natural[-1], rel=0.35)  # whole numbers of a few


@every
def test_label_noise_replaces_that_share_of_training_labels_and_no_others(name, make):
    clean, noisy, noisier = (make(name, label_noise=share) for share in (0.0, 0.3, 0.6))
    train = clean.split == "train"
    wrong, more = clean.target != noisy.target, clean.target != noisier.target
    assert not wrong[~train].any()
    assert wrong.sum() == round(0.3 * train.sum())
    assert more.sum() == round(0.6 * train.sum())
    assert (noisier.target[wrong] == noisy.target[wrong]).all()  # the same wrong labels, and some more
    assert np.array_equal(clean.images, noisy.images)
    assert np.array_equal(clean.split, noisy.split)


@every
def test_every_other_class_is_alike_likely_as_a_wrong_label(name, make):
    clean, noisy = make(name), make(name, label_noise=0.9)
    wrong, k = clean.target != noisy.target, len(clean.classes)
    steps = np.bincount((noisy.target - clean.target)[wrong] % k, minlength=k)
    expected = wrong.sum() / (k - 1)
    assert steps[0] == 0
    assert ((steps[1:] - expected) ** 2 / expected).sum() < 3 * (k - 1) + 10  # chi-square, far beyond its mean k - 2


@every
def test_no_option_for_training_touches_validation_or_test(name, make):
    plain = make(name, split_seed=2)
    turned = make(name, split_seed=2, train_size=60, imbalance=7.0, label_noise=0.5)
    for part in ("valid", "test"):
        assert rows(plain, part) == rows(turned, part)


@every
def test_suggested_costs_are_free_when_right_and_positive_when_wrong(name):
    suggested = DATASETS[name].module.cost()
    wrong = ~np.eye(len(suggested.classes), dtype=bool)
    assert (np.diag(suggested.values) == 0).all()
    assert (suggested.values[wrong] > 0).all()
    assert suggested.unit
    assert suggested.name


@pytest.mark.parametrize("name", ["surface_defects", "traffic_lights", "cifar10"])
def test_costs_that_are_told_as_one_sided_are_one_sided(name):
    values = DATASETS[name].module.cost().values
    assert not np.array_equal(values, values.T)


def test_the_dearest_mistakes_are_the_ones_the_texts_name():
    defects = DATASETS["surface_defects"].module.cost()
    ok, crack = defects.classes.index("ok"), defects.classes.index("crack")
    assert defects.values[crack, ok] == defects.values.max() == 100
    assert (np.delete(defects.values[ok], ok) == 1).all()
    lights = DATASETS["traffic_lights"].module.cost()
    assert np.argwhere(lights.values == lights.values.max()).tolist() == [
        [lights.classes.index("red"), lights.classes.index("green")]
    ]
    for name in ("digits", "mnist"):
        assert all(DATASETS[name].module.cost().values[t, d] == abs(t - d) for t in range(10) for d in range(10))


@every
def test_the_texts_say_where_the_images_come_from(name):
    plugin = DATASETS[name]
    real, synthetic = "(real" in plugin.title, "(synthetic" in plugin.title
    assert real != synthetic
    assert synthetic == ("Synthetic" in plugin.description) == (name in ("surface_defects", "traffic_lights"))
    assert plugin.source
    assert plugin.options.model_json_schema()["properties"].keys() >= {"train_size", "imbalance", "label_noise"}


def test_listing_imports_nothing_heavy_and_touches_no_file(costlab_home):
    code = (
        "import sys\n"
        "from costlab.datasets import DATASETS\n"
        "for plugin in DATASETS.values():\n"
        "    m = plugin.module\n"
        "    m.CLASSES, m.SHAPE, m.TRAIN_IMAGES, m.cost(), m.missing(), plugin.options.model_json_schema()\n"
        "print([n for n in ('torch', 'torchvision', 'sklearn', 'scipy', 'streamlit', 'plotly') if n in sys.modules])\n"
    )
    assert python(code, costlab_home).strip() == "[]"
    assert list(costlab_home.iterdir()) == []


def test_reading_a_downloaded_set_needs_no_torch(tiny_home):
    code = (
        "import sys\n"
        "from costlab.datasets import DATASETS\n"
        f"print([len(DATASETS[name].make().target) for name in {DOWNLOADED}], 'torch' in sys.modules)\n"
    )
    assert python(code, tiny_home).strip() == "[800, 800, 800] False"
