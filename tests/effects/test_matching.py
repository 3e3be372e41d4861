# SPDX-License-Identifier: GPL-3.0-or-later
"""A foreign voice in the model's range: levels by quantiles, pitch in tune."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx.effects._intonation_kernel import STICKY_SEMITONES
from ddsp_fx.effects._matching_kernel import add_level, quantile
from ddsp_fx.effects.intonation import Autotune
from ddsp_fx.effects.matching import LevelMatch
from ddsp_fx.effects.octave_guard import OctaveGuard
from ddsp_fx.effects.scales import KEYS, SCALES

FRAMES_A_SECOND = 50


def _hz(midi: float) -> float:
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)


def test_level_match_changes_nothing_before_it_has_heard_anything() -> None:
    match = LevelMatch(-40.0, -25.0, -15.0)
    assert match.step(-70.0, 0.0) == pytest.approx(-70.0)
    assert match.step(-20.0, 0.5) == pytest.approx(-20.0)


@pytest.mark.parametrize(("middle_db", "width_db"), [(-50.0, 8.0), (-12.0, 20.0), (-30.0, 12.0)])
def test_quantiles_of_a_voice_go_to_the_trained_ones(middle_db: float, width_db: float) -> None:
    match = LevelMatch(-40.0, -25.0, -13.0)
    levels = middle_db + width_db * np.random.default_rng(0).uniform(-1, 1, 2000)
    moved = [match.step(float(level), 1.0) for level in levels][1000:]
    # The last second has 500 frames against a prior of 50: a tenth of the distance remains.
    assert np.percentile(moved, (5, 50, 95)) == pytest.approx([-40.0, -25.0, -13.0], abs=2.5)


def test_a_drone_is_not_torn_apart() -> None:
    match = LevelMatch(-40.0, -25.0, -13.0)
    levels = -30.0 + 0.2 * np.random.default_rng(0).standard_normal(2000)
    moved = [match.step(float(level), 1.0) for level in levels][1000:]
    assert np.std(moved) <= 0.5
    assert np.median(moved) == pytest.approx(-25.0, abs=0.5)


def test_louder_stays_louder() -> None:
    match = LevelMatch(-40.0, -25.0, -13.0)
    for level in np.random.default_rng(1).uniform(-60, -20, 800):
        match.step(float(level), 1.0)
    levels = np.linspace(-80.0, 0.0, 60)
    moved = [match.step(float(level), 0.0) for level in levels]
    assert moved == sorted(moved)


@pytest.mark.parametrize("off", [-0.4, -0.2, 0.3, 0.45])
def test_autotune_brings_a_note_to_the_scale(off: float) -> None:
    tune = Autotune()
    corrections = [tune.step(_hz(64.0 + off), True, "C", "major") for _ in range(30)]
    assert corrections[0] == pytest.approx(-off, abs=1e-6)
    assert corrections[-1] == pytest.approx(-off, abs=1e-6)


def test_autotune_knows_its_key() -> None:
    # C sharp is a note of D major; in C major, the nearer of C and D is chosen.
    assert Autotune().step(_hz(61.1), True, "D", "major") == pytest.approx(-0.1)
    assert Autotune().step(_hz(61.1), True, "C", "major") == pytest.approx(0.9)


def test_autotune_keeps_vibrato() -> None:
    time_s = np.arange(150) / FRAMES_A_SECOND
    sung = 67.3 + 0.5 * np.sin(2 * np.pi * 5.5 * time_s)
    tune = Autotune()
    played = np.array([p + tune.step(_hz(p), True, "C", "chromatic") for p in sung.tolist()])[50:]
    assert played.mean() == pytest.approx(67.0, abs=0.05)
    assert played.std() >= 0.75 * sung.std()


def test_autotune_glides_between_notes_and_forgets_at_rests() -> None:
    tune = Autotune()
    for _ in range(20):
        tune.step(_hz(60.4), True, "C", "chromatic")
    steps = np.diff([-0.4] + [tune.step(_hz(62.0 - 0.4), True, "C", "chromatic") for _ in range(20)])
    assert np.abs(steps).max() <= 0.3
    assert tune.step(_hz(60.4), False, "C", "chromatic") == 0.0
    assert tune.step(_hz(60.4), True, "C", "chromatic") == pytest.approx(-0.4)


def test_an_octave_for_one_frame_is_not_played() -> None:
    guard = OctaveGuard()
    played = [guard.step(hz, True, True) for hz in (220.0, 221.0, 440.0, 222.0, 109.0, 222.0)]
    assert played == pytest.approx([220.0, 221.0, 221.0, 222.0, 222.0, 222.0])


def test_an_octave_leap_is_played_one_frame_late_and_others_at_once() -> None:
    guard = OctaveGuard()
    assert [guard.step(hz, True, True) for hz in (220.0, 440.0, 440.0)] == pytest.approx([220.0, 220.0, 440.0])
    fifth = OctaveGuard()
    assert [fifth.step(hz, True, True) for hz in (220.0, 330.0, 220.0)] == [220.0, 330.0, 220.0]


def test_unvoiced_frames_do_not_vouch_for_the_pitch_that_they_hold() -> None:
    guard = OctaveGuard()
    frames = [(144.0, True), (1071.0, True), (1071.0, False), (1071.0, False), (157.0, True)]
    assert [guard.step(hz, True, voiced) for hz, voiced in frames] == pytest.approx([144.0, 144.0, 144.0, 144.0, 157.0])


def test_a_new_note_may_start_anywhere() -> None:
    guard = OctaveGuard()
    assert [guard.step(hz, sounding, True) for hz, sounding in ((220.0, True), (880.0, False))] == [220.0, 880.0]


def test_the_guard_counts_time_and_not_frames() -> None:
    guard = OctaveGuard(frame_s=0.01)
    heard = (220.0, 440.0, 440.0, 440.0)
    assert [guard.step(hz, True, True) for hz in heard] == pytest.approx([220.0, 220.0, 220.0, 440.0])


def test_level_matching_takes_as_long_at_any_frame_rate() -> None:
    slow, fast = LevelMatch(-40.0, -25.0, -13.0), LevelMatch(-40.0, -25.0, -13.0, frame_s=0.01)
    for level_db in np.linspace(-50.0, -20.0, 100):
        last = slow.step(level_db, 1.0)
        fast.step(level_db, 1.0)
        last_fast = fast.step(level_db, 1.0)
    assert last_fast == pytest.approx(last, abs=0.5)


@given(
    levels=st.lists(st.sampled_from([-80.0, -41.5, -40.0, -12.25]) | st.floats(-80, 10), min_size=1, max_size=80),
    share=st.floats(0, 1),
)
def test_quantiles_of_the_newest_levels_are_numpys(levels: list[float], share: float) -> None:
    recent = LevelMatch(-40.0, -25.0, -13.0, frame_s=10.0 / 30).state
    for level in levels:
        add_level(recent, level)
    assert quantile(recent, share) == np.quantile(levels[-30:], share)


def test_what_is_heard_while_the_match_is_off_counts_when_it_is_switched_on() -> None:
    levels = np.random.default_rng(2).uniform(-60, -30, 700)
    always, later = LevelMatch(-40.0, -25.0, -13.0), LevelMatch(-40.0, -25.0, -13.0)
    for level in levels:
        always.step(float(level), 1.0)
        later.hear(float(level), 1.0)
    assert later.step(-45.0, 1.0) == always.step(-45.0, 1.0)


@given(
    pitches=st.lists(st.floats(30, 100), min_size=1, max_size=40),
    key=st.sampled_from(KEYS),
    scale=st.sampled_from(sorted(SCALES)),
)
def test_the_nearest_note_is_the_nearest_of_all(pitches: list[float], key: str, scale: str) -> None:
    tune = Autotune()
    for pitch in pitches:
        before = tune.state.note
        tune.step(_hz(pitch), True, key, scale)
        notes = [float(n) for n in range(-24, 160) if (n - KEYS.index(key)) % 12 in SCALES[scale]]
        distances = {note: abs(note - tune.state.centre) - STICKY_SEMITONES * (note == before) for note in notes}
        assert distances[tune.state.note] == pytest.approx(min(distances.values()), abs=1e-9)
