# SPDX-License-Identifier: GPL-3.0-or-later
"""A progress bar on stderr for work that may take more than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(label: str, total: float | None, enabled: bool = True) -> Iterator[Callable[[float], None]]:
    """Yields `advance(n)`. Draws nothing if stderr is not a terminal; without a total, the bar only pulses."""
    if not enabled or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(escape(label), total=total)
        yield lambda n: progress.advance(task, n)
