// SPDX-License-Identifier: GPL-3.0-or-later
// One parameter of the namespace as a slider, a menu or a switch, chosen by OSCQuery's TYPE and RANGE.

import { el, freshId } from "./dom.js";
import { Slider } from "./slider.js";

/** pitch_shift -> Pitch shift */
export function title(symbol) {
  const words = symbol.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether a node of the namespace is a parameter: readable, writable, and with its value as text below /s. */
export function isParameter(node) {
  return node.ACCESS === 3 && node.CONTENTS?.s !== undefined;
}

/** The position of a value in its range, from 0 to 1, on the scale that the effect declares. */
export function position(value, { minimum, maximum, scale }) {
  if (scale === "log") return Math.log(value / minimum) / Math.log(maximum / minimum);
  return maximum > minimum ? (value - minimum) / (maximum - minimum) : 0;
}

export class ParameterView {
  /** @param {import("./client.js").Client} client  @param {object} node a node of the namespace */
  constructor(client, node) {
    Object.assign(this, { client, address: node.FULL_PATH, symbol: node.FULL_PATH.split("/").pop() });
    this.told = node.DDSP_FX ?? {};
    const name = this.told.name ?? title(this.symbol);
    const choices = node.RANGE?.[0]?.VALS;
    const description = this.told.description || name;
    if (node.TYPE === "T" || node.TYPE === "F") this.#switch(name, description);
    else if (choices) this.#menu(name, description, choices);
    else this.#slider(name, description, node);
    this.#follow(node);
  }

  /** The message that restores this value, as A/B comparison stores it; null before a value has arrived. */
  get state() {
    return this.current === undefined ? null : [this.sendTo ?? this.address, this.current];
  }

  /** Show a value that A/B comparison has just sent to the engine. */
  recall(value) {
    this.show(value);
    this.#askText();
  }

  #switch(name, description) {
    const id = freshId("switch");
    this.input = el("input", { type: "checkbox", role: "switch", id, class: "switch" });
    this.input.addEventListener("change", () => this.#send(this.input.checked));
    this.node = el("div", { class: "control control-switch", title: description },
      el("label", { for: id, class: "name" }, name), this.input);
    this.show = (value) => {
      this.current = Boolean(value);
      this.input.checked = this.current;
    };
    this.listenTo = this.address;
  }

  #menu(name, description, choices) {
    const id = freshId("menu");
    const options = choices.map((choice) => el("option", { value: choice }, choice));
    this.select = el("select", { id, class: "menu" }, ...options);
    this.select.addEventListener("change", () => this.#send(this.select.value));
    this.node = el("div", { class: "control", title: description },
      el("label", { for: id, class: "name" }, name), this.select);
    this.show = (value) => {
      this.current = value;
      this.select.value = value;
    };
    this.listenTo = this.address;
  }

  #slider(name, description, node) {
    const scaled = node.CONTENTS.n !== undefined;
    this.sendTo = scaled ? `${this.address}/n` : this.address;
    const home = scaled && typeof this.told.default === "number" ? position(this.told.default, this.told) : null;
    // In a range with both signs, the bar begins at 0.
    const isTwoSided = this.told.minimum < 0 && this.told.maximum > 0;
    this.slider = new Slider({
      name, description, home, zero: isTwoSided ? position(0, this.told) : 0,
      onMove: (place) => this.#moved(place),
      onText: (text) => this.#typed(text),
    });
    if (!scaled) this.slider.track.hidden = true;
    this.node = this.slider.node;
    this.show = (value) => {
      this.current = value;
      if (scaled) this.slider.show(value);
    };
    this.listenTo = this.sendTo;
    this.client.listen(`${this.address}/s`, (text) => this.slider.showText(text));
  }

  #follow(node) {
    this.client.listen(this.listenTo, (value) => this.show(value));
    const first = this.listenTo === this.address ? node.VALUE : node.CONTENTS.n?.VALUE;
    if (first?.length) this.show(first[0]);
    if (this.slider && node.CONTENTS.s.VALUE?.length) this.slider.showText(node.CONTENTS.s.VALUE[0]);
  }

  #send(value) {
    this.current = value;
    this.client.send(this.address, value);
  }

  #moved(place) {
    this.current = place;
    this.pending = place;
    // At most one message per animation frame; the engine ramps between them.
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.client.send(this.sendTo, this.pending);
      this.#askText();
    });
  }

  #typed(text) {
    this.client.send(`${this.address}/s`, text);
    this.client.send(`${this.address}/n`);
    this.#askText();
  }

  #askText() {
    // The engine sends a change to every client but the one that made it, so the new text must be requested.
    if (this.slider) this.client.send(`${this.address}/s`);
  }
}
