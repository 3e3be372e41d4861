# SPDX-License-Identifier: GPL-3.0-or-later
"""Voices played by instruments: compares bundles, by means over the given recordings.

The figures are those of `benchmarks/conditioning.py`: pitch error and the share within 50 cents (octave differences
allowed), voiced frames kept, warble (1 is the voice's own), level steps per second inside notes. Preset `vocal`, no
room.

    python benchmarks/on_voices.py VOICE.flac VOICE.flac --bundles plugins/ddsp_fx_plugins/violin OTHER
"""

import argparse
import json
from pathlib import Path

from conditioning import on_voices

from ddsp_fx.bundles.loading import locate


def main() -> None:
    """Print a row for each bundle and tracker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voices", type=Path, nargs="+")
    parser.add_argument("--bundles", nargs="+", required=True, help="effects' names, bundle folders or zips")
    parser.add_argument("--trackers", nargs="+", default=["mcleod"], choices=("mcleod", "swift"))
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    arguments = parser.parse_args()
    table = []
    for name in arguments.bundles:
        for tracker in arguments.trackers:
            table.append({"bundle": name, "tracker": tracker, **on_voices(locate(name)[0], arguments.voices, tracker)})
            row = table[-1]
            if not arguments.json:
                print("  ".join(f"{k} {v:.3f}" if isinstance(v, float) else str(v) for k, v in row.items()), flush=True)
    if arguments.json:
        print(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
