# SPDX-License-Identifier: GPL-3.0-or-later
"""The cost of starting up: `import ddsp_fx` and `ddsp-fx --help` against `import numpy, pedalboard`, in new processes.

Exit code 1 if either takes over 1.5 times as long as the reference, or if TensorFlow or Keras has been imported.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

LAW_RATIO = 1.5
REFERENCE = "import numpy, pedalboard"
SCRIPT = Path(sys.executable).with_name("ddsp-fx")
COMMANDS: dict[str, list[str]] = {
    REFERENCE: [sys.executable, "-c", "import numpy, pedalboard"],
    "import ddsp_fx": [sys.executable, "-c", "import ddsp_fx"],
    "ddsp-fx --help": [str(SCRIPT), "--help"],
    "from ddsp_fx import Board, load": [sys.executable, "-c", "from ddsp_fx import Board, load"],
}
# Uses every public name and prints the help, because users pay for everything that this imports.
LOOK = """
import sys, ddsp_fx
from ddsp_fx.cli import main
for name in ddsp_fx.__all__:
    getattr(ddsp_fx, name)
try:
    main(["--help"])
except SystemExit:
    pass
print("imported", *(name for name in ("tensorflow", "keras") if name in sys.modules))
"""


def seconds_of(command: list[str]) -> float:
    """Wall time of one process, from start to exit."""
    begin = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - begin


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Median seconds and ratio to the reference. Commands alternate, so that other load affects all alike."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds_of(command)  # warms up the bytecode and the disk cache
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            times[name].append(seconds_of(command))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {name: {"median_s": m, "ratio": m / medians[REFERENCE]} for name, m in medians.items()}


def forbidden_imports() -> list[str]:
    """TensorFlow and Keras, if either is loaded after every public name has been used."""
    out = subprocess.run([sys.executable, "-c", LOOK], check=True, capture_output=True, text=True).stdout
    return out.splitlines()[-1].split()[1:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=int, default=15, help="processes of each kind")
    arguments = parser.parse_args()
    figures, loaded = measure(arguments.rounds), forbidden_imports()
    lawful = [figures[name]["ratio"] <= LAW_RATIO for name in ("import ddsp_fx", "ddsp-fx --help")]
    if arguments.json:
        print(json.dumps({"commands": figures, "law_ratio": LAW_RATIO, "forbidden_imports": loaded}))
    else:
        for name, figure in figures.items():
            print(f"{name:32s} {1000 * figure['median_s']:6.0f} ms  {figure['ratio']:5.2f} x")
        print(f"tensorflow or keras imported: {', '.join(loaded) or 'no'}")
    return 0 if all(lawful) and not loaded else 1


if __name__ == "__main__":
    sys.exit(main())
