# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that renders an upload: `ddsp-fx apply` with limits and the lowest priority.

python -P -m ddsp_fx_bridge.http.render_child SOURCE OUT BOARD.json [OPTION ...]
"""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

from ddsp_fx.cli import main as ddsp_fx
from ddsp_fx.errors import AudioError, DdspFxError
from ddsp_fx.files.reader import AudioReader

# A long song. Half an hour of silence takes 200 KiB as FLAC, and 2 GiB unpacked at 192 kHz.
MOST_SECONDS = 1800.0
MOST_RESULT_BYTES = 1 << 30
MOST_MEMORY_BYTES = 3 << 30


def bound() -> None:
    """Limit this process, so that its faults affect neither the machine nor the audio."""
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_RESULT_BYTES, MOST_RESULT_BYTES))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


def require_short(source: Path, salvage: bool) -> None:
    """Raises AudioError for a file that is too long or cannot be read."""
    with closing(AudioReader(source, salvage)) as reader:
        seconds = (reader.frames or 0) / reader.sample_rate
    if seconds > MOST_SECONDS:
        raise AudioError(f"{source.name}: lasts {seconds / 60:.0f} minutes; the limit here is {MOST_SECONDS / 60:.0f}")


def main(arguments: list[str]) -> int:
    """Returns the exit code of `ddsp-fx apply`."""
    bound()
    try:
        require_short(Path(arguments[0]), "--salvage" in arguments)
    except DdspFxError as error:
        print(f"ddsp-fx: {error}", file=sys.stderr)
        return 2
    return ddsp_fx(["apply", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
