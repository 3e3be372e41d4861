# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and packages that tests need. Where `.ci/run` installs them, a test that skips for one counts as failed."""

import os
import re
from collections.abc import Generator
from typing import Any

import pytest

REQUIRED = "DDSP_FX_REQUIRE_PEERS"
# What a skip's reason says about a missing peer: what to install, an extra, a module, a program that does not start.
MISSING = re.compile(r"\binstall|\[\w+\] extra|could not import|does not start")


def _judge(report: Any) -> None:
    if not os.environ.get(REQUIRED) or report.outcome != "skipped" or not isinstance(report.longrepr, tuple):
        return
    reason = str(report.longrepr[2])
    if MISSING.search(reason):
        report.outcome = "failed"
        report.longrepr = f"{REQUIRED} is set, so no peer may be missing. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, Any, Any]:
    report = yield
    _judge(report)
    return report
