# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of one training step, as built and as usually written, alternating in one run.

As built, phase is a constant of a clip, computed outside the graph, and each frame's harmonics are a table that is
read. Usually, the graph integrates the pitch and takes the sine of every harmonic at every sample, forward and
backward. The batch, the decoder, the noise, the room and the loss are the same. CPU seconds are for all cores together.

    KERAS_BACKEND=jax python benchmarks/train_step.py --sample-rate 48000
"""

import argparse
import json
import os
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from keras import backend, ops

from ddsp_fx.training.config import TrainConfig
from ddsp_fx.training.data.passage import Passage, statistics_of
from ddsp_fx.training.loop.batches import Batch, Batches
from ddsp_fx.training.model import build, synthesis
from ddsp_fx.training.model.autoencoder import Autoencoder


def usual_harmonic(amplitudes: Any, f0_hz: Any, hop: int, sample_rate: int) -> Any:
    """Additive synthesis in the graph: amplitudes (B, F, H), f0_hz (B, F) -> (B, (F - 1) hop)."""
    ramp = ops.convert_to_tensor((np.arange(hop) / hop).astype(np.float32))
    pitch = f0_hz[:, :-1, None] + (f0_hz[:, 1:, None] - f0_hz[:, :-1, None]) * ramp
    phase = ops.cumsum(ops.reshape(pitch, (pitch.shape[0], -1)) * (2 * np.pi / sample_rate), axis=1)
    numbers = ops.arange(1, amplitudes.shape[2] + 1, dtype="float32")
    sines = ops.sin(phase[..., None] * numbers)
    gain = amplitudes[:, :-1, None] + (amplitudes[:, 1:, None] - amplitudes[:, :-1, None]) * ramp[:, None]
    return ops.sum(sines * ops.reshape(gain, sines.shape), axis=-1)


class Usual(Autoencoder):  # type: ignore[misc]
    """The autoencoder with its sinusoids computed in the graph."""

    rate: int
    frame_rate: int

    def dry(self, batch: dict[str, Any]) -> Any:
        """The sound without the room, (B, samples)."""
        amplitude, distribution, noise = self.decoder(batch["f0_scaled"], batch["level_scaled"])
        distribution = synthesis.normalise(distribution, batch["mask"])
        f0_hz = 440.0 * 2.0 ** ((batch["f0_scaled"] * 127.0 - 69.0) / 12.0)
        sound = usual_harmonic(amplitude[..., None] * distribution, f0_hz, self.rate // self.frame_rate, self.rate)
        return sound + synthesis.filtered_noise(noise, batch["noise"], self.response)


def a_track(seconds: float, config: TrainConfig) -> Passage:
    """Noise with a varying pitch, which costs as much as any recording."""
    random, frames = np.random.default_rng(0), round(seconds * config.frame_rate)
    f0_hz = 440.0 * 2.0 ** (np.cumsum(random.normal(0, 0.2, frames)).clip(-12, 12) / 12)
    audio = random.normal(0, 0.1, frames * config.hop)
    sure, level = np.ones(frames), np.full(frames, -20.0)
    return Passage("noise", *(array.astype(np.float32) for array in (audio, f0_hz, sure, level)))


def measure(trained: Any, batch: Batch, steps: int) -> dict[str, float]:
    """Seconds and CPU seconds per step, without compilation."""
    for _ in range(2):
        trained.train_on_batch(*batch)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        trained.train_on_batch(*batch)
    return {"seconds": (time.perf_counter() - wall) / steps, "cpu_seconds": (time.process_time() - cpu) / steps}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decoder", default="tiny")
    parser.add_argument("--sample-rate", type=int, default=16000, choices=(16000, 32000, 48000))
    parser.add_argument("--frame-rate", type=int, default=100, choices=(50, 100))
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="print JSON instead of lines")
    arguments = parser.parse_args()
    rate = arguments.sample_rate
    # 60 harmonics and 65 bands at 16 kHz, as in the paper; 120 and 193 from 0 to 24 kHz.
    harmonics, bands = round(60 + 60 * (rate - 16000) / 32000), 65 + 64 * (rate // 16000 - 1)
    config = TrainConfig(
        "step",
        decoder=arguments.decoder,
        sample_rate=rate,
        frame_rate=arguments.frame_rate,
        n_harmonics=harmonics,
        n_bands=bands,
    )
    passage, response = a_track(30.0, config), np.zeros(round(config.room_seconds * config.sample_rate), np.float32)
    built = build.compile_autoencoder(build.build_decoder(config, statistics_of([passage])), response, config)
    usual = Usual(built.decoder, built.room, sizes=config.sizes, pre_roll=config.pre_roll, loss=built.audio_loss)
    usual.rate, usual.frame_rate = rate, arguments.frame_rate
    usual.compile(optimizer="adam", jit_compile=True)
    random = np.random.default_rng(0)
    batches = Batches([passage], config, random)
    batch = batches.audio()
    started = time.process_time()
    for _ in range(arguments.steps):
        batches.audio()
    making = (time.process_time() - started) / arguments.steps
    counted = config.batch * config.clip_seconds
    rows = {"as built": measure(built, batch, arguments.steps), "usual": measure(usual, batch, arguments.steps)}
    rows["as built"]["batch_cpu_seconds"] = making
    if arguments.json:
        print(json.dumps({"backend": backend.backend(), "counted_audio_seconds": counted, **rows}))
        return
    print(f"{backend.backend()}, decoder {arguments.decoder}: a step counts {counted:g} s of audio")
    for name, row in rows.items():
        print(f"{name:9s} " + "  ".join(f"{key} {value:.3f}" for key, value in row.items()))
    print(
        f"usual / as built: {rows['usual']['cpu_seconds'] / (rows['as built']['cpu_seconds'] + making):.1f} in CPU time"
    )


if __name__ == "__main__":
    main()
