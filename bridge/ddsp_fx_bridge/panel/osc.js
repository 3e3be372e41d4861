// SPDX-License-Identifier: GPL-3.0-or-later
// An OSC 1.0 codec for messages and bundles, because browsers have none. Encodes f s T F; decodes i f d h t s b T F N.

const text = new TextEncoder();
const plain = new TextDecoder();

/** A string in UTF-8, ended by a zero byte and padded to a multiple of four bytes. */
function padded(value) {
  const bytes = text.encode(value);
  const out = new Uint8Array((bytes.length & ~3) + 4);
  out.set(bytes);
  return out;
}

function argument(value) {
  if (value === true) return ["T", new Uint8Array(0)];
  if (value === false) return ["F", new Uint8Array(0)];
  if (typeof value === "string") return ["s", padded(value)];
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value);
  return ["f", bytes];
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** (address, ...arguments) -> bytes; numbers are sent as 32-bit floats. */
export function encode(address, ...values) {
  const coded = values.map(argument);
  const tags = `,${coded.map(([tag]) => tag).join("")}`;
  return joined([padded(address), padded(tags), ...coded.map(([, bytes]) => bytes)]);
}

/** [[address, ...arguments], ...] -> one bundle, applied immediately and as a whole. */
export function bundle(messages) {
  const parts = [padded("#bundle"), new Uint8Array([0, 0, 0, 0, 0, 0, 0, 1])];
  for (const message of messages) {
    const bytes = encode(...message);
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    parts.push(size, bytes);
  }
  return joined(parts);
}

class Reader {
  constructor(buffer) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.at = 0;
  }
  string() {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new RangeError("OSC: a string has no terminating zero");
    const value = plain.decode(this.bytes.subarray(this.at, end));
    this.at = (end & ~3) + 4;
    return value;
  }
  number(kind, size) {
    const value = this.view[kind](this.at);
    this.at += size;
    return value;
  }
  blob() {
    const size = this.number("getInt32", 4);
    const value = this.bytes.slice(this.at, this.at + size);
    this.at += (size + 3) & ~3;
    return value;
  }
}

const READ = {
  i: (r) => r.number("getInt32", 4),
  f: (r) => r.number("getFloat32", 4),
  d: (r) => r.number("getFloat64", 8),
  h: (r) => Number(r.number("getBigInt64", 8)),
  t: (r) => Number(r.number("getBigUint64", 8)),
  s: (r) => r.string(),
  b: (r) => r.blob(),
  T: () => true,
  F: () => false,
  N: () => null,
};

/** Bytes (ArrayBuffer) -> [{address, values}]; throws RangeError if they are not OSC. */
export function decode(buffer) {
  const reader = new Reader(buffer);
  const address = reader.string();
  if (address === "#bundle") {
    reader.at += 8;
    const found = [];
    while (reader.at < buffer.byteLength) {
      const size = reader.number("getInt32", 4);
      found.push(...decode(buffer.slice(reader.at, reader.at + size)));
      reader.at += size;
    }
    return found;
  }
  const tags = reader.at < buffer.byteLength ? reader.string().slice(1) : "";
  const values = Array.from(tags, (tag) => {
    if (!(tag in READ)) throw new RangeError(`OSC: unknown type ${tag}`);
    return READ[tag](reader);
  });
  return [{ address, values }];
}
