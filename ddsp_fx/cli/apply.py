# SPDX-License-Identifier: GPL-3.0-or-later
"""`ddsp-fx apply`: runs files through one chain."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence

from ddsp_fx.cli.apply_plan import plan
from ddsp_fx.cli.apply_rig import Job, Outcome, Rig, check_options, check_rate
from ddsp_fx.cli.audio_files import check_output, open_input, say
from ddsp_fx.cli.input_options import taking
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.errors import DdspFxError
from ddsp_fx.files.names import printable


def run(arguments: Namespace) -> int:
    """Check everything that can be checked before the first sample is processed, then run."""
    check_options(arguments)
    jobs = plan(arguments)
    if arguments.dry_run:
        return _show(jobs, arguments)
    if arguments.to is not None:
        from ddsp_fx.cli.apply_many import run_many

        return run_many(jobs, arguments)
    check_output(jobs[0].output)
    rig = Rig(arguments)
    with progress_bar(printable(jobs[0].input.name), 1.0, enabled=not arguments.quiet) as advance:
        outcome = rig.play(jobs[0], advance)
    _report(outcome, arguments)
    return 0


def _report(outcome: Outcome, arguments: Namespace) -> None:
    for warning in outcome.warnings:
        print(f"ddsp-fx: warning: {warning}", file=sys.stderr)
    say(outcome.remarks)
    if arguments.json:
        print_json(outcome.data)
    elif not arguments.quiet:
        print(outcome.line)


def _show(jobs: Sequence[Job], arguments: Namespace) -> int:
    """Print what would be done. Returns 1 if some files would fail; raises errors that affect all files."""
    chain = Rig(arguments).board.slot_names()
    left = [job for job in jobs if not (arguments.skip_existing and job.output.exists())]
    told = [_told(job, arguments) for job in left]
    if arguments.json:
        print_json({"chain": chain, "files": told})
    else:
        for entry in told:
            print(f"{printable(str(entry['input']))} -> {printable(str(entry['output']))}: {printable(_length(entry))}")
        print(f"through {' | '.join(chain) or 'an empty chain'}")
    return int(any("error" in entry for entry in told))


def _told(job: Job, arguments: Namespace) -> dict[str, object]:
    entry: dict[str, object] = {"input": str(job.input), "output": str(job.output)}
    try:
        with open_input(job.input, taking(arguments, aligned=True)) as source:
            check_rate(source)
            # A missing folder would be created.
            if arguments.to is None or job.output.parent.exists():
                check_output(job.output, source.channels)
            return {**entry, "duration_s": None if source.frames is None else source.frames / source.sample_rate}
    except DdspFxError as error:
        return {**entry, "error": str(error)}


def _length(entry: dict[str, object]) -> str:
    if "error" in entry:
        return str(entry["error"])
    return "length unknown" if entry["duration_s"] is None else f"{entry['duration_s']:.2f} s"
