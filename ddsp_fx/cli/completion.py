# SPDX-License-Identifier: GPL-3.0-or-later
"""What a shell offers at the Tab key: argcomplete asks the parsers, this says what each argument takes."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from ddsp_fx.cli.chain_words import chain_words, effect_names, preset_names
from ddsp_fx.extensions import by_name

Completer = Callable[..., Iterable[str]]
# zsh 5.9 leaves an open quote out of $BUFFER, and a chain is quoted; the words have it.
_ZSH_TYPED = "${(j: :)words[1,CURRENT]}"


def shell_lines(shell: str) -> str:
    """What to put into the shell's start-up file."""
    from argcomplete.shell_integration import shellcode

    lines: str = shellcode(["ddsp-fx"], shell=shell)
    if shell == "zsh":
        typed = {"$BUFFER": _ZSH_TYPED, "$CURSOR": "${#" + _ZSH_TYPED + "}"}
        for theirs, ours in typed.items():
            lines = lines.replace(f'"{theirs}"', f'"{ours}"')
        # Its completion system has to be on.
        return f"(( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit }}\n{lines}"
    return lines


def answer(build_parser: Callable[[str, type[argparse.ArgumentParser]], argparse.ArgumentParser]) -> None:
    """Answer the shell that has asked, by the environment, and end the program.

    Args:
        build_parser: the chosen command and the class of its parser -> the program's parser.
    """
    import argcomplete

    line = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT", "0") or 0)]
    with suppress(Exception):
        parser = build_parser(_command(line), argparse.ArgumentParser)
        _describe(parser, _command(line))
        argcomplete.autocomplete(parser, always_complete_options="long")
    # Whatever is wrong with a package, nobody wants to see it while typing.
    os._exit(1)


def _command(line: str) -> str:
    """The command of an unfinished line, once it is followed by a space."""
    try:
        words = shlex.split(line)
    except ValueError:
        # A quote is open: the command stands before it.
        words = line.split()
    words = words[1:] if line[-1:].isspace() or len(words) > 2 else words[1:-1]
    return next((word for word in words if not word.startswith("-")), "")


def _describe(parser: argparse.ArgumentParser, command: str) -> None:
    """Say what the arguments of the chosen command take; a command of another package says so itself."""
    for choice in (a for a in parser._actions if isinstance(a, argparse._SubParsersAction)):
        if command in choice.choices:
            for action in choice.choices[command]._actions:
                completer = _COMPLETERS.get((command, action.dest))
                if completer is not None:
                    action.completer = completer


def _files(prefix: str) -> list[str]:
    from argcomplete.completers import FilesCompleter

    return list(FilesCompleter()(prefix))


def _chain_or_file(prefix: str, **_: Any) -> list[str]:
    return [*chain_words(prefix), *_files(prefix)]


def _apply_words(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Inputs and an output come first; with --to any word but the first may be the chain."""
    typed = len(getattr(parsed_args, "words", None) or [])
    if parsed_args.to is None and typed < 2:
        return _files(prefix)
    return _chain_or_file(prefix) if typed else _files(prefix)


def _effect_or_place(prefix: str, **_: Any) -> list[str]:
    return [*effect_names(), *_files(prefix)]


def _presets(parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    return preset_names(parsed_args.bundle)


def _registered(group: str) -> Completer:
    return lambda **_: list(by_name(group))


_COMPLETERS: dict[tuple[str, str], Completer] = {
    ("apply", "words"): _apply_words,
    ("play", "chain"): _chain_or_file,
    ("serve", "chains"): _chain_or_file,
    ("info", "name"): _effect_or_place,
    ("validate", "bundles"): _effect_or_place,
    ("evaluate", "bundle"): _effect_or_place,
    ("evaluate", "preset"): _presets,
    ("evaluate", "tracker"): _registered("ddsp_fx.trackers"),
    ("compare", "tracker"): _registered("ddsp_fx.trackers"),
    ("list", "kind"): _registered("ddsp_fx.effects"),
    ("train", "decoder"): _registered("ddsp_fx.decoders"),
    ("train", "encoder"): _registered("ddsp_fx.encoders"),
    ("train", "loss"): _registered("ddsp_fx.losses"),
}
