# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the sounds in this folder.

python examples/make_examples.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from pedalboard.io import AudioFile

from ddsp_fx.cli.example_sounds import RATE_HZ, reverberant_violin, sing

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
for name, signal in {"vocal.wav": sing(), "reverberant_violin.wav": reverberant_violin()}.items():
    with AudioFile(str(folder / name), "w", RATE_HZ, 1, bit_depth=16) as file:
        file.write(signal.astype(np.float32)[np.newaxis])
    print(f"{folder / name}: {len(signal) / RATE_HZ:.2f} s")
