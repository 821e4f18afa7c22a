// What was done and is not yet saved. It outlives a reload, waits while the server is away, and keeps its order.

import { Refused, tell } from "./server.js";

export class Outbox {
  constructor(base, onChange) {
    this.base = base;
    this.key = `outbox ${base}`;
    this.onChange = onChange;
    this.waiting = JSON.parse(localStorage.getItem(this.key) ?? "[]");
    this.sending = false;
    this.send();
  }

  add(act) {
    this.waiting.push({ id: crypto.randomUUID?.() ?? drawn(), ...act });
    this.keep();
    this.send();
  }

  keep() {
    localStorage.setItem(this.key, JSON.stringify(this.waiting));
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    let wait = 500;
    let refused = null;
    while (this.waiting.length) {
      this.onChange("saving");
      try {
        await tell(`${this.base}/events`, this.waiting[0]);
        this.waiting.shift();
        this.keep();
        wait = 500;
      } catch (error) {
        if (error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429) {
          this.waiting.shift();
          this.keep();
          refused = error.message;
          continue;
        }
        this.onChange("away");
        await new Promise((done) => setTimeout(done, wait));
        wait = Math.min(wait * 2, 8000);
      }
    }
    this.sending = false;
    this.onChange(refused === null ? "saved" : "refused", refused);
  }

  async empty() {
    while (this.waiting.length) await new Promise((done) => setTimeout(done, 30));
  }
}

// Pages that are not served over TLS have no crypto.randomUUID; getRandomValues they have.
function drawn() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
