// SPDX-License-Identifier: GPL-3.0-or-later
// The client of the engine's OSCQuery server: reads the namespace over HTTP; sends and receives values over a WebSocket
// that reconnects.

import { bundle, decode, encode } from "./osc.js";

// The first retries come soon, because the engine may just have restarted.
const RETRY_MS = [250, 500, 1000, 2000];
const LEASE_S = 600;
// Values (/), positions from 0 to 1 (/n), and values as text (/s).
const WANTED = ["/", "/track/*/*/{n,s}", "/track/*/*/*/{n,s}"];

const socketAddress = (host, path) => `${location.protocol === "https:" ? "wss" : "ws"}://${host}${path}`;

export class Client extends EventTarget {
  /** @param {string} host "name:port", as in location.host */
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

  // Three patterns do the work of a LISTEN for each of some hundred addresses.
  #subscribe() {
    this.#renew();
    clearInterval(this.renewal);
    this.renewal = setInterval(() => this.#renew(), (LEASE_S * 1000) / 2);
  }

  #renew() {
    for (const pattern of WANTED) this.send("/subscribe", pattern, LEASE_S);
  }

  /** Call `callback` with every value that arrives at an address. */
  listen(address, callback) {
    if (!this.listeners.has(address)) this.listeners.set(address, new Set());
    this.listeners.get(address).add(callback);
  }

  /** Remove the listeners of all tracks, before their views are rebuilt. */
  forgetTracks() {
    for (const address of this.listeners.keys()) {
      if (address.startsWith("/track/")) this.listeners.delete(address);
    }
  }

  send(address, ...values) {
    if (this.isOpen) this.socket.send(encode(address, ...values));
  }

  /** Send several messages as one bundle, so that the engine applies them together. */
  sendTogether(messages) {
    if (this.isOpen && messages.length) this.socket.send(bundle(messages));
  }
}

/** A track's levels, spectrum, pitch and load, 20 times a second. Dispatches "hello" once, then "look". */
export class Stream extends EventTarget {
  constructor(host, track) {
    super();
    this.url = socketAddress(host, `/api/stream?track=${track}`);
  }

  /** Open or close the stream, so that only the visible track's figures are sent. */
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
