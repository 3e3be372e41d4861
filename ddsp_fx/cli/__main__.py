# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m ddsp_fx.cli`: when you know which Python to use, but not where its scripts are."""

import sys

from ddsp_fx.cli.main import main

sys.exit(main())
