# SPDX-License-Identifier: GPL-3.0-or-later
"""print the lines with which bash, zsh or fish complete what you type"""

from __future__ import annotations

import argparse

SHELLS = ("bash", "zsh", "fish")
INSTALLING = """to install, type one of these once, then open a new terminal:
  ddsp-fx completion bash >> ~/.bashrc
  ddsp-fx completion zsh >> ~/.zshrc
  ddsp-fx completion fish > ~/.config/fish/completions/ddsp-fx.fish"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing heavy is imported for this."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = INSTALLING
    parser.add_argument("shell", choices=SHELLS, help="the shell to print them for")


def run(arguments: argparse.Namespace) -> int:
    """The command itself."""
    from ddsp_fx.cli.completion import shell_lines

    print(shell_lines(arguments.shell))
    return 0
