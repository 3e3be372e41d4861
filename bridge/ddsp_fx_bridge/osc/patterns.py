# SPDX-License-Identifier: GPL-3.0-or-later
"""OSC 1.0 address patterns, part by part: ? * [a-z] [!a-z] {one,two}. They never match across `/`, in linear time.

A part becomes a small automaton whose states are followed simultaneously (Thompson 1968), so matching takes at most the
text's length times the pattern's length. Python's regular expressions backtrack: 30 stars would take hours.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ddsp_fx.errors import RefusedError

SPECIAL = frozenset("?*[]{}")

# Characters, and whether the class matches all others instead.
_Class = tuple[frozenset[str], bool]
_ANY: _Class = (frozenset(), True)


def is_pattern(text: str) -> bool:
    """Whether the text contains pattern characters."""
    return not SPECIAL.isdisjoint(text)


class PartPattern:
    """The pattern of one part of an address; raises RefusedError 400 if it is malformed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edges: list[list[tuple[_Class, int]]] = [[]]
        self._loops: set[int] = set()
        self._skips: dict[int, set[int]] = {}
        self._compile()

    def _compile(self) -> None:
        at, index, text = 0, 0, self._text
        while index < len(text):
            char = text[index]
            if char == "*":
                self._loops.add(at)
                index += 1
            elif char == "[":
                chars, index = self._class(index)
                at = self._chain(at, [chars])
            elif char == "{":
                at, index = self._choice(at, index)
            elif char in "]}":
                raise RefusedError(400, "", f"pattern {text!r}: {char} without its opening")
            else:
                at = self._chain(at, [_ANY if char == "?" else (frozenset(char), False)])
                index += 1
        self._last = at

    def _state(self) -> int:
        self._edges.append([])
        return len(self._edges) - 1

    def _chain(self, start: int, classes: Iterable[_Class], end: int | None = None) -> int:
        steps = list(classes)
        for number, chars in enumerate(steps):
            target = end if end is not None and number == len(steps) - 1 else self._state()
            self._edges[start].append((chars, target))
            start = target
        return start

    def _class(self, index: int) -> tuple[_Class, int]:
        end = self._text.find("]", index)
        body = self._text[index + 1 : end] if end >= 0 else ""
        negated, body = body.startswith("!"), body.removeprefix("!")
        if not body:
            raise RefusedError(400, "", f"pattern {self._text!r}: [ without characters and ]")
        chars: set[str] = set()
        at = 0
        while at < len(body):
            if body[at + 1 : at + 2] == "-" and at + 2 < len(body):
                low, high = sorted((ord(body[at]), ord(body[at + 2])))
                chars.update(map(chr, range(low, high + 1)))
                at += 3
            else:
                chars.add(body[at])
                at += 1
        return (frozenset(chars), negated), end + 1

    def _choice(self, start: int, index: int) -> tuple[int, int]:
        end = self._text.find("}", index)
        if end < 0:
            raise RefusedError(400, "", f"pattern {self._text!r}: {{ without }}")
        words = self._text[index + 1 : end].split(",")
        if not SPECIAL.isdisjoint("".join(words)):
            raise RefusedError(
                400, "", f"pattern {self._text!r}: a pattern inside {{}}; only plain words are allowed there"
            )
        # A star before the brace belongs to the state before it; each word starts there.
        target = self._state()
        for word in words:
            if word:
                self._chain(start, [(frozenset(c), False) for c in word], target)
        if "" in words:
            self._skips.setdefault(start, set()).add(target)
        return target, end + 1

    def _closed(self, states: set[int]) -> set[int]:
        """Include states that an empty word of a choice reaches."""
        todo = list(states)
        while todo:
            for target in self._skips.get(todo.pop(), ()):
                if target not in states:
                    states.add(target)
                    todo.append(target)
        return states

    def matches(self, text: str) -> bool:
        """Whether the pattern matches all of `text`, one part without `/`."""
        states = self._closed({0})
        for char in text:
            reached = {state for state in states if state in self._loops}
            for state in states:
                for (chars, negated), target in self._edges[state]:
                    if (char in chars) is not negated:
                        reached.add(target)
            states = self._closed(reached)
            if not states:
                return False
        return self._last in states


@lru_cache(maxsize=256)
def part_pattern(text: str) -> PartPattern:
    """Cached, because a client that moves a fader sends the same pattern thousands of times."""
    return PartPattern(text)


def parts_of(address: str) -> list[str]:
    """/a/b -> a, b; raises RefusedError 400 for an empty part, as in //."""
    parts = address.split("/")[1:]
    if not address.startswith("/") or not all(parts):
        raise RefusedError(400, address, "an address starts with / and has no empty part")
    return parts


def matches(pattern: str, address: str) -> bool:
    """Whether a whole pattern matches a whole address; raises RefusedError 400."""
    wanted, have = parts_of(pattern), parts_of(address)
    return len(wanted) == len(have) and all(part_pattern(w).matches(h) for w, h in zip(wanted, have, strict=True))
