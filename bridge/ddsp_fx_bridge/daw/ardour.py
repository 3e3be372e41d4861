# SPDX-License-Identifier: GPL-3.0-or-later
"""Ardour 7 and later: a Lua plugin whose controls are automated, and a Lua script that sends their values.

A Lua plugin runs in the audio thread and must not open a socket. An editor hook, which runs ten times a second in
another thread, may. It finds every instance of the plugin, reads its controls as automation moves them, and sends what
has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from ddsp_fx_bridge.daw.faders import Fader, Target

PLUGIN, SENDER = "ddsp_fx_remote.lua", "ddsp_fx_osc.lua"
NAME = "ddsp-fx remote"
HEAD = "-- SPDX-License-Identifier: GPL-3.0-or-later\n-- Made by `ddsp-fx daw ardour`.\n"


def files(faders: Sequence[Fader], target: Target) -> dict[str, str | bytes]:
    """Name -> content."""
    return {PLUGIN: plugin(faders, target), SENDER: sender(faders, target)}


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def plugin(faders: Sequence[Fader], target: Target) -> str:
    """A plugin that passes audio through; control 1 is the engine's track, the faders follow."""
    controls = [
        f'{{ ["type"] = "input", name = "Engine track", min = 1, max = 64, default = {target.track}, integer = true }},'
    ]
    controls += [_control(fader) for fader in faders]
    lines = "\n".join(f"\t\t{control}" for control in controls)
    return f"""{HEAD}ardour {{
	["type"]    = "dsp",
	name        = {_text(NAME)},
	category    = "Utility",
	author      = "ddsp-fx",
	license     = "GPL",
	description = [[Its controls steer the ddsp-fx engine; the sound passes. Start the script "ddsp-fx OSC" too.]]
}}

function dsp_ioconfig ()
	return {{ {{ audio_in = -1, audio_out = -1 }} }}
end

function dsp_params ()
	return
	{{
{lines}
	}}
end

function dsp_configure (ins, outs)
	n_out = outs
end

function dsp_runmap (bufs, in_map, out_map, n_samples, offset)
	ARDOUR.DSP.process_map (bufs, n_out, in_map, out_map, n_samples, offset)
end
"""


def _control(fader: Fader) -> str:
    p = fader.parameter
    head = f'["type"] = "input", name = {_text(fader.label)}, default = {fader.number:.9g}'
    if p.scale == "toggle":
        return f"{{ {head}, min = 0, max = 1, toggled = true }},"
    if p.scale == "choices":
        points = ", ".join(f"[{_text(text)}] = {index}" for index, text in enumerate(p.choices))
        return f"{{ {head}, min = 0, max = {len(p.choices) - 1}, enum = true, scalepoints = {{ {points} }} }},"
    extra = ", logarithmic = true" if p.scale == "log" else ", integer = true" if p.scale == "steps" else ""
    unit = f", unit = {_text(p.unit)}" if p.unit else ""
    return f"{{ {head}, min = {p.minimum:.9g}, max = {p.maximum:.9g}{unit}{extra} }},"


def sender(faders: Sequence[Fader], target: Target) -> str:
    """The editor hook; `%d` in an address is the engine's track."""
    rows = []
    for fader in faders:
        steps = 1 if fader.is_continuous else max(len(fader.texts) - 1, 1)
        rows.append(f"\t{{ {_text(fader.wire('%d')[0])}, {steps} }},")
    table = "\n".join(rows)
    return f"""{HEAD}ardour {{
	["type"]    = "EditorHook",
	name        = "ddsp-fx OSC",
	author      = "ddsp-fx",
	description = [[Sends the controls of every "{NAME}" plugin to the ddsp-fx engine.]]
}}

function signals ()
	local s = LuaSignal.Set ()
	s:add ({{ [LuaSignal.LuaTimerDS] = true }})
	return s
end

-- Address, and the number of steps from the first choice to the last.
local controls = {{
{table}
}}

function factory ()
	local engine = ARDOUR.LuaOSC.Address ("osc.udp://{target.host}:{target.port}")
	local sent = {{}}

	local function read (processor, index)
		-- The third argument is where Ardour says whether there is such a control.
		return (ARDOUR.LuaAPI.get_processor_param (processor, index, true))
	end

	local function visit (processor)
		local track = math.floor (read (processor, 0) + 0.5)
		for index, control in ipairs (controls) do
			local value = read (processor, index) / control[2]
			local address = string.format (control[1], track)
			if sent[address] ~= value then
				sent[address] = value
				engine:send (address, "f", value)
			end
		end
	end

	return function ()
		for route in Session:get_routes ():iter () do
			local number = 0
			local processor = route:nth_plugin (number)
			while not processor:isnil () do
				local insert = processor:to_insert ()
				if not insert:isnil () and insert:plugin (0):name () == {_text(NAME)} then
					visit (processor)
				end
				number = number + 1
				processor = route:nth_plugin (number)
			end
		end
	end
end
"""
