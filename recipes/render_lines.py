# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings for instruments without free ones: lines played by a soundfont, in a known room.

    python recipes/render_lines.py trumpet /tmp/trumpet --soundfont /usr/share/sounds/sf2/FluidR3_GM.sf2
    KERAS_BACKEND=jax ddsp-fx train /tmp/trumpet --config recipes/trumpet.toml --out plugins/ddsp_fx_plugins/trumpet

Needs fluidsynth, and a soundfont whose licence allows sharing weights (FluidR3: MIT; Debian: fluid-soundfont-gm).
"""

import argparse
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.dsp.convolution import PartitionedConvolver
from ddsp_fx.training.data.soundfont import PLAYERS, render
from ddsp_fx.training.room.blind_estimate import RoomEstimate

RATE = 48000
LINES, SECONDS = 8, 45.0
# A chamber hall: 0.9 s in the mid range, shorter above, 9 dB below the direct sound per band.
ROOM = RoomEstimate((125.0, 500.0, 2000.0, 8000.0), (1.1, 1.0, 0.9, 0.6), (-41.5, -41.1, -40.6, -39.8))


def main() -> None:
    """Eight lines of 45 s, each with its own seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("instrument", choices=sorted(PLAYERS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--soundfont", type=Path, required=True)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    response = ROOM.render(round(1.2 * RATE), RATE)
    with progress_bar("rendering", LINES) as advance:
        for seed in range(LINES):
            dry = render(PLAYERS[options.instrument], options.soundfont, SECONDS, seed, RATE)
            wet = dry + PartitionedConvolver(response, 1).process(dry[np.newaxis])[0]
            with AudioFile(str(options.folder / f"line{seed}.flac"), "w", RATE, 1, bit_depth=24) as file:
                file.write(wet[np.newaxis] * 0.8)
            advance(1)


if __name__ == "__main__":
    main()
