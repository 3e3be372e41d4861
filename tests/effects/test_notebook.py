# SPDX-License-Identifier: GPL-3.0-or-later
"""What a notebook shows of an effect: the last render's outline, which costs a stream nothing."""

import base64
import copy
import pickle
import re
from xml.etree import ElementTree

import numpy as np
import pedalboard
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import decaying_noise, tone

from ddsp_fx import Automation, Board, load
from ddsp_fx.effects import Effect
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.notebook import COLUMNS, Envelope

RATE = 48000


def _reverb() -> LearnedReverb:
    return LearnedReverb.from_response(decaying_noise(0.2, 0.2, RATE), RATE, mix=0.5)


def _picture(effect: Effect) -> ElementTree.Element:
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', effect._repr_html_())
    assert data
    return ElementTree.fromstring(base64.b64decode(data[1]))


@given(st.integers(1, 5000), st.integers(1, 3), st.floats(0.0, 2.0))
def test_the_outline_holds_all_samples_and_no_more(samples: int, channels: int, level: float) -> None:
    audio = (level * np.random.default_rng(samples).uniform(-1, 1, (channels, samples))).astype(np.float32)
    outline = Envelope.of(audio, RATE)
    assert outline is not None
    assert len(outline.lowest) == len(outline.highest) == min(COLUMNS, samples)
    assert (outline.lowest.min(), outline.highest.max()) == (audio.min(), audio.max())
    assert np.all(outline.lowest <= outline.highest)
    assert outline.peak == np.abs(audio).max()
    assert outline.seconds == samples / RATE
    # A NaN or an infinity would be no number of the picture's.
    assert re.fullmatch(r"[\d., -]+", ElementTree.fromstring(outline.svg())[0].attrib["points"])


def test_after_a_render_the_waveform_stands_below_the_table() -> None:
    reverb, audio = _reverb(), tone(0.5, RATE, channels=2)
    assert "<img" not in reverb._repr_html_()
    out = reverb.render(audio, RATE)
    points = _picture(reverb)[0].attrib["points"].split()
    assert len(points) == 2 * COLUMNS
    assert f"last render: {out.shape[1] / RATE:.2f} s at 48000 Hz, peak" in reverb._repr_html_()
    reverb(np.zeros((2, 4800), np.float32), RATE)
    assert "last render: 0.10 s at 48000 Hz, silent" in reverb._repr_html_()


def test_a_board_shows_renders_with_automation_too() -> None:
    board = Board([_reverb(), pedalboard.Gain(-6)])
    board.render(tone(0.2, RATE), RATE, automation=Automation({"mix": [(0, 0), (0.1, 1)]}))
    assert "last render: 0.40 s" in board._repr_html_()
    assert _picture(board).tag.endswith("svg")


def test_a_stream_keeps_nothing() -> None:
    reverb, audio = _reverb(), tone(0.2, RATE, channels=2)
    reverb(audio, RATE, reset=False)
    reverb.stream(RATE)(audio)
    reverb.prepare(RATE, 512, 2)
    reverb.process_block(audio[:, :512])
    assert "<img" not in reverb._repr_html_()
    assert "_last_render" not in vars(reverb)


@pytest.mark.parametrize("twin", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_a_copy_does_not_take_it_along(twin: object) -> None:
    for effect in (_reverb(), Board([pedalboard.Gain(0)]), load("violin-room")):
        effect(tone(0.2, RATE), RATE)
        assert "<img" in effect._repr_html_()
        assert "<img" not in twin(effect)._repr_html_()  # type: ignore[operator]
        assert b"_last_render" not in pickle.dumps(effect)


def test_no_samples_are_no_picture() -> None:
    reverb = _reverb()
    reverb.render(np.zeros((2, 0), np.float32), RATE)
    assert "<img" not in reverb._repr_html_()
