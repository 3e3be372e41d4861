# SPDX-License-Identifier: GPL-3.0-or-later
"""If a slot of a running board raises, the board plays on without it and reports the failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ddsp_fx.board.assembly import Part
from ddsp_fx.dsp.delay import DelayLine
from ddsp_fx.effects.offline import Audio
from ddsp_fx.errors import AudioError, DdspFxError


@dataclass(frozen=True)
class Failure:
    """A slot that raised while a live board ran.

    Args:
        slot: its name, `inner.violin` for one of a board inside the board.
        reason: the error, in one line.
        sample: of the board's input, since its last reset.
        is_bypassed: True where the slot is out until the next reset; False for a change that was refused.
    """

    slot: str
    reason: str
    sample: int
    is_bypassed: bool = True


def reason_of(error: BaseException) -> str:
    """An error in one line, with its type where it is not one of ours."""
    text = (str(error).splitlines() or [""])[0]
    return text if isinstance(error, DdspFxError) else f"{type(error).__name__}: {text}"


def slot_error(name: str, error: Exception) -> AudioError:
    """The error of a whole call, which names the slot."""
    return AudioError(f"slot {name!r}: {reason_of(error)}")


class Guard:
    """A part that never raises: from its first error until the next reset it is a delay of its latency.

    It remembers as much input as that latency, so that whatever it is mixed with stays aligned.

    Args:
        part: prepared.
        channels: of the audio.
        tell: called with the error, in the audio thread.
    """

    def __init__(self, part: Part, channels: int, tell: Callable[[Part, Exception], None]) -> None:
        self.part, self._tell = part, tell
        self._past = DelayLine(channels, part.stage.latency_samples)
        self.is_bypassed = False

    def process_block(self, block: Audio) -> Audio:
        """As long out as in."""
        if not self.is_bypassed:
            try:
                out = self.part.process_block(block)
            except Exception as error:
                self.fail(error)
            else:
                self._past.push(block)
                return out
        return self._past.process(block)

    def fail(self, error: Exception) -> None:
        """Bypass it until the next reset."""
        self.is_bypassed = True
        self._tell(self.part, error)

    def reset(self) -> None:
        """Try it again."""
        self.is_bypassed = False
        self._past.reset()
        try:
            self.part.reset()
        except Exception as error:
            self.fail(error)
