-- SPDX-License-Identifier: GPL-3.0-or-later
-- Made by `ddsp-fx daw ardour`.
ardour {
	["type"]    = "EditorHook",
	name        = "ddsp-fx OSC",
	author      = "ddsp-fx",
	description = [[Sends the controls of every "ddsp-fx remote" plugin to the ddsp-fx engine.]]
}

function signals ()
	local s = LuaSignal.Set ()
	s:add ({ [LuaSignal.LuaTimerDS] = true })
	return s
end

-- Address, and the number of steps from the first choice to the last.
local controls = {
	{ "/track/%d/violin/pitch_shift", 1 },
	{ "/track/%d/violin/register/n", 1 },
	{ "/track/%d/violin/loudness_offset", 1 },
	{ "/track/%d/violin/loudness_match/n", 1 },
	{ "/track/%d/violin/autotune", 1 },
	{ "/track/%d/violin/autotune_key/n", 11 },
	{ "/track/%d/violin/autotune_scale/n", 7 },
	{ "/track/%d/violin/voicing", 1 },
	{ "/track/%d/violin/gate", 1 },
	{ "/track/%d/violin/harmonic_gain", 1 },
	{ "/track/%d/violin/noise_gain", 1 },
	{ "/track/%d/violin/room/n", 1 },
	{ "/track/%d/violin/mix", 1 },
	{ "/track/%d/violin/output_gain", 1 },
	{ "/track/%d/violin/gate_follows/n", 1 },
	{ "/track/%d/violin-room/mix", 1 },
	{ "/track/%d/violin-room/pre_delay", 1 },
	{ "/track/%d/violin-room/decay", 1 },
	{ "/track/%d/violin-room/tone", 1 },
	{ "/track/%d/violin-room/width", 1 },
	{ "/track/%d/violin-room/output_gain", 1 },
	{ "/track/%d/mix", 1 },
	{ "/track/%d/bypass/n", 1 },
}

function factory ()
	local engine = ARDOUR.LuaOSC.Address ("osc.udp://127.0.0.1:9000")
	local sent = {}

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
				if not insert:isnil () and insert:plugin (0):name () == "ddsp-fx remote" then
					visit (processor)
				end
				number = number + 1
				processor = route:nth_plugin (number)
			end
		end
	end
end
