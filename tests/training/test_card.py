# SPDX-License-Identifier: GPL-3.0-or-later
"""The card's picture shows the loudest part, the same one of every sound."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs the [train] extra")

from ddsp_fx.training.export.card import loudest


def test_the_loudest_stretch_of_the_first_sound_is_cut_from_all() -> None:
    recording = np.zeros(1000, np.float32)
    recording[600:700] = 1.0
    cut = loudest({"recording": recording, "resynthesis": np.arange(1000, dtype=np.float32)}, 100)
    assert cut["recording"].min() == 1.0
    assert cut["resynthesis"][0] == 600.0
    assert len(cut["resynthesis"]) == 100


def test_shorter_sounds_are_shown_whole() -> None:
    assert len(loudest({"recording": np.ones(40, np.float32)}, 100)["recording"]) == 40
