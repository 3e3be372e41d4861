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
        parser = build_parser(_command(line), _WordsLast)
        _describe(parser, _command(line))
        argcomplete.autocomplete(parser, always_complete_options="long")
    # Whatever is wrong with a package, nobody wants to see it while typing.
    os._exit(1)


class _WordsLast(argparse.ArgumentParser):
    """Reads options first: argparse gives no offer for words after `--to FOLDER`, once words stand before it."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        return super().parse_known_args(args if self._subparsers else _words_last(self, args), namespace)


def _words_last(parser: argparse.ArgumentParser, typed: Iterable[str]) -> list[str]:
    options: list[str] = []
    words: list[str] = []
    left = list(typed)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*options, *words, word, *left]
        (options if word.startswith("-") else words).append(word)
        action = parser._option_string_actions.get(word)
        if action is not None and action.nargs is None:
            if not left:
                # The value of this option is asked for.
                return [*words, *options]
            options.append(left.pop(0))
    return [*options, *words]


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
            _describe_arguments(choice.choices[command], command)


def _describe_arguments(parser: argparse.ArgumentParser, command: str) -> None:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _describe_arguments(inner, command)
        elif (completer := _COMPLETERS.get((command, action.dest))) is not None:
            action.completer = completer  # type: ignore[attr-defined]


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
    ("daw", "chain"): _chain_or_file,
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
