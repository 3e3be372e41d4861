// SPDX-License-Identifier: GPL-3.0-or-later
// Peak and RMS meters in dBFS. The bar falls by 24 dB per second; the mark holds a peak for 1.5 s.

import { crisp, el, token } from "./dom.js";

const FLOOR_DB = -60;
const FALL_DB_PER_S = 24;
const HOLD_MS = 1500;

const place = (db) => Math.min(Math.max(1 - db / FLOOR_DB, 0), 1);

export class Meter {
  constructor(name) {
    this.canvas = el("canvas", { class: "meter-canvas", "aria-hidden": "true" });
    this.text = el("output", { class: "meter-text" }, "–∞");
    this.node = el("div", { class: "meter", role: "meter", "aria-label": `${name} level`,
      "aria-valuemin": FLOOR_DB, "aria-valuemax": 0, "aria-valuenow": FLOOR_DB },
      el("span", { class: "meter-name" }, name), this.text, this.canvas);
    Object.assign(this, { peak: -120, rms: -120, hold: -120, heldAt: 0, drawnAt: performance.now(), clipped: false });
    this.node.addEventListener("click", () => { this.clipped = false; });
  }

  show(peak, rms) {
    this.newPeak = Math.max(this.newPeak ?? -120, peak);
    this.newRms = rms;
  }

  draw(now) {
    const fall = ((now - this.drawnAt) / 1000) * FALL_DB_PER_S;
    this.drawnAt = now;
    this.peak = Math.max(this.peak - fall, this.newPeak ?? -120);
    this.rms = Math.max(this.rms - fall, this.newRms ?? -120);
    this.newPeak = undefined;
    if (this.peak >= this.hold || now - this.heldAt > HOLD_MS) {
      this.hold = this.peak;
      this.heldAt = now;
    }
    if (this.peak > 0) this.clipped = true;
    this.#paint();
  }

  #paint() {
    const { context, width, height } = crisp(this.canvas);
    context.clearRect(0, 0, width, height);
    const fill = context.createLinearGradient(0, 0, width, 0);
    fill.addColorStop(0, token("--meter-low"));
    fill.addColorStop(place(-18), token("--meter-low"));
    fill.addColorStop(place(-6), token("--meter-mid"));
    fill.addColorStop(1, token("--meter-high"));
    context.fillStyle = fill;
    context.globalAlpha = 0.4;
    context.fillRect(0, 0, place(this.peak) * width, height);
    context.globalAlpha = 1;
    context.fillRect(0, 0, place(this.rms) * width, height);
    if (this.hold > FLOOR_DB) context.fillRect(place(this.hold) * width - 2, 0, 2, height);
    const shown = this.hold > -100 ? this.hold.toFixed(1) : "–∞";
    if (this.text.textContent !== shown) this.text.textContent = shown;
    this.node.classList.toggle("clipped", this.clipped);
    this.node.setAttribute("aria-valuenow", Math.round(Math.max(this.peak, FLOOR_DB)));
  }
}
