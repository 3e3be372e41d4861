-- SPDX-License-Identifier: GPL-3.0-or-later
-- A session of one stereo track with the plugin on it, and a lane on each automated parameter. `{...}` is filled in.
AudioEngine:set_backend("None (Dummy)", "", "")
Session = create_session("{folder}", "session", {rate})
local last, normal = ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal
local track = Session:new_audio_track(2, 2, nil, 1, "one", last, normal, true):front()
local processor = ARDOUR.LuaAPI.new_plugin(Session, "{name}", ARDOUR.PluginType.{format}, "")
assert(not processor:isnil(), "the plugin was not found")
assert(track:add_processor_by_index(processor, 0, nil, true) == 0)
local plugin = processor:to_insert():plugin(0)
local lanes = {lanes}
-- A lane is asked for by its place among the parameters, which an LV2 numbers together with its other ports.
for place = 0, plugin:parameter_count() - 1 do
	local index = plugin:nth_parameter(place, false)
	local points = lanes[plugin:parameter_label(index)]
	if points and plugin:parameter_is_input(index) then
		local lane = ARDOUR.LuaAPI.plugin_automation(processor, place)
		for _, point in ipairs(points) do
			lane:add(Temporal.timepos_t(point[1]), point[2], false, true)
		end
		local which = Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, index)
		local control = processor:to_automatable():automation_control(which, true)
		control:set_automation_state(ARDOUR.AutoState.Play)
		print("LANE", plugin:parameter_label(index))
	end
end
print("LATENCY", processor:to_insert():signal_latency())
Session:save_state("")
close_session()
quit()
