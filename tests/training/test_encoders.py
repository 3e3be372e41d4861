# SPDX-License-Identifier: GPL-3.0-or-later
"""The z encoder follows timbre and not gain, and the decoder's built-in z is the average one."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras", reason="needs the [train] extra")

from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, f0_scaled, level_scaled, statistics_of
from ddsp_fx.training.loop.batches import Batches
from ddsp_fx.training.model import build, usual_z

CONFIG = TrainConfig("x", encoder="z", clip_seconds=1.0, pre_roll_seconds=0.5, n_harmonics=20)
HOP = CONFIG.hop


def _track(frames: int = 400) -> Passage:
    rng = np.random.default_rng(0)
    f0_hz, level_db = 300.0 * 2.0 ** rng.normal(0, 0.3, frames), rng.normal(-30.0, 6.0, frames)
    arrays = (rng.normal(0, 0.1, frames * HOP), f0_hz, np.ones(frames), level_db)
    return Passage("noise", *(array.astype(np.float32) for array in arrays))


def _z(encoder: Any, audio: np.ndarray) -> np.ndarray:
    return np.asarray(encoder({"audio": audio})["z"])


def test_z_follows_the_timbre_and_not_the_gain() -> None:
    build.build_decoder(CONFIG, statistics_of([_track()]))
    encoder = build.build_encoder(CONFIG)
    time_s = np.arange(50 * HOP) / CONFIG.sample_rate
    swell = 0.2 + 0.1 * np.sin(2 * np.pi * time_s)
    bright, dull = (swell * np.sign(np.sin(880 * np.pi * time_s)), swell * np.sin(880 * np.pi * time_s))
    noise = np.random.default_rng(1).normal(0, 0.02, bright.size)
    joined = np.concatenate([bright, dull])[None].astype(np.float32) + np.tile(noise, 2).astype(np.float32)
    heard, louder = _z(encoder, joined), _z(encoder, 2.0 * joined)
    assert heard.shape == (1, 101, 16)
    apart = np.abs(heard[0, :45].mean(axis=0) - heard[0, 55:].mean(axis=0)).max()
    assert np.abs(heard - louder).max() < 0.2 * apart


class _Linear:
    """An encoder whose z is linear in the decoder's terms, whatever the sound."""

    def __init__(self, decoder: Any, passage: Passage) -> None:
        self.map = np.random.default_rng(2).standard_normal(decoder.usual_z.shape).astype(np.float32)
        self.decoder, self.passage = decoder, passage

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:

        step = CONFIG.clip_frames - CONFIG.pre_roll
        starts = np.arange(len(batch["audio"]))[:, None] * step + np.arange(CONFIG.clip_frames)
        f0, level = f0_scaled(self.passage.f0_hz[starts]), level_scaled(self.passage.level_db[starts])
        return {"z": np.asarray(self.decoder.terms(f0, level)) @ self.map}


def test_baking_finds_the_usual_z_and_the_step_plays_it() -> None:
    passage = _track()
    decoder = build.build_decoder(CONFIG, statistics_of([passage]))
    linear = _Linear(decoder, passage)
    usual_z.bake(decoder, linear, [passage], CONFIG)
    assert np.allclose(np.asarray(decoder.usual_z), linear.map, atol=1e-3)

    f0, level = np.full((1, 1), 0.5, np.float32), np.full((1, 1), 0.6, np.float32)
    usual = np.asarray(decoder.terms(f0, level)) @ linear.map
    told, alone, other = (decoder(f0, level, z=z) for z in (usual, None, usual + 1.0))
    *stepped, _ = decoder.step(f0[0], level[0], np.zeros((1, 256), np.float32))
    for one, two, three in zip(told, alone, stepped, strict=True):
        assert np.allclose(one, two, atol=1e-5)
        assert np.allclose(np.asarray(one)[0], three, atol=1e-5)
    assert not np.allclose(told[1], other[1], atol=1e-4)


def test_a_batch_carries_the_sound_only_where_it_is_listened_to() -> None:
    rng = np.random.default_rng(0)
    inputs, audio = Batches([_track()], CONFIG, rng, listens=True).audio()
    assert np.array_equal(inputs["audio"], audio)
    plain, _ = Batches([_track()], TrainConfig("x", clip_seconds=1.0), rng).audio()
    assert "audio" not in plain


@pytest.mark.parametrize(("decoder", "units"), [("tiny", 128), ("compact", 512)])
def test_z_is_as_large_as_its_decoder_asks_for(decoder: str, units: int) -> None:
    encoder = build.build_encoder(TrainConfig("x", decoder=decoder, encoder="z"))
    assert encoder.gru.units == units
