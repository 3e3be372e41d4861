// SPDX-License-Identifier: GPL-3.0-or-later
// The page: reads the namespace, builds one view per track, and rebuilds them when the engine reports a change.

import { Client } from "./client.js";
import { el } from "./dom.js";
import { Status } from "./status.js";
import { TrackView } from "./track.js";

const client = new Client(location.host);
const main = document.getElementById("tracks");
const tabs = document.getElementById("tabs");
const status = new Status(client);
document.getElementById("status").append(status.node);
let tracks = [];
let chosen = location.hash.match(/track-(\d+)/)?.[1];
let building = false;
let again = false;

async function build() {
  if (building) {
    again = true;
    return;
  }
  building = true;
  try {
    const root = await client.namespace("/");
    const nodes = Object.values(root.CONTENTS.track?.CONTENTS ?? {});
    nodes.sort((a, b) => Number(a.FULL_PATH.split("/").pop()) - Number(b.FULL_PATH.split("/").pop()));
    client.forgetTracks();
    for (const track of tracks) track.close();
    tracks = nodes.map((node) => new TrackView(client, node, (look) => status.look(look)));
    show();
  } catch (error) {
    status.say(error.message);
  } finally {
    building = false;
  }
  if (again) {
    again = false;
    await build();
  }
}

function show() {
  if (!tracks.some((track) => track.number === chosen)) chosen = tracks[0]?.number;
  tabs.hidden = tracks.length < 2;
  tabs.replaceChildren(...tracks.map((track) => tab(track)));
  main.replaceChildren(...tracks.map((track) => track.element));
  if (!tracks.length) main.append(el("p", { class: "empty" }, "The engine has no tracks. Start it with a chain, or insert the plugin in a DAW."));
  pick(chosen);
}

function tab(track) {
  return el("button", { type: "button", role: "tab", id: `tab-${track.number}`,
    "aria-controls": `track-${track.number}`,
    onclick: () => pick(track.number), onkeydown: step }, `Track ${track.number}`);
}

function pick(number) {
  chosen = number;
  for (const track of tracks) {
    track.show(track.number === number && !document.hidden);
    track.element.hidden = track.number !== number;
    const button = document.getElementById(`tab-${track.number}`);
    button.setAttribute("aria-selected", String(track.number === number));
    button.tabIndex = track.number === number ? 0 : -1;
  }
}

function step(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = tracks.findIndex((track) => track.number === chosen);
  pick(tracks[(at + by + tracks.length) % tracks.length].number);
  document.getElementById(`tab-${chosen}`).focus();
}

function frame(now) {
  tracks.find((track) => track.number === chosen)?.draw(now);
  requestAnimationFrame(frame);
}

document.addEventListener("visibilitychange", () => pick(chosen));
client.addEventListener("open", build);
client.addEventListener("command", ({ detail }) => {
  if (["PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED"].includes(detail.command)) build();
});
client.connect();
requestAnimationFrame(frame);
