// SPDX-License-Identifier: GPL-3.0-or-later
// One track: a card per slot in signal order, the track's own controls, meters and spectrogram.

import { Stream } from "./client.js";
import { el, freshId } from "./dom.js";
import { Meter } from "./meters.js";
import { ParameterView, isParameter, title } from "./parameter.js";
import { RenderBox } from "./render.js";
import { Snapshots } from "./snapshots.js";
import { Spectrogram } from "./spectrogram.js";
import { Takes } from "./takes.js";

export class TrackView {
  /**
   * @param {import("./client.js").Client} client
   * @param {object} node the node /track/N of the namespace
   * @param {(look: object) => void} onLook gets the engine's figures, while this track is watched
   */
  constructor(client, node, onLook) {
    Object.assign(this, { client, node, base: node.FULL_PATH, number: node.FULL_PATH.split("/").pop(), views: [] });
    this.meters = [new Meter("In"), new Meter("Out")];
    this.spectrogram = new Spectrogram();
    this.latency = el("span", { class: "fact" });
    this.news = el("p", { class: "news", role: "status" });
    this.again = el("button", { type: "button", class: "quiet again", hidden: true,
      onclick: () => this.client.send(`${this.base}/reset`) }, "Try again");
    this.stream = new Stream(client.host, this.number);
    this.stream.addEventListener("hello", ({ detail }) => this.spectrogram.setRange(detail.bands_hz, detail.floor_db));
    this.stream.addEventListener("look", ({ detail }) => this.#look(detail, onLook));
    this.snapshots = new Snapshots(client, () => this.views);
    const slots = (node.CONTENTS.slots?.VALUE ?? []).map((name) => this.#slot(name, node.CONTENTS[name]));
    this.element = el("section", { class: "track", id: `track-${this.number}`, role: "tabpanel",
      "aria-labelledby": `tab-${this.number}` },
      this.#head(),
      el("div", { class: "scope card" }, this.spectrogram.node,
        el("div", { class: "meters" }, ...this.meters.map((meter) => meter.node), this.latency), this.news,
        this.again),
      el("div", { class: "slots" }, ...slots),
      new RenderBox(this.number).node);
  }

  #parameter(node) {
    const view = new ParameterView(this.client, node);
    this.views.push(view);
    return view;
  }

  #head() {
    const own = ["mix", "bypass"].map((name) => this.node.CONTENTS[name]).filter((node) => node && isParameter(node));
    const views = own.map((node) => this.#parameter(node).node);
    return el("div", { class: "track-head card" }, el("div", { class: "own" }, ...views), this.#boards(),
      this.node.CONTENTS.take ? new Takes(this.client, this.base, this.node.CONTENTS.take).node : null,
      el("div", { class: "compare" }, this.snapshots.node, this.snapshots.copy));
  }

  #boards() {
    const { board } = this.node.CONTENTS;
    if (!board) return null;
    const id = freshId("boards");
    this.boardMenu = el("select", { id, class: "menu", onchange: () => this.#loadBoard() });
    const save = el("button", { type: "button", class: "quiet", onclick: () => this.#saveBoard() }, "Save…");
    const name = board.CONTENTS.name?.VALUE?.[0] ?? "";
    this.client.namespace("/boards").then(({ VALUE }) => this.#fillBoards(VALUE ?? [], name)).catch(() => {});
    return el("div", { class: "boards" }, el("label", { for: id, class: "name" }, "Board"), this.boardMenu, save);
  }

  #fillBoards(names, current) {
    const options = names.map((name) => el("option", { value: name, selected: name === current }, name));
    const none = el("option", { value: "", selected: !names.includes(current) }, current || "as started");
    this.boardMenu.replaceChildren(...(names.includes(current) ? [] : [none]), ...options);
  }

  #loadBoard() {
    if (this.boardMenu.value) this.client.send(`${this.base}/board/load`, this.boardMenu.value);
  }

  #saveBoard() {
    const name = prompt("Save this board as", this.boardMenu.value || "my board");
    if (!name) return;
    this.client.send(`${this.base}/board/save`, name);
    setTimeout(() => this.client.namespace("/boards").then(({ VALUE }) => this.#fillBoards(VALUE ?? [], name)), 300);
  }

  #slot(name, node) {
    const parameters = Object.values(node.CONTENTS ?? {}).filter(isParameter).map((child) => this.#parameter(child));
    const heading = freshId("slot");
    return el("article", { class: "slot card", "aria-labelledby": heading },
      el("header", {}, el("h2", { id: heading }, name), this.#presets(node)),
      el("div", { class: "parameters" }, ...parameters.map((view) => view.node)));
  }

  #presets(node) {
    const { preset } = node.CONTENTS ?? {};
    const names = preset?.CONTENTS.names?.VALUE ?? [];
    if (!names.length) return null;
    const id = freshId("preset");
    const none = el("option", { value: "" }, "Preset…");
    const menu = el("select", { id, class: "menu preset", "aria-label": `Preset of ${title(node.FULL_PATH.split("/").pop())}`,
      onchange: () => menu.value && this.client.send(`${node.FULL_PATH}/preset/load`, menu.value) },
      none, ...names.map((name) => el("option", { value: name }, name)));
    this.client.listen(`${node.FULL_PATH}/preset/name`, (name) => { menu.value = name; });
    menu.value = preset.CONTENTS.name?.VALUE?.[0] ?? "";
    return menu;
  }

  #look(look, onLook) {
    this.meters[0].show(...look.in_db);
    this.meters[1].show(...look.out_db);
    this.spectrogram.showPitch(look.f0_hz);
    this.spectrogram.show(look.spectrum_db);
    const link = look.link_latency_ms ? `, and ${look.link_latency_ms.toFixed(1)} ms of the link to its plugin` : "";
    const latency = `Latency ${look.latency_ms.toFixed(1)} ms (${look.latency_samples} samples)${link}`;
    if (this.latency.textContent !== latency) this.latency.textContent = latency;
    const news = [...look.faults, ...look.hearing].join("\n");
    if (this.news.textContent !== news) this.news.textContent = news;
    this.again.hidden = !look.faults.length;
    onLook(look);
  }

  /** Show or hide the track. A hidden track requests no figures. */
  show(on) {
    this.element.hidden = !on;
    this.stream.watch(on);
  }

  /** Close the stream before the view is discarded. */
  close() {
    this.stream.watch(false);
  }

  draw(now) {
    for (const meter of this.meters) meter.draw(now);
    this.spectrogram.draw();
  }
}
