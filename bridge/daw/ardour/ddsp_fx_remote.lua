-- SPDX-License-Identifier: GPL-3.0-or-later
-- Made by `ddsp-fx daw ardour`.
ardour {
	["type"]    = "dsp",
	name        = "ddsp-fx remote",
	category    = "Utility",
	author      = "ddsp-fx",
	license     = "GPL",
	description = [[Its controls steer the ddsp-fx engine; the sound passes. Start the script "ddsp-fx OSC" too.]]
}

function dsp_ioconfig ()
	return { { audio_in = -1, audio_out = -1 } }
end

function dsp_params ()
	return
	{
		{ ["type"] = "input", name = "Engine track", min = 1, max = 64, default = 1, integer = true },
		{ ["type"] = "input", name = "violin: Pitch shift", default = 0, min = -48, max = 48, unit = "semitones" },
		{ ["type"] = "input", name = "violin: Register", default = 0, min = 0, max = 1, enum = true, scalepoints = { ["as played"] = 0, ["match"] = 1 } },
		{ ["type"] = "input", name = "violin: Loudness offset", default = 0, min = -40, max = 40, unit = "dB" },
		{ ["type"] = "input", name = "violin: Loudness match", default = 0, min = 0, max = 1, toggled = true },
		{ ["type"] = "input", name = "violin: Autotune", default = 0, min = 0, max = 1 },
		{ ["type"] = "input", name = "violin: Autotune key", default = 0, min = 0, max = 11, enum = true, scalepoints = { ["C"] = 0, ["C#"] = 1, ["D"] = 2, ["D#"] = 3, ["E"] = 4, ["F"] = 5, ["F#"] = 6, ["G"] = 7, ["G#"] = 8, ["A"] = 9, ["A#"] = 10, ["B"] = 11 } },
		{ ["type"] = "input", name = "violin: Autotune scale", default = 0, min = 0, max = 7, enum = true, scalepoints = { ["chromatic"] = 0, ["major"] = 1, ["minor"] = 2, ["harmonic minor"] = 3, ["dorian"] = 4, ["mixolydian"] = 5, ["major pentatonic"] = 6, ["minor pentatonic"] = 7 } },
		{ ["type"] = "input", name = "violin: Voicing gate", default = 0.5, min = 0, max = 1 },
		{ ["type"] = "input", name = "violin: Level gate", default = -33.4, min = -80, max = 0, unit = "dB" },
		{ ["type"] = "input", name = "violin: Harmonic gain", default = 0, min = -60, max = 24, unit = "dB" },
		{ ["type"] = "input", name = "violin: Noise gain", default = 0, min = -60, max = 24, unit = "dB" },
		{ ["type"] = "input", name = "violin: Room", default = 1, min = 0, max = 1, toggled = true },
		{ ["type"] = "input", name = "violin: Mix", default = 1, min = 0, max = 1 },
		{ ["type"] = "input", name = "violin: Output gain", default = 0, min = -60, max = 24, unit = "dB" },
		{ ["type"] = "input", name = "violin: Level gate follows", default = 1, min = 0, max = 1, toggled = true },
		{ ["type"] = "input", name = "violin-room: Mix", default = 0.3, min = 0, max = 1 },
		{ ["type"] = "input", name = "violin-room: Pre-delay", default = 0, min = 0, max = 250, unit = "ms" },
		{ ["type"] = "input", name = "violin-room: Decay", default = 1, min = 0.25, max = 2, unit = "x", logarithmic = true },
		{ ["type"] = "input", name = "violin-room: Tone", default = 0, min = -12, max = 12, unit = "dB" },
		{ ["type"] = "input", name = "violin-room: Width", default = 0.7, min = 0, max = 1 },
		{ ["type"] = "input", name = "violin-room: Output gain", default = 0, min = -60, max = 24, unit = "dB" },
		{ ["type"] = "input", name = "Board: Mix", default = 1, min = 0, max = 1 },
		{ ["type"] = "input", name = "Board: Bypass", default = 0, min = 0, max = 1, toggled = true },
	}
end

function dsp_configure (ins, outs)
	n_out = outs
end

function dsp_runmap (bufs, in_map, out_map, n_samples, offset)
	ARDOUR.DSP.process_map (bufs, n_out, in_map, out_map, n_samples, offset)
end
