# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx demo`: the three shipped effects on synthesised sounds, with audio, pictures and measurements."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ddsp_fx.array_types import Mono
from ddsp_fx.bundles.loading import load
from ddsp_fx.cli import example_sounds, pictures
from ddsp_fx.cli.audio_files import output_file
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.files.made_folder import made_folder
from ddsp_fx.files.names import printable

RATE_HZ = float(example_sounds.RATE_HZ)
SHIFT_SEMITONES = 24


class Demo:
    """The folder that receives audio and pictures; `figures` collects the measurements."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.figures: dict[str, float] = {}
        self.vocal = example_sounds.sing().astype(np.float32)
        self.violin = example_sounds.reverberant_violin().astype(np.float32)
        self.violin_dry = example_sounds.bow().astype(np.float32)

    def save(self, name: str, audio: Mono) -> None:
        """Write one mono or stereo file, 24 bit."""
        rows = np.atleast_2d(audio)
        with output_file(self.folder / f"{name}.wav", RATE_HZ, rows.shape[0], 24) as output:
            output.write(rows)

    def inputs(self) -> None:
        """The input sounds."""
        self.save("vocal", self.vocal)
        self.save("reverberant_violin", self.violin)

    def transfer(self) -> None:
        """Voice to violin, two octaves up, with stems."""
        effect = load("violin", pitch_shift=SHIFT_SEMITONES)
        stems = effect.stems(self.vocal, RATE_HZ)
        out = effect.render(self.vocal, RATE_HZ)
        self.save("vocal_as_violin", out)
        for name in ("harmonic", "noise", "room"):
            self.save(f"vocal_as_violin_{name}", stems[name])
        shown = {"voice": self.vocal, "violin": out, "harmonic": stems["harmonic"], "noise": stems["noise"]}
        pictures.save_spectrograms(
            self.folder / "transfer.png", {**shown, "room": stems["room"]}, RATE_HZ, "Voice as violin, two octaves up"
        )
        self._measure_pitch(out)
        self.figures["transfer_peak_after_the_tail_dbfs"] = _peak_db(out[-int(0.05 * RATE_HZ) :])

    def _measure_pitch(self, out: Mono) -> None:
        from ddsp_fx.analysis.features import extract

        sung, played = extract(self.vocal, RATE_HZ), extract(out, RATE_HZ)
        n = len(sung.f0_hz)
        voiced = (sung.confidence >= 0.5) & (played.confidence[:n] >= 0.5)
        cents = 1200.0 * np.log2(played.f0_hz[:n] / sung.f0_hz) - 100.0 * SHIFT_SEMITONES
        self.figures["transfer_median_pitch_error_cents"] = float(np.median(np.abs(cents[voiced])))
        self.figures["transfer_voiced_frames"] = int(voiced.sum())
        time_s = np.arange(n, dtype=np.float32) / 50.0
        wanted = np.where(sung.confidence >= 0.5, sung.f0_hz * 2.0 ** (SHIFT_SEMITONES / 12.0), np.nan)
        got = np.where(played.confidence[:n] >= 0.5, played.f0_hz[:n], np.nan)
        curves = {"sung, two octaves up": (time_s, wanted), "played": (time_s, got)}
        pictures.save_pitch(self.folder / "pitch.png", curves, "The melody is kept")

    def reverb(self) -> None:
        """The violin's room on the voice."""
        effect = load("violin-room", mix=0.3)
        stereo = np.stack([self.vocal, self.vocal])
        self.save("vocal_in_violin_room", effect.render(stereo, RATE_HZ))
        response = effect.impulse_response(RATE_HZ, channels=2)
        self.save("violin_room_impulse_response", response / np.abs(response).max())
        pictures.save_decay(self.folder / "room.png", response[0], RATE_HZ, "The room learned from the violin")
        wet = load("violin-room", mix=1.0).render(self.vocal, RATE_HZ)
        sounds = {"voice": self.vocal, "the violin's room alone": wet}
        pictures.save_spectrograms(self.folder / "reverb.png", sounds, RATE_HZ, "A voice in the violin's room")
        from ddsp_fx.dsp.decay import decay_times

        self.figures["room_rt60_s"] = decay_times(response[0], RATE_HZ).rt60_s

    def dereverb(self) -> None:
        """The violin without its room."""
        out = load("violin-dry").render(self.violin, RATE_HZ, tail=False)
        self.save("violin_dry", out)
        sounds = {"violin in a room": self.violin, "dereverb": out, "the phrase before the room": self.violin_dry}
        pictures.save_spectrograms(self.folder / "dereverb.png", sounds, RATE_HZ, "The violin without its room")
        after = slice(int(4.3 * RATE_HZ), int(4.9 * RATE_HZ))
        self.figures["dereverb_tail_before_dbfs"] = _peak_db(self.violin[after])
        self.figures["dereverb_tail_after_dbfs"] = _peak_db(out[after])


def _peak_db(audio: Mono) -> float:
    return float(20.0 * np.log10(max(np.abs(audio).max(initial=0.0), 1e-7)))


def run(arguments: Namespace) -> int:
    """Fill the folder and print the measurements."""
    folder = Path(arguments.folder)
    pictures.pyplot()
    demo = Demo(folder)
    steps: list[Callable[[], Any]] = [demo.inputs, demo.transfer, demo.reverb, demo.dereverb]
    with made_folder(folder, "demo", arguments.replace), progress_bar("rendering", len(steps)) as advance:
        for step in steps:
            step()
            advance(1)
    if arguments.json:
        print_json(demo.figures)
    else:
        for name, figure in demo.figures.items():
            print(f"{name.replace('_', ' ')}: {figure:.4g}")
        print(f"audio and pictures are in {printable(folder)}")
    return 0
