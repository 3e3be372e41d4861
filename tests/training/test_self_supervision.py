# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds of known pitch, because it was drawn, and an encoder that learns it from them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

import keras
from keras import ops

from ddsp_fx.analysis.features import extract
from ddsp_fx.errors import TrainingError
from ddsp_fx.training.config import TrainConfig, make_config
from ddsp_fx.training.data import random_sounds, untracked
from ddsp_fx.training.data.passage import Passage, statistics_of
from ddsp_fx.training.data.recordings import Recording
from ddsp_fx.training.loop.batches import Batches
from ddsp_fx.training.loop.checkpoint import Progress
from ddsp_fx.training.loop.warm_up import WarmUp
from ddsp_fx.training.model import build, lessons, pitch_encoder
from ddsp_fx.training.model.autoencoder import Autoencoder

CONFIG = TrainConfig("x", encoder="unsupervised", warm_up_steps=20, clip_seconds=1.0, pre_roll_seconds=0.5)
SHAPE = random_sounds.SoundShape(4, 101)


def test_a_drawn_sound_has_the_pitch_that_was_drawn() -> None:
    drawn = random_sounds.draw(random_sounds.SoundShape(6, 151), np.random.default_rng(0))
    audio = np.asarray(lessons.sound(drawn, SHAPE.hop))
    assert np.isfinite(audio).all()
    heard = [extract(clip, SHAPE.sample_rate, "mcleod") for clip in audio]
    both = np.stack([features.voiced[:151] for features in heard]) & (drawn["sounds"] > 0)
    midi = 69.0 + 12.0 * np.log2(np.stack([features.f0_hz[:151] for features in heard]) / 440.0)
    assert both.mean() > 0.3
    # A tracker makes errors in fast notes, rooms and noise; sounds a frame late or an octave off would not pass.
    assert np.mean(np.abs(midi - drawn["midi"])[both] < 0.5) > 0.8


def test_drawn_controls_are_in_range_and_the_same_for_the_same_seed() -> None:
    one, other = (random_sounds.draw(SHAPE, np.random.default_rng(1)) for _ in range(2))
    assert all(np.array_equal(one[name], other[name]) for name in one)
    assert one["midi"].min() >= random_sounds.LOWEST_MIDI
    assert one["midi"].max() <= random_sounds.HIGHEST_MIDI
    assert not one["amplitudes"][one["sounds"] == 0].any()
    assert one["amplitudes"].sum(axis=2).max() > 0.01


def _logits(midi: float, other: float = 20.0) -> np.ndarray:
    notes = np.arange(pitch_encoder.N_NOTES)
    likely = np.exp(-0.5 * ((notes - midi) / 0.6) ** 2) + 0.4 * np.exp(-0.5 * ((notes - other) / 0.6) ** 2)
    return np.log(likely + 1e-9)[None, None].astype(np.float32)


@pytest.mark.parametrize("midi", [60.0, 60.3, 71.75])
def test_the_pitch_is_between_notes_and_not_between_octaves(midi: float) -> None:
    assert float(pitch_encoder.midi_of(_logits(midi, midi - 12.0))[0, 0]) == pytest.approx(midi, abs=0.05)


def test_the_loss_counts_pitch_only_where_a_note_sounds() -> None:
    logits, sure = _logits(60.0), np.full((1, 1), 9.0, np.float32)
    at = {midi: np.full((1, 1), midi, np.float32) for midi in (60.0, 60.5, 72.0)}
    near, beside, octave = (float(lessons.loss((logits, sure), m, np.ones_like(m))) for m in at.values())
    assert near < beside < octave
    silent = [float(lessons.loss((logits, sure), m, np.zeros_like(m))) for m in at.values()]
    assert silent == pytest.approx([9.0] * 3, abs=1e-3)


class _Stop:
    def __call__(self, progress: Progress, loss: float, share: float) -> None:
        if progress.step == 10:
            raise KeyboardInterrupt


def _ignore(progress: Progress, loss: float, share: float) -> None:
    pass


@pytest.mark.slow
def test_a_stopped_warm_up_goes_on_to_the_same_encoder(tmp_path: Path) -> None:
    whole = WarmUp(tmp_path / "whole", CONFIG, _ignore, resume=False).run().get_weights()
    with pytest.raises(KeyboardInterrupt):
        WarmUp(tmp_path / "parts", CONFIG, _Stop(), resume=False).run()
    parts = WarmUp(tmp_path / "parts", CONFIG, _ignore, resume=True).run().get_weights()
    # Two threads add float32 in varying order.
    assert all(np.allclose(one, two, atol=1e-4) for one, two in zip(whole, parts, strict=True))
    untaught = _encoder().get_weights()
    assert any(np.abs(one - two).max() > 1e-3 for one, two in zip(whole, untaught, strict=True))


def _encoder() -> Any:
    keras.utils.set_random_seed(0)
    return build.build_encoder(CONFIG)


def test_without_a_tracker_every_frame_has_a_level_and_no_pitch_of_its_own() -> None:
    audio = (0.1 * np.sin(2 * np.pi * 523.0 / 16000 * np.arange(16123))).astype(np.float32)
    found = untracked.levels(Recording(Path("a.wav"), audio, 16000, 44100.0), CONFIG)
    known = extract(audio, 16000, "mcleod", CONFIG.level, CONFIG.hop)
    assert np.array_equal(found.level_db, known.level_db)
    assert set(found.f0_hz) == {np.float32(220.0)}


class _Says:
    """A listener that is certain of A4 in even frames, and has no pitch in odd ones."""

    def logits(self, audio: np.ndarray) -> tuple[Any, Any]:
        frames = audio.shape[1] // CONFIG.hop + 1
        pitched = np.where(np.arange(frames) % 2, -9.0, 9.0)[None].astype(np.float32)
        return np.tile(_logits(69.0), (1, frames, 1)), ops.convert_to_tensor(pitched)


def _track() -> Passage:
    rng, frames = np.random.default_rng(0), 200
    arrays = (rng.normal(0, 0.1, frames * CONFIG.hop), np.full(frames, 220.0), np.ones(frames), np.full(frames, -30.0))
    return Passage("noise", *(array.astype(np.float32) for array in arrays))


def test_tracks_are_heard_through_the_encoder() -> None:
    (heard,) = pitch_encoder.track_pitch([_track()], _Says())
    assert heard.f0_hz == pytest.approx(440.0, rel=1e-3)
    assert np.array_equal(heard.confidence >= 0.5, np.arange(200) % 2 == 0)


def test_the_autoencoder_plays_the_pitch_that_its_encoder_hears() -> None:
    decoder = build.build_decoder(CONFIG, statistics_of([_track()]))
    autoencoder = build.compile_autoencoder(decoder, np.zeros(100, np.float32), CONFIG, _encoder())
    inputs, audio = Batches([_track()], CONFIG, np.random.default_rng(0), listens=True).audio()
    before = autoencoder.encoder.get_weights()
    wrong = dict(inputs, f0_scaled=0.0 * inputs["f0_scaled"], entry=0 * inputs["entry"], mask=0 * inputs["mask"])
    assert np.array_equal(np.asarray(autoencoder(inputs)), np.asarray(autoencoder(wrong)))
    autoencoder.train_on_batch(inputs, audio)
    after = autoencoder.encoder.get_weights()
    assert any(np.abs(one - two).max() > 1e-6 for one, two in zip(before, after, strict=True))


def test_each_joint_step_holds_a_lesson() -> None:
    decoder, encoder = build.build_decoder(CONFIG, statistics_of([_track()])), _encoder()
    joint = build.compile_autoencoder(decoder, np.zeros(100, np.float32), CONFIG, encoder)
    inputs, audio = Batches([_track()], CONFIG, np.random.default_rng(0), listens=True).audio()
    sound = joint(inputs)
    spectral = float(Autoencoder.compute_loss(joint, y=audio, y_pred=sound))
    logits = encoder.logits(lessons.sound(inputs["lesson"], CONFIG.hop))
    lesson = float(lessons.loss(logits, *np.moveaxis(inputs["answers"], -1, 0)))
    assert lesson > 1.0
    assert float(joint.compute_loss(x=inputs, y=audio, y_pred=sound)) == pytest.approx(spectral + lesson, rel=1e-4)


def test_an_unknown_encoder_is_refused() -> None:
    with pytest.raises(TrainingError, match="no encoder is called 'pitch'; installed: none, unsupervised, z"):
        make_config({"name": "x", "encoder": "pitch"})
