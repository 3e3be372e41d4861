# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx train`: trains a bundle of three effects from a folder of recordings."""

from __future__ import annotations

import os
import shlex
import sys
import time
from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddsp_fx.cli.audio_files import find_audio
from ddsp_fx.errors import AudioError, MissingExtraError
from ddsp_fx.files.names import printable

if TYPE_CHECKING:
    from ddsp_fx.training.config import TrainConfig
    from ddsp_fx.training.loop.checkpoint import Progress

_OPTIONS = ("name", "decoder", "encoder", "loss", "sample_rate", "minutes", "steps", "author", "licence")


def run(arguments: Namespace) -> int:
    """Check, train, export. Ctrl-C saves the state and prints how to continue."""
    _require_extra()
    from ddsp_fx.training import run as training

    config = _config(arguments)
    recordings, run_folder = Path(arguments.recordings), Path(arguments.run_dir or Path("runs") / config.name)
    # An empty folder is reported by the training itself.
    with suppress(AudioError):
        find_audio(recordings)
    if arguments.check:
        return _check(recordings, config, run_folder)
    bundle = (Path(arguments.out) if arguments.out else _user_folder()) / config.name
    meter = ProgressMeter()
    try:
        written = training.train(
            recordings, bundle, run_folder, config, resume=arguments.resume, report=meter.report, note=meter.note
        )
    except KeyboardInterrupt:
        again = shlex.join(_again(arguments, config.name, run_folder))
        print(f"\nddsp-fx: stopped; everything is saved. Continue with: {printable(again)}", file=sys.stderr)
        return 130
    print(printable(f"{written}: done. Try: ddsp-fx validate {written}"))
    return 0


def _config(arguments: Namespace) -> TrainConfig:
    """Settings from the recipe and the options; if they leave the model's bandwidth open, the recordings decide it."""
    from ddsp_fx.training.config import make_config, read_settings
    from ddsp_fx.training.data.bandwidth import fill_in, reach_of

    label = arguments.config or "options"
    stated = read_settings(Path(arguments.config)) if arguments.config else {}
    stated |= {key: getattr(arguments, key) for key in _OPTIONS if getattr(arguments, key) is not None}
    config = make_config(stated, label)
    if arguments.resume or {"sample_rate", "n_harmonics", "n_bands"} <= set(stated):
        return config
    reach = reach_of(Path(arguments.recordings))
    config = make_config(fill_in(stated, reach), label)
    size = f"{config.n_harmonics} harmonics and {config.n_bands} noise bands"
    print(f"found {reach}: the model runs at {config.sample_rate} Hz, with {size}", file=sys.stderr)
    return config


def _check(recordings: Path, config: TrainConfig, run_folder: Path) -> int:
    from ddsp_fx.training.data.training_set import prepare

    data = prepare(recordings, config, run_folder / "cache", lambda text: print(printable(text), file=sys.stderr))
    for verdict in data.verdicts:
        remarks = "; ".join([verdict.fatal] if verdict.fatal else verdict.warnings) or "good"
        print(f"{verdict.name}: {verdict.seconds:.1f} s, peak {verdict.peak_dbfs:.1f} dBFS: {remarks}")
    for warning in data.warnings:
        print(f"warning: {printable(warning)}")
    return 0


def _user_folder() -> Path:
    from ddsp_fx.bundles.discovery import user_folder

    return user_folder()


def _again(arguments: Namespace, name: str, run_folder: Path) -> list[str]:
    out = ["--out", arguments.out] if arguments.out else []
    return ["ddsp-fx", "train", arguments.recordings, "--name", name, *out, "--run-dir", str(run_folder), "--resume"]


def _require_extra() -> None:
    """Require TensorFlow, which exports, and Keras's backend, which trains: TensorFlow unless KERAS_BACKEND is set."""
    import importlib.util

    missing = [
        name
        for name in ("keras", "tensorflow", "matplotlib", "tomli_w", "filelock")
        if not importlib.util.find_spec(name)
    ]
    if missing:
        raise MissingExtraError(f'training needs {", ".join(missing)}: pip install "ddsp-fx[train]"')
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


class ProgressMeter:
    """Stage, loss, speed and remaining time: one updated line on a terminal, otherwise a line every 10 s."""

    def __init__(self) -> None:
        self._printed_at = 0.0
        self._seconds: dict[str, tuple[float, float]] = {}

    def note(self, text: str) -> None:
        """Print one line of news."""
        text = printable(text)
        print(f"\r\x1b[K{text}" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)

    def report(self, progress: Progress, loss: float, share: float) -> None:
        """Update the line; called every ten steps."""
        live = sys.stderr.isatty()
        if time.monotonic() - self._printed_at < (0.2 if live else 10.0):
            return
        self._printed_at = time.monotonic()
        start_s, start_share = self._seconds.setdefault(progress.stage, (progress.seconds, share))
        done = share - start_share
        left = f"{(progress.seconds - start_s) * (1.0 - share) / done / 60:5.1f} min left" if done > 0 else ""
        line: Any = f"{progress.stage:5s} step {progress.step:6d}  {share:4.0%}  loss {loss:7.4f}  {left}"
        print(f"\r\x1b[K{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)
