// SPDX-License-Identifier: GPL-3.0-or-later
// A/B comparison of two states of a track. The page keeps the state that is not playing.

import { el } from "./dom.js";

export class Snapshots {
  /** @param {import("./client.js").Client} client  @param {() => import("./parameter.js").ParameterView[]} views */
  constructor(client, views) {
    Object.assign(this, { client, views, heard: "A", stored: new Map() });
    this.buttons = ["A", "B"].map((name) => el("button", {
      type: "button", class: "ab", role: "radio", "aria-checked": String(name === "A"), tabindex: name === "A" ? 0 : -1,
      onclick: () => this.choose(name), onkeydown: (event) => this.#key(event),
    }, name));
    this.node = el("div", { class: "ab-group", role: "radiogroup", "aria-label": "Compare two settings" },
      ...this.buttons);
    this.copy = el("button", { type: "button", class: "quiet", onclick: () => this.#copy() }, "Copy to B");
  }

  #messages() {
    return new Map(this.views().filter((view) => view.state).map((view) => [view, view.state]));
  }

  #key(event) {
    if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    this.choose(this.heard === "A" ? "B" : "A");
    this.buttons[this.heard === "A" ? 0 : 1].focus();
  }

  choose(name) {
    if (name === this.heard) return;
    this.stored.set(this.heard, this.#messages());
    this.heard = name;
    const wanted = this.stored.get(name);
    if (wanted) {
      this.client.sendTogether([...wanted.values()]);
      for (const [view, [, value]] of wanted) view.recall(value);
    }
    this.buttons.forEach((button) => {
      const on = button.textContent === name;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    });
    this.copy.textContent = `Copy to ${name === "A" ? "B" : "A"}`;
  }

  #copy() {
    this.stored.set(this.heard === "A" ? "B" : "A", this.#messages());
    this.copy.textContent = "Copied";
    setTimeout(() => { this.copy.textContent = `Copy to ${this.heard === "A" ? "B" : "A"}`; }, 900);
  }
}
