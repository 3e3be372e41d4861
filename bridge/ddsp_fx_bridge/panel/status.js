// SPDX-License-Identifier: GPL-3.0-or-later
// The engine's status line: whether it is connected, its load, and the last message it refused.

import { el } from "./dom.js";

export class Status {
  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.dot = el("span", { class: "dot", "aria-hidden": "true" });
    this.state = el("span", { role: "status" }, "connecting");
    this.figures = new Map(["Load", "Xruns", "Clients"].map((label) => [label, el("output", { "aria-label": label }, "–")]));
    const cells = [...this.figures].map(([label, value]) =>
      el("span", { class: "figure" }, el("span", { class: "figure-name" }, label), value));
    this.node = el("div", { class: "status" }, el("span", { class: "link" }, this.dot, this.state), ...cells);
    this.message = document.getElementById("message");
    client.addEventListener("open", () => this.#show("connected", true));
    client.addEventListener("close", () => this.#show("connection lost, reconnecting", false));
    client.addEventListener("refused", ({ detail }) => this.say(detail.slice(1).join(" ")));
  }

  #show(text, isOpen) {
    this.state.textContent = text;
    this.dot.classList.toggle("on", isOpen);
    document.body.classList.toggle("offline", !isOpen);
  }

  /** Show the engine's figures, which arrive in a track's stream. */
  look({ load, peak_load: peak, xruns, clients }) {
    this.#figure("Load", `${Math.round(100 * load)} %`, peak > 0.8);
    this.#figure("Xruns", String(xruns), xruns > 0);
    this.#figure("Clients", String(clients), false);
  }

  #figure(label, text, isBad) {
    const value = this.figures.get(label);
    if (value.textContent !== text) value.textContent = text;
    value.classList.toggle("bad", isBad);
  }

  /** Show a message for 6 seconds. */
  say(text) {
    this.message.textContent = text;
    this.message.classList.add("shown");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.message.classList.remove("shown"), 6000);
  }
}
