# SPDX-License-Identifier: GPL-3.0-or-later
"""A board's controls as the numbered slots that a host automates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ddsp_fx.effects.parameters import Parameter, Value
from ddsp_fx_bridge.engine.controls import Control, Key
from ddsp_fx_bridge.link.lanes import Lanes
from ddsp_fx_bridge.link.messages import number_text


class Slots:
    """The controls that declare a range, each in its lane.

    Args:
        controls: in the board's order.
        lanes: arranged for them.
        stood: the normalised values of lanes by target, kept by lanes whose effect has been removed.
    """

    def __init__(
        self, controls: Iterable[Control], lanes: Lanes | None = None, stood: Mapping[str, float] | None = None
    ) -> None:
        declared = {control.identity: control for control in controls if control.parameter is not None}
        if lanes is None:
            lanes = Lanes()
            lanes.arrange(list(declared))
        self._lanes = [(target, declared.get(target or "")) for target in lanes.targets]
        self._index = {control.key: lane for lane, (_, control) in enumerate(self._lanes) if control is not None}
        self.stood = dict(stood or {})

    def __len__(self) -> int:
        return len(self._lanes)

    def index(self, key: Key) -> int | None:
        """A control's number, None if it has no lane."""
        return self._index.get(key)

    def value(self, index: int, normalised: float) -> tuple[Key, Value] | None:
        """The control and value that a normalised value sets, None for an unused number."""
        control = self._lanes[index][1] if index < len(self._lanes) else None
        if control is None:
            return None
        return control.key, _parameter(control).from_normalised(min(max(normalised, 0.0), 1.0))

    def normalise(self, index: int, value: Value) -> float:
        """The inverse, for a lane with a control."""
        control = self._lanes[index][1]
        assert control is not None
        return _parameter(control).normalise(value)

    def note(self, key: Key, value: Value) -> None:
        """Store a lane's current value, for the time after its effect is removed."""
        index = self._index.get(key)
        if index is not None:
            self.stood[self._lanes[index][0] or ""] = self.normalise(index, value)

    def messages(self, values: Mapping[Key, Value]) -> Iterable[list[str]]:
        """A `slot` message for each lane."""
        for index, (target, control) in enumerate(self._lanes):
            if control is None:
                yield _reserved(index, target, self.stood.get(target or "", 0.0))
                continue
            p = _parameter(control)
            numbers = (p.minimum, p.maximum, p.normalise(p.default), p.normalise(values[control.key]))
            # Two effects of one kind have the same parameter names; the slot's name distinguishes them in a host's
            # list.
            name = f"{control.slot_name}: {p.name}" if control.slot_name and self._is_twice(p.name) else p.name
            head = ["slot", str(index), control.identity, name, p.unit, p.scale]
            yield [*head, *map(number_text, numbers), *p.choices]

    def _is_twice(self, name: str) -> bool:
        return sum(_parameter(control).name == name for _, control in self._lanes if control is not None) > 1


def _reserved(index: int, target: str | None, value: float) -> list[str]:
    """The message for a lane whose effect has been removed, or for an unused lane."""
    name = f"{target} (not in the chain)" if target else f"Slot {index + 1}"
    numbers = map(number_text, (0.0, 1.0, 0.0, value))
    return ["slot", str(index), target or f"free.{index}", name, "", "linear", *numbers]


def _parameter(control: Control) -> Parameter:
    assert control.parameter is not None
    return control.parameter
