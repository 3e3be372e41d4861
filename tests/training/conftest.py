# SPDX-License-Identifier: GPL-3.0-or-later
"""Training tests need the [train] extra; without it they skip and say so."""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """TensorFlow and Keras warn about their own deprecations at import; our warnings remain errors."""
    for item in items:
        if "training" in str(item.path.parent.name):
            item.add_marker(pytest.mark.filterwarnings("default::DeprecationWarning"))
            item.add_marker(pytest.mark.filterwarnings("default::FutureWarning"))
