// SPDX-License-Identifier: GPL-3.0-or-later
// A slider. The browser's own range input serves keyboards and screen readers. Dragging is our code: Shift gives
// fine steps, a double click restores the default, and a touch that scrolls the page moves nothing.

import { el, freshId } from "./dom.js";

const STEPS = 1000;
// With Shift, the pointer must move ten times as far for the same change.
const FINE = 0.1;
// A finger that has moved this far sideways is moving the slider, not scrolling the page.
const SLOP_PX = 6;

export class Slider {
  /**
   * @param {{name: string, description: string, home: number | null, zero: number,
   *   onMove: Function, onText: Function}} options
   *   home is the position from 0 to 1 that a double click restores, zero the position where the bar begins;
   *   onMove receives a position, onText the text that was typed.
   */
  constructor({ name, description, home, zero, onMove, onText }) {
    Object.assign(this, { home, zero, onMove, onText, position: 0, drag: null });
    const id = freshId("slider");
    this.input = el("input", {
      type: "range", id, min: 0, max: STEPS, step: 1, class: "slider-input",
      onkeydown: (event) => this.#key(event), oninput: () => this.#native(),
    });
    this.fill = el("div", { class: "slider-fill" });
    this.mark = el("div", { class: "slider-home" });
    this.track = el("div", { class: "slider-track", ondblclick: () => this.goHome() },
      this.mark, this.fill, el("div", { class: "slider-thumb" }), this.input);
    this.value = el("button", { type: "button", class: "value", onclick: () => this.#edit() }, "–");
    this.name = name;
    this.node = el("div", { class: "control", title: description },
      el("label", { for: id, class: "name" }, name), this.value, this.track);
    this.track.addEventListener("pointerdown", (event) => this.#down(event));
    if (home !== null) this.mark.style.left = `${home * 100}%`;
    else this.mark.hidden = true;
  }

  /** Show the engine's position, unless the user is dragging. */
  show(position) {
    if (!this.drag?.moving) this.#place(position);
  }

  showText(text) {
    this.text = text;
    if (!this.editor) this.value.textContent = text;
    this.value.setAttribute("aria-label", `${text}, ${this.name}: type a value`);
    this.input.setAttribute("aria-valuetext", text);
  }

  goHome() {
    if (this.home !== null) this.#move(this.home);
  }

  #place(position) {
    this.position = Math.min(Math.max(position, 0), 1);
    this.input.value = Math.round(this.position * STEPS);
    this.track.style.setProperty("--at", this.position);
    this.fill.style.left = `${Math.min(this.zero, this.position) * 100}%`;
    this.fill.style.width = `${Math.abs(this.position - this.zero) * 100}%`;
  }

  #move(position) {
    this.#place(position);
    this.onMove(this.position);
  }

  #native() {
    this.#move(Number(this.input.value) / STEPS);
  }

  #key(event) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (event.key === "Backspace" || event.key === "Delete") this.goHome();
    else if (event.key === "Enter") this.#edit();
    else if (steps) this.#move(this.position + steps * (event.shiftKey ? 0.001 : 0.01));
    else return;
    event.preventDefault();
  }

  #down(event) {
    if (event.button !== 0) return;
    this.input.focus({ preventScroll: true });
    const isTouch = event.pointerType === "touch";
    this.drag = { x: event.clientX, from: this.position, moving: false };
    if (!isTouch) {
      event.preventDefault();
      this.#begin(event);
      if (!event.shiftKey) this.#jump(event);
    }
    const move = (next) => this.#dragged(next);
    const up = () => {
      this.drag = null;
      for (const [name, act] of [["pointermove", move], ["pointerup", up], ["pointercancel", up]]) {
        this.track.removeEventListener(name, act);
      }
    };
    this.track.addEventListener("pointermove", move);
    this.track.addEventListener("pointerup", up);
    this.track.addEventListener("pointercancel", up);
  }

  #begin(event) {
    this.drag.moving = true;
    this.track.setPointerCapture(event.pointerId);
  }

  #jump(event) {
    const box = this.track.getBoundingClientRect();
    // A click on the thumb does not move it: the first half of a double click must not change anything.
    if (Math.abs(event.clientX - box.left - this.position * box.width) < 12) return;
    this.#move((event.clientX - box.left) / box.width);
    this.drag.from = this.position;
  }

  #dragged(event) {
    if (!this.drag.moving) {
      if (Math.abs(event.clientX - this.drag.x) < SLOP_PX) return;
      this.drag.x = event.clientX;
      this.#begin(event);
    }
    const by = (event.clientX - this.drag.x) / this.track.clientWidth;
    this.drag.from = Math.min(Math.max(this.drag.from + by * (event.shiftKey ? FINE : 1), 0), 1);
    this.drag.x = event.clientX;
    this.#move(this.drag.from);
  }

  #edit() {
    if (this.editor) return;
    const editor = el("input", { class: "value value-editor", "aria-label": this.name, autocomplete: "off" });
    this.editor = editor;
    editor.value = this.text ?? "";
    const done = (keep) => {
      if (this.editor !== editor) return;
      this.editor = null;
      this.value.textContent = this.text ?? "–";
      editor.replaceWith(this.value);
      if (keep && editor.value.trim()) this.onText(editor.value.trim());
      if (keep !== "blur") this.value.focus();
    };
    editor.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      if (event.key === "Escape") done(false);
    });
    editor.addEventListener("blur", () => done("blur"));
    this.value.replaceWith(editor);
    editor.select();
  }
}
