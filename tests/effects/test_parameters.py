# SPDX-License-Identifier: GPL-3.0-or-later
"""One declaration per parameter: all representations of it must agree."""

import pydoc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsp_fx import Board, Dereverb, Effect
from ddsp_fx.effects.learned_reverb import LearnedReverb
from ddsp_fx.effects.parameters import Parameter
from ddsp_fx.effects.source import Source
from ddsp_fx.effects.timbre_transfer import TimbreTransfer
from ddsp_fx.errors import ParameterError, UnknownParameterError

LINEAR = Parameter("Linear", -12, 24, 0, "dB", "dB")
LOG = Parameter("Log", 20, 20000, 1000, "Hz", "log")
STEPS = Parameter("Steps", 0, 7, 3, scale="steps")
CHOICES = Parameter("Choices", default="b", scale="choices", choices=("a", "b", "c"))
TOGGLE = Parameter("Toggle", default=True, scale="toggle")
ALL = (LINEAR, LOG, STEPS, CHOICES, TOGGLE)


@given(st.sampled_from(ALL), st.floats(0, 1))
def test_normalised_position_survives_the_round_trip(parameter: Parameter, position: float) -> None:
    value = parameter.from_normalised(position)
    again = parameter.from_normalised(parameter.normalise(value))
    assert parameter.number(again) == pytest.approx(parameter.number(value), rel=1e-9, abs=1e-9)


@given(st.sampled_from(ALL), st.floats(0, 1))
def test_text_parses_back_to_the_value(parameter: Parameter, position: float) -> None:
    value = parameter.from_normalised(position)
    # Text shows four digits.
    assert parameter.number(parameter.parse(parameter.text(value))) == pytest.approx(
        parameter.number(value), rel=1e-3, abs=1e-3
    )


@pytest.mark.parametrize("value", [-12.01, 24.5, float("nan"), float("inf")])
def test_out_of_range_states_value_and_range(value: float) -> None:
    with pytest.raises(ParameterError, match=r"out of range; the range is -12 to 24 dB"):
        LINEAR.check(value)


@pytest.mark.parametrize("value", ["loud", None, [1], True])
def test_a_number_is_asked_for(value: object) -> None:
    with pytest.raises(ParameterError, match="expected a number"):
        LINEAR.check(value)


def test_a_wrong_choice_suggests_the_nearest() -> None:
    parameter = TimbreTransfer.parameters["register"]
    with pytest.raises(ParameterError, match=r"did you mean 'match'.*choose from as played, match"):
        parameter.check("mach")


def test_fractional_steps_and_odd_toggles_are_refused() -> None:
    with pytest.raises(ParameterError, match="not a whole number"):
        STEPS.check(2.5)
    with pytest.raises(ParameterError, match="neither on nor off"):
        TOGGLE.check("maybe")


def test_attributes_are_guarded() -> None:
    effect = TimbreTransfer(Source())
    effect.pitch_shift = 24
    assert effect.pitch_shift == 24.0
    with pytest.raises(UnknownParameterError, match="no parameter 'pitchshift'; did you mean 'pitch_shift'"):
        effect.pitchshift = 3
    with pytest.raises(ParameterError, match="-48 to 48 semitones"):
        effect.pitch_shift = 100
    assert effect.pitch_shift == 24.0


def test_setting_several_is_all_or_none() -> None:
    effect = LearnedReverb(Source())
    with pytest.raises(ParameterError):
        effect.set_values({"mix": 0.5, "tone": 99})
    assert effect.mix == pytest.approx(0.3)


def test_classes_do_not_share_values() -> None:
    one, two = LearnedReverb(Source()), LearnedReverb(Source())
    one.mix = 1
    assert two.mix == pytest.approx(0.3)
    assert set(TimbreTransfer.parameters) != set(LearnedReverb.parameters)


def test_help_describes_every_parameter() -> None:
    text = pydoc.render_doc(TimbreTransfer, renderer=pydoc.plaintext)
    assert "Transposes; fractions are allowed. Range: -48 to 48 semitones; default: 0 semitones." in text
    for kind in (TimbreTransfer, LearnedReverb, Dereverb, Board):
        for parameter in kind.parameters.values():
            assert parameter.range_text.removeprefix("the range is ") in (parameter.__doc__ or "")


@pytest.mark.parametrize("wrong", [{"acts": "frames"}, {"scale": "logarithmic"}])
def test_a_misspelt_declaration_is_refused(wrong: dict[str, str]) -> None:
    knob = Parameter("Knob", **wrong)  # type: ignore[call-overload]
    with pytest.raises(ParameterError, match=r"Wrong\.knob: (acts|scale) = '\w+' is none of"):
        type("Wrong", (Effect,), {"knob": knob})
