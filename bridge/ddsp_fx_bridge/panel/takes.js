// SPDX-License-Identifier: GPL-3.0-or-later
// Takes: record every parameter change of a track, whatever its source, and play it back.

import { el, freshId } from "./dom.js";

export class Takes {
  /** @param {import("./client.js").Client} client  @param {string} base /track/N  @param {object} node its take */
  constructor(client, base, node) {
    Object.assign(this, { client, base });
    const id = freshId("takes");
    this.menu = el("select", { id, class: "menu", onfocus: () => this.#fill() });
    this.record = el("button", { type: "button", class: "quiet record", onclick: () => this.#record() }, "Record…");
    this.play = el("button", { type: "button", class: "quiet", onclick: () => this.#play() }, "Play");
    this.node = el("div", { class: "boards takes" }, el("label", { for: id, class: "name" }, "Take"), this.menu,
      this.play, this.record);
    client.listen(`${base}/take/state`, (state) => this.#show(state));
    this.#show(node.CONTENTS.state?.VALUE?.[0] ?? "stopped");
    this.#fill();
  }

  #show(state) {
    const was = this.state;
    this.state = state;
    this.recording = state.startsWith("recording");
    this.playing = state.includes("playing");
    this.record.textContent = this.recording ? "Stop" : "Record…";
    this.record.classList.toggle("live", this.recording);
    this.play.textContent = this.playing ? "Stop" : "Play";
    if (was?.startsWith("recording") && !this.recording) this.#fill(was.slice("recording ".length).split(",")[0]);
  }

  async #fill(chosen = this.menu.value) {
    const { VALUE: names = [] } = await this.client.namespace("/takes").catch(() => ({}));
    const options = names.map((name) => el("option", { value: name, selected: name === chosen }, name));
    this.menu.replaceChildren(...(options.length ? options : [el("option", { value: "" }, "none yet")]));
    this.play.disabled = !options.length;
  }

  #record() {
    if (this.recording) {
      this.client.send(`${this.base}/take/stop`);
      return;
    }
    const name = prompt("Record a take as", `take ${this.menu.options.length + (this.play.disabled ? 0 : 1)}`);
    if (name) this.client.send(`${this.base}/take/record`, name);
  }

  #play() {
    if (this.playing) this.client.send(`${this.base}/take/stop`);
    else if (this.menu.value) this.client.send(`${this.base}/take/play`, this.menu.value);
  }
}
