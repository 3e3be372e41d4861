# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m ddsp_fx.cli`, for users who know which Python to run but not where its scripts are."""

import sys

from ddsp_fx.cli.main import main

sys.exit(main())
