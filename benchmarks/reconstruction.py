# SPDX-License-Identifier: GPL-3.0-or-later
"""How well bundles resynthesise a held-out recording of their own instrument, compared with the DDSP paper's figures.

This is `ddsp-fx evaluate` for many bundles and trackers at once: the same effect runs, and the same figures are
measured (`ddsp_fx.bundles.evaluation`, `ddsp_fx.analysis.resynthesis_figures`). `swift` rows use the tracker of the
training, `mcleod` rows the live tracker; both are compared by swift. The last row is not a model but the recording 20
ms late, which gives the spectral distance a scale.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from ddsp_fx.analysis.resynthesis_figures import PAPER, compare
from ddsp_fx.bundles.bundle import Bundle
from ddsp_fx.bundles.evaluation import Subject, resynthesise
from ddsp_fx.cli.audio_files import read_mono

Row = dict[str, str | float]
COLUMNS = (
    "f0_l1_semitones",
    "f0_outliers",
    "voiced_kept",
    "paper_f0_l1_semitones",
    "paper_f0_outliers",
    "loudness_l1",
    "spectral_loss",
)
WIDTH = 23


def rows(bundles: list[Path], path: Path, seconds: float, trackers: list[str]) -> Iterator[Row]:
    """One row per bundle and tracker, then the references."""
    recording, rate_hz = read_mono(path, last_s=seconds)
    for folder in bundles:
        bundle = Bundle.open(folder)
        for tracker in trackers:
            sound, _ = resynthesise(Subject.of(bundle, tracker=tracker), recording, rate_hz)
            yield {"model": f"{bundle.manifest.name} ({tracker})", **compare(recording, sound, rate_hz)}
    for model, figures in PAPER.items():
        yield {"model": f"paper: {model}", **figures}
    late = round(0.02 * rate_hz)
    yield {"model": "20 ms late", **compare(recording[late:], recording[:-late], rate_hz)}


def show(row: Row) -> str:
    """One line of the table."""
    cells = [f"{row[name]:{WIDTH}.4f}" if name in row else f"{'-':>{WIDTH}s}" for name in COLUMNS]
    return f"{row['model']:38s}" + "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, help="its last --seconds must have been held out of the training")
    parser.add_argument("bundles", type=Path, nargs="+", help="bundle folders, tiny and full")
    parser.add_argument("--seconds", type=float, default=25.0)
    parser.add_argument("--trackers", nargs="+", default=["swift", "mcleod"])
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    table = list(rows(arguments.bundles, arguments.recording, arguments.seconds, arguments.trackers))
    if arguments.json:
        print(json.dumps(table))
        return
    print(f"{'model':38s}" + "".join(f"{name:>{WIDTH}s}" for name in COLUMNS))
    print("\n".join(show(row) for row in table))


if __name__ == "__main__":
    main()
