// SPDX-License-Identifier: GPL-3.0-or-later
// The engine by OSCQuery: the namespace over HTTP, values both ways over a WebSocket that comes back by itself.

import { bundle, decode, encode } from "./osc.js";

// First try again soon: the engine was perhaps restarted. Then less often.
const RETRY_MS = [250, 500, 1000, 2000];
const LEASE_S = 600;
// Plain values, positions from 0 to 1, and texts.
const WANTED = ["/", "/track/*/*/{n,s}", "/track/*/*/*/{n,s}"];

const socketAddress = (host, path) => `${location.protocol === "https:" ? "wss" : "ws"}://${host}${path}`;

export class Client extends EventTarget {
  /** @param {string} host as location.host gives it */
  constructor(host) {
    super();
    this.host = host;
    this.listeners = new Map();
    this.attempt = 0;
    this.isOpen = false;
  }

  /** The namespace below an address, as OSCQuery's JSON. */
  async namespace(path = "/") {
    const answer = await fetch(path, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${path}: the engine answered ${answer.status}`);
    return answer.json();
  }

  connect() {
    this.socket = new WebSocket(socketAddress(this.host, "/"));
    this.socket.binaryType = "arraybuffer";
    this.socket.addEventListener("open", () => this.#opened());
    this.socket.addEventListener("close", () => this.#closed());
    this.socket.addEventListener("message", ({ data }) => this.#take(data));
  }

  #opened() {
    this.attempt = 0;
    this.isOpen = true;
    this.#subscribe();
    this.dispatchEvent(new Event("open"));
  }

  #closed() {
    this.isOpen = false;
    const wait = RETRY_MS[Math.min(this.attempt++, RETRY_MS.length - 1)];
    setTimeout(() => this.connect(), wait);
    this.dispatchEvent(new Event("close"));
  }

  #take(data) {
    if (typeof data === "string") {
      const { COMMAND, DATA } = JSON.parse(data);
      this.dispatchEvent(new CustomEvent("command", { detail: { command: COMMAND, data: DATA } }));
      return;
    }
    for (const { address, values } of decode(data)) {
      if (address === "/error") this.dispatchEvent(new CustomEvent("refused", { detail: values }));
      for (const listener of this.listeners.get(address) ?? []) listener(...values);
    }
  }

  // A handful of patterns instead of a LISTEN for each of some hundred addresses.
  #subscribe() {
    this.#renew();
    clearInterval(this.renewal);
    this.renewal = setInterval(() => this.#renew(), (LEASE_S * 1000) / 2);
  }

  #renew() {
    for (const pattern of WANTED) this.send("/subscribe", pattern, LEASE_S);
  }

  /** Call back with every value of an address from now on. */
  listen(address, callback) {
    if (!this.listeners.has(address)) this.listeners.set(address, new Set());
    this.listeners.get(address).add(callback);
  }

  /** Forget what belongs to tracks: their views are built anew. */
  forgetTracks() {
    for (const address of this.listeners.keys()) {
      if (address.startsWith("/track/")) this.listeners.delete(address);
    }
  }

  send(address, ...values) {
    if (this.isOpen) this.socket.send(encode(address, ...values));
  }

  /** Several messages, applied together. */
  sendTogether(messages) {
    if (this.isOpen && messages.length) this.socket.send(bundle(messages));
  }
}

/** What a track sounds like, 20 times a second: levels, spectrum, pitch, load. Dispatches "hello" and "look". */
export class Stream extends EventTarget {
  constructor(host, track) {
    super();
    this.url = socketAddress(host, `/api/stream?track=${track}`);
  }

  /** Look, or look away: nobody else's figures are fetched than those that are seen. */
  watch(on) {
    clearTimeout(this.timer);
    if (on && !this.socket) this.#open();
    if (!on) {
      this.socket?.close();
      this.socket = null;
    }
  }

  #open() {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    let first = true;
    socket.addEventListener("message", ({ data }) => {
      this.dispatchEvent(new CustomEvent(first ? "hello" : "look", { detail: JSON.parse(data) }));
      first = false;
    });
    socket.addEventListener("close", () => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.timer = setTimeout(() => this.watch(true), 1000);
    });
  }
}
