// SPDX-License-Identifier: GPL-3.0-or-later
// The last 8 seconds of output, from the engine's frequency bands, with the input's pitch as a line.

import { crisp, el, token } from "./dom.js";

const SECONDS = 8;
const COLUMNS_PER_S = 20;
const COLUMNS = SECONDS * COLUMNS_PER_S;
const TICKS_HZ = [100, 200, 500, 1000, 2000, 5000, 10000];
const NOTES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** 440 -> "A4 +0 ct" */
export function noteName(hz) {
  const midi = 69 + 12 * Math.log2(hz / 440);
  const near = Math.round(midi);
  const cents = Math.round(100 * (midi - near));
  return `${NOTES[((near % 12) + 12) % 12]}${Math.floor(near / 12) - 1} ${cents < 0 ? "−" : "+"}${Math.abs(cents)} ct`;
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** 256 colours, interpolated between those that the style sheet lists in --spectrum. */
function palette() {
  const stops = token("--spectrum").split(/\s+/).map(rgb);
  return Array.from({ length: 256 }, (_, level) => {
    const at = (level / 255) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    return stops[low].map((value, index) => Math.round(value + (at - low) * (stops[low + 1][index] - value)));
  });
}

export class Spectrogram {
  constructor() {
    Object.assign(this, { lowHz: 40, highHz: 16000, floorDb: -100, columns: [], pitches: [], f0: 0 });
    this.canvas = el("canvas", { class: "spectrogram-canvas", "aria-hidden": "true" });
    this.pitch = el("output", { class: "pitch", "aria-label": "Pitch" }, "–");
    this.node = el("figure", { class: "spectrogram" }, this.canvas,
      el("figcaption", {}, el("span", {}, "Output spectrum. Line: pitch of the input"), this.pitch));
    this.scroll = document.createElement("canvas");
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
    this.recolour();
  }

  recolour() {
    this.colours = palette();
    this.dirty = true;
    this.columns.forEach((bands, column) => this.#column(bands, column));
  }

  /** The edges of the bands in Hz, logarithmically spaced, and the level in dB that is drawn as silence. */
  setRange(edgesHz, floorDb) {
    Object.assign(this, { lowHz: edgesHz[0], highHz: edgesHz.at(-1), floorDb });
  }

  /** Add one column: the levels of all bands in dBFS, low to high. */
  show(levels) {
    const bands = levels.map((db) => Math.round(255 * Math.min(Math.max(1 - db / this.floorDb, 0), 1)));
    if (this.scroll.height !== bands.length) {
      this.scroll.width = COLUMNS;
      this.scroll.height = bands.length;
      this.columns = [];
      this.pitches = [];
    }
    this.columns.push(bands);
    this.pitches.push(this.f0);
    if (this.columns.length > COLUMNS) {
      this.columns.shift();
      this.pitches.shift();
      const context = this.scroll.getContext("2d");
      context.globalCompositeOperation = "copy";
      context.drawImage(this.scroll, -1, 0);
      context.globalCompositeOperation = "source-over";
    }
    this.#column(bands, this.columns.length - 1);
    this.dirty = true;
  }

  showPitch(hz) {
    this.f0 = hz ?? 0;
    const text = hz > 0 ? `${hz.toFixed(1)} Hz   ${noteName(hz)}` : "no pitch";
    if (this.pitch.textContent !== text) this.pitch.textContent = text;
  }

  #column(bands, column) {
    const image = new ImageData(1, bands.length);
    for (let band = 0; band < bands.length; band += 1) {
      const [red, green, blue] = this.colours[bands[bands.length - 1 - band]];
      image.data.set([red, green, blue, 255], 4 * band);
    }
    this.scroll.getContext("2d").putImageData(image, column, 0);
  }

  #height(hz, height) {
    return height * (1 - Math.log(hz / this.lowHz) / Math.log(this.highHz / this.lowHz));
  }

  draw() {
    if (!this.dirty && this.drawnWidth === this.canvas.clientWidth) return;
    this.dirty = false;
    this.drawnWidth = this.canvas.clientWidth;
    const { context, width, height } = crisp(this.canvas);
    context.fillStyle = `rgb(${this.colours[0].join(",")})`;
    context.fillRect(0, 0, width, height);
    if (!this.scroll.width || !this.columns.length) return;
    context.imageSmoothingEnabled = true;
    const left = (1 - this.columns.length / COLUMNS) * width;
    context.drawImage(this.scroll, 0, 0, this.columns.length, this.scroll.height, left, 0, width - left, height);
    this.#grid(context, width, height);
    this.#line(context, width, height);
  }

  #grid(context, width, height) {
    context.font = `10px ${token("--font")}`;
    context.textBaseline = "bottom";
    for (const hz of TICKS_HZ.filter((tick) => tick > this.lowHz && tick < this.highHz)) {
      const y = Math.round(this.#height(hz, height)) + 0.5;
      context.strokeStyle = token("--spectrum-grid");
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.stroke();
      const label = hz >= 1000 ? `${hz / 1000} kHz` : `${hz} Hz`;
      // An outline in the colour of silence keeps the label readable over loud bands.
      context.lineWidth = 3;
      context.strokeStyle = `rgb(${this.colours[0].join(",")})`;
      context.strokeText(label, 4, y - 1);
      context.lineWidth = 1;
      context.fillStyle = token("--soft");
      context.fillText(label, 4, y - 1);
    }
  }

  #line(context, width, height) {
    context.strokeStyle = token("--pitch");
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.beginPath();
    let drawing = false;
    this.pitches.forEach((hz, index) => {
      const x = width * (1 - (this.pitches.length - index - 0.5) / COLUMNS);
      if (hz <= this.lowHz) drawing = false;
      else if (drawing) context.lineTo(x, this.#height(hz, height));
      else {
        context.moveTo(x, this.#height(hz, height));
        drawing = true;
      }
    });
    context.stroke();
    context.lineWidth = 1;
  }
}
