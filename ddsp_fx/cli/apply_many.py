# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs many files through one chain, in several processes. One bad file does not stop the others."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from argparse import Namespace
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from pathlib import Path

from ddsp_fx.cli.apply_rig import Advance, Job, Outcome, Rig
from ddsp_fx.cli.audio_files import say
from ddsp_fx.cli.json_text import print_json
from ddsp_fx.cli.progress import progress_bar
from ddsp_fx.cli.stopping import stopping_cleanly
from ddsp_fx.errors import AudioError, DdspFxError
from ddsp_fx.files.names import printable

# A job with its outcome, or with the reason why it failed.
Result = tuple[Job, Outcome | str]


def run_many(jobs: Sequence[Job], arguments: Namespace) -> int:
    """Returns 0 if all are done, 1 if some failed; raises DdspFxError for errors that affect all files."""
    rig = Rig(arguments)
    skipped = dict.fromkeys(job for job in jobs if arguments.skip_existing and job.output.exists())
    left = [job for job in jobs if job not in skipped]
    for folder in {job.output.parent for job in left}:
        _make_folder(folder)
    started = time.perf_counter()
    outcomes: dict[Job, Outcome] = {}
    failures: dict[Job, str] = {}
    with (
        progress_bar(_files(len(left)), len(left) or None, enabled=not arguments.quiet) as advance,
        closing(_results(left, rig, arguments, advance)) as results,
    ):
        for job, result in results:
            if isinstance(result, Outcome):
                outcomes[job] = result
                _say(job, result, arguments)
            else:
                failures[job] = result
    _report(arguments, outcomes, failures, list(skipped), time.perf_counter() - started)
    return 1 if failures else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"{printable(folder)}: cannot be created: {error.strerror}") from None


def _results(jobs: Sequence[Job], rig: Rig, arguments: Namespace, advance: Advance) -> Generator[Result]:
    count = min(arguments.jobs or _cores(), len(jobs))
    if count > 1:
        yield from _in_processes(jobs, count, arguments, advance)
    else:
        yield from ((job, _played(rig, job, advance)) for job in jobs)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _played(rig: Rig, job: Job, advance: Advance) -> Outcome | str:
    done = 0.0

    def count(share: float) -> None:
        nonlocal done
        done += share
        advance(share)

    try:
        return rig.play(job, count)
    except DdspFxError as error:
        return str(error)
    finally:
        advance(1.0 - done)


# The next two functions run in the processes of the pool.

_rig: Rig | None = None


def _begin(arguments: Namespace) -> None:
    global _rig
    _rig = Rig(arguments)


def _one(job: Job) -> Outcome | str:
    assert _rig is not None
    with stopping_cleanly():
        return _played(_rig, job, lambda _: None)


def _in_processes(jobs: Sequence[Job], count: int, arguments: Namespace, advance: Advance) -> Generator[Result]:
    """Results as they arrive. If a process dies, as a native plugin may cause, its jobs are tried one by one."""
    waiting = dict.fromkeys(jobs)
    while waiting:
        yield from _in_one_pool(waiting, count, arguments, advance)
        count = 1


def _in_one_pool(waiting: dict[Job, None], count: int, arguments: Namespace, advance: Advance) -> Generator[Result]:
    """Removes finished jobs from `waiting`. If a pool of one process dies, at least that process's job is removed."""
    pool = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, (arguments,))
    try:
        futures: dict[Future[Outcome | str], Job] = {pool.submit(_one, job): job for job in waiting}
        for future in as_completed(futures):
            job = futures[future]
            yield job, future.result()
            del waiting[job]
            advance(1.0)
    except BrokenProcessPool:
        if count == 1:
            job = next(iter(waiting))
            del waiting[job]
            advance(1.0)
            yield job, f"{printable(job.input)}: its process crashed"
    finally:
        # Do not wait: a child that is told to end cleans up the file it was writing.
        pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


def _files(count: int) -> str:
    return f"{count} file{'s' * (count != 1)}"


def _say(job: Job, outcome: Outcome, arguments: Namespace) -> None:
    for warning in outcome.warnings:
        print(f"ddsp-fx: warning: {printable(job.input)}: {warning}", file=sys.stderr)
    say(outcome.remarks)
    if not (arguments.quiet or arguments.json):
        print(outcome.line)


def _report(
    arguments: Namespace,
    outcomes: dict[Job, Outcome],
    failures: dict[Job, str],
    skipped: Sequence[Job],
    seconds: float,
) -> None:
    for reason in failures.values():
        print(f"ddsp-fx: {printable(' '.join(reason.split()))}", file=sys.stderr)
    sound_s = sum(outcome.data["duration_s"] for outcome in outcomes.values())
    if arguments.json:
        data = {
            "files": [outcome.data for outcome in outcomes.values()],
            "failed": [{"input": str(job.input), "error": reason} for job, reason in failures.items()],
            "skipped": [str(job.input) for job in skipped],
            "duration_s": sound_s,
            "seconds": seconds,
        }
        print_json(data)
    elif not arguments.quiet:
        total = len(outcomes) + len(failures) + len(skipped)
        words = [f"{len(outcomes)} of {_files(total)} to {printable(arguments.to)}"]
        words += [f"{len(skipped)} skipped"] if skipped else []
        words += [f"{len(failures)} failed"] if failures else []
        speed = f": {sound_s:.1f} s of sound, {sound_s / max(seconds, 1e-3):.1f} x real time" if outcomes else ""
        print(f"{', '.join(words)}{speed}")
