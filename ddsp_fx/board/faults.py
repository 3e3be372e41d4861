# SPDX-License-Identifier: GPL-3.0-or-later
"""If a slot of a running board raises, the board plays on without it and reports the failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ddsp_fx.array_types import Audio
from ddsp_fx.board.assembly import Part
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.errors import AudioError, DdspFxError


@dataclass(frozen=True)
class Failure:
    """A slot that raised while a live board ran.

    Args:
        slot: its name; `inner.violin` for a slot of a board inside the board.
        reason: the error, in one line.
        sample: position in the board's input since its last reset.
        is_bypassed: True if the slot is bypassed until the next reset, False if only a change was refused.
    """

    slot: str
    reason: str
    sample: int
    is_bypassed: bool = True


def reason_of(error: BaseException) -> str:
    """An error in one line, with its type unless it is one of ours."""
    text = (str(error).splitlines() or [""])[0]
    return text if isinstance(error, DdspFxError) else f"{type(error).__name__}: {text}"


def slot_error(name: str, error: Exception) -> AudioError:
    """The error that a whole call raises, with the slot's name."""
    return AudioError(f"slot {name!r}: {reason_of(error)}")


class Guard:
    """Wraps a part so that it never raises: from its first error to the next reset it only delays, by its latency.

    It stores that much input, so that it stays aligned with what it is mixed with.

    Args:
        part: prepared.
        channels: of the audio.
        tell: called with the error, in the audio thread.

    Attributes:
        past: the delay line.
    """

    def __init__(self, part: Part, channels: int, tell: Callable[[Part, Exception], None]) -> None:
        self.part, self._tell = part, tell
        self.past = DelayLine(channels, part.stage.latency_samples)
        self.is_bypassed = False

    def process_block(self, block: Audio) -> Audio:
        """One block, of any length -> the same shape."""
        if not self.is_bypassed:
            try:
                out = self.part.process_block(block)
            except Exception as error:
                self.fail(error)
            else:
                self.past.push(block)
                return out
        return self.past.process(block)

    def fail(self, error: Exception) -> None:
        """Bypass the part until the next reset."""
        self.is_bypassed = True
        self._tell(self.part, error)

    def reset(self) -> None:
        """Reset the part and stop bypassing it."""
        self.is_bypassed = False
        self.past.reset()
        try:
            self.part.reset()
        except Exception as error:
            self.fail(error)
