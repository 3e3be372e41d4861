# SPDX-License-Identifier: GPL-3.0-or-later
"""Does training find a room that is known? A dry violin line in a measured room, and the training sees the wet alone.

The dry line is a soundfont's; the room a measured impulse response whose direct sound (2.5 ms about its strongest
sample) is replaced by one unit impulse of the same energy, so that dry and wet share a level and the loudspeaker's
colour is no part of the room. Three laws, each measured on what the training never saw:

- reverberation time: the learned room's (ISO 3382-1, T30 from Schroeder's curve) within 15 % of the true one's;
- spectrum: energy of the reverberant part in each octave, in dB re the direct sound (an impulse of energy 1), within
  3 dB of the true one's, for the octaves that the line excites (250 Hz to 4 kHz);
- dereverb: the multi-scale spectral distance of the dry resynthesis from the true dry line at most half that of the
  wet recording from it, over the held-out end of the line.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from violin_line import render

from ddsp_fx.dsp.decay import decay_times, energy_decay_db, octave_decay_times, octave_energies_db
from ddsp_fx.dsp.resample import resample
from ddsp_fx.dsp.spectral import spectral_distance

Floats = NDArray[np.float32]
Row = dict[str, float | str | bool]
RATE = 16000
DIRECT_S = 0.0025
OCTAVES_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
RT60_LAW, SPECTRUM_LAW_DB, DEREVERB_LAW = 0.15, 3.0, 0.5


def read_room(path: Path) -> Floats:
    """The reverberant part (taps,) after a unit impulse at 0, up to where the measurement meets its noise."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    taps = resample(np.ascontiguousarray(audio[:, 0]), rate, RATE)
    end = len(energy_decay_db(taps, RATE))
    peak, reach = int(np.argmax(np.abs(taps))), round(DIRECT_S * RATE)
    direct = np.sqrt(np.sum(taps[max(0, peak - reach) : peak + reach] ** 2))
    room = taps[peak : peak + end] / direct
    room[:reach] = 0.0
    fade = min(800, len(room))
    room[-fade:] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(room, np.float32)


def in_room(dry: Floats, room: Floats) -> Floats:
    """dry + dry * room, (samples,)."""
    size = 1 << (len(dry) + len(room)).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(room, size), size)[: len(dry)]
    return np.asarray(dry + wet, np.float32)


def learn(wet: Floats, arguments: argparse.Namespace, folder: Path) -> tuple[Floats, Floats, int]:
    """Train on a recording alone -> learned room (taps,), dry resynthesis of its end (samples,), where that begins."""
    from ddsp_fx.training import run
    from ddsp_fx.training.config import TrainConfig
    from ddsp_fx.training.loop import Run

    recordings, runs = folder / "recordings", folder / "run"
    recordings.mkdir(parents=True)
    runs.mkdir()
    soundfile.write(recordings / "wet.wav", wet, RATE, subtype="FLOAT")
    config = TrainConfig(
        "known-room", minutes=arguments.minutes, holdout_seconds=arguments.holdout, seed=arguments.seed
    )
    data = run.prepare(recordings, config, runs / "cache", print)
    assert data.held_out is not None
    training = Run(runs, config, data.tracks, run.room_response(data.tracks, config), _say)
    if not arguments.room_only:
        training.run()
    return training.response, training.resynthesise(data.held_out)["dry"], data.tracks[-1].frames * config.hop


def _say(progress: object, loss: float, share: float) -> None:
    step = int(getattr(progress, "step", 0))
    if step % 500 == 0:
        print(f"{getattr(progress, 'stage', ''):5s} step {step:6d} {share:4.0%} loss {loss:.3f}", flush=True)


def room_rows(true: Floats, learned: Floats) -> list[Row]:
    """The two laws of the room, broadband and by octave."""
    rows = [_decay_row("RT60", decay_times(true, RATE).rt60_s, decay_times(learned, RATE).rt60_s)]
    wanted, found = octave_decay_times(true, RATE), octave_decay_times(learned, RATE)
    for hertz in OCTAVES_HZ:
        if hertz in found:
            rows.append(_decay_row(f"RT60 {hertz:g} Hz", wanted[hertz].rt60_s, found[hertz].rt60_s))
    energy, got = octave_energies_db(true, RATE), octave_energies_db(learned, RATE)
    for hertz in OCTAVES_HZ:
        gap = got[hertz] - energy[hertz]
        rows.append(
            _row(f"level {hertz:g} Hz, dB re direct", energy[hertz], got[hertz], gap, abs(gap) <= SPECTRUM_LAW_DB)
        )
    return rows


def _decay_row(name: str, true_s: float, learned_s: float) -> Row:
    gap = learned_s / true_s - 1.0
    return _row(f"{name}, s", true_s, learned_s, gap, abs(gap) <= RT60_LAW)


def _row(name: str, true: float, learned: float, gap: float, kept: bool) -> Row:
    return {"figure": name, "true": true, "learned": learned, "gap": gap, "kept": bool(kept)}


def dereverb_row(dry: Floats, wet: Floats, dereverbed: Floats) -> Row:
    """Distance from the dry line: of the wet recording ("true"), of the resynthesis ("learned"), and their ratio."""
    n = min(len(dry), len(dereverbed))  # the last frame may reach past the end
    before, after = spectral_distance(dry[:n], wet[:n]), spectral_distance(dry[:n], dereverbed[:n])
    return _row("distance from dry: wet, dereverbed", before, after, after / before, after <= DEREVERB_LAW * before)


def picture(path: Path, true: Floats, learned: Floats) -> None:
    """Schroeder's curves and octave levels of both rooms."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, (decay, levels) = plt.subplots(1, 2, figsize=(12, 4.5))
    for name, room in (("true", true), ("learned", learned)):
        curve = energy_decay_db(room, RATE)
        decay.plot(np.arange(len(curve)) / RATE, curve, label=name)
        energies = octave_energies_db(room, RATE)
        levels.semilogx(list(energies), list(energies.values()), "o-", label=name)
    decay.set(xlabel="time, s", ylabel="energy to come, dB", ylim=(-60, 1), title="decay")
    levels.set(xlabel="octave, Hz", ylabel="energy, dB re direct", title="reverberant spectrum")
    decay.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soundfont", type=Path, required=True)
    parser.add_argument("--ir", type=Path, required=True, help="a measured impulse response")
    parser.add_argument("--seconds", type=float, default=180.0, help="length of the line")
    parser.add_argument("--holdout", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=20.0, help="of training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--room-only", action="store_true", help="judge the learned room, train no decoder")
    parser.add_argument("--out", type=Path, help="folder for the picture and the sounds")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    rows = measure(arguments)
    if arguments.json:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(f"{row['figure']:38s} {row['true']:8.2f} {row['learned']:8.2f} {row['gap']:8.2f} {_mark(row)}")
    return 0 if all(row["kept"] for row in rows) else 1


def _mark(row: Row) -> str:
    return "kept" if row["kept"] else "BROKEN"


def measure(arguments: argparse.Namespace) -> list[Row]:
    """The whole experiment -> rows of figures."""
    true = read_room(arguments.ir)
    dry = render(arguments.soundfont, arguments.seconds, arguments.seed, RATE)
    wet = in_room(dry, true)
    gain = np.float32(0.7 / np.abs(wet).max())
    dry, wet = dry * gain, wet * gain
    with tempfile.TemporaryDirectory() as folder:
        learned, dereverbed, start = learn(wet, arguments, Path(folder))
    rows = room_rows(true, learned)
    if not arguments.room_only:
        rows.append(dereverb_row(dry[start:], wet[start:], dereverbed))
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        picture(arguments.out / "known_room.png", true, learned)
        for name, sound in {"dry": dry[start:], "wet": wet[start:], "dereverbed": dereverbed}.items():
            soundfile.write(arguments.out / f"{name}.wav", sound, RATE, subtype="FLOAT")
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
