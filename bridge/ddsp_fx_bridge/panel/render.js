// SPDX-License-Identifier: GPL-3.0-or-later
// Drop an audio file: the engine renders it with the track's current settings, tail included, and returns the result.

import { el, freshId } from "./dom.js";

const ACCEPT = "audio/*,.wav,.w64,.flac,.aiff,.aif,.caf,.mp3,.ogg,.opus";

export class RenderBox {
  constructor(track) {
    this.track = track;
    const id = freshId("file");
    this.input = el("input", { type: "file", id, accept: ACCEPT, class: "visually-hidden",
      onchange: () => this.#take(this.input.files) });
    this.list = el("ul", { class: "renders", "aria-live": "polite" });
    this.zone = el("label", { for: id, class: "drop" }, el("strong", {}, "Render a file"),
      el("span", {}, "Drop an audio file here, or choose one. It is rendered with this track's current settings."), this.input);
    this.node = el("section", { class: "render card", "aria-label": "Render a file" }, this.zone, this.list);
    for (const name of ["dragenter", "dragover"]) this.zone.addEventListener(name, (event) => this.#over(event, true));
    for (const name of ["dragleave", "drop"]) this.zone.addEventListener(name, (event) => this.#over(event, false));
    this.zone.addEventListener("drop", (event) => this.#take(event.dataTransfer.files));
  }

  #over(event, on) {
    event.preventDefault();
    this.zone.classList.toggle("over", on);
  }

  async #take(files) {
    for (const file of files) await this.#render(file);
    this.input.value = "";
  }

  async #render(file, salvage = false) {
    const entry = el("li", { class: "busy" }, el("span", { class: "file" }, file.name), el("span", {}, "rendering…"));
    this.list.prepend(entry);
    try {
      const query = `track=${this.track}&name=${encodeURIComponent(file.name)}${salvage ? "&salvage=1" : ""}`;
      const answer = await fetch(`/api/render?${query}`,
        { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" } });
      if (!answer.ok) throw new Error((await answer.text()) || `the engine answered ${answer.status}`);
      const remarks = JSON.parse(answer.headers.get("X-Ddsp-Fx-Remarks") || "[]");
      this.#done(entry, `${file.name.replace(/\.[^.]*$/, "")} - ddsp-fx.wav`, await answer.blob(), remarks);
    } catch (error) {
      entry.className = "failed";
      entry.lastChild.textContent = error.message;
      if (!salvage && error.message.includes(" can be read")) entry.append(this.#salvage(entry, file));
    }
  }

  #salvage(entry, file) {
    return el("button", { class: "button", onclick: () => { entry.remove(); this.#render(file, true); } },
      "Use the good part");
  }

  #done(entry, name, blob, remarks) {
    const url = URL.createObjectURL(blob);
    entry.className = "done";
    entry.replaceChildren(el("span", { class: "file" }, name), el("audio", { controls: true, src: url }),
      el("a", { href: url, download: name, class: "button" }, "Download"),
      ...remarks.map((remark) => el("small", {}, remark)));
  }
}
