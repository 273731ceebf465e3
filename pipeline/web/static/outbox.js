// Decisions on their way to the server. A decision leaves the outbox when the server has answered;
// without an answer the same request is sent again, which acts once, for it carries its own id. The
// outbox outlives a reload of the page.

const PAUSES = [500, 1000, 2000, 4000, 8000];

export class Outbox {
  constructor({ csrf, user, onChange, onAnswer, onRefusal, onStranger }) {
    Object.assign(this, { csrf, onChange, onAnswer, onRefusal, onStranger });
    this.key = `torihiki.outbox.${user}`;
    this.items = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
    this.waiting = [];
    this.failures = 0;
    if (this.items.length) {
      onChange(this.items.length, false); // what an earlier page left is on its way, and seen to be
      this.pump();
    }
  }

  add(url, body, context = {}) {
    this.items.push({ url, body: { ...body, request_id: crypto.randomUUID?.() ?? randomId() }, context });
    this.save();
    this.pump();
  }

  // Resolves when everything so far has been answered.
  drained() {
    return this.items.length ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  save() {
    sessionStorage.setItem(this.key, JSON.stringify(this.items));
    this.onChange(this.items.length, this.failures > 0);
  }

  async pump() {
    if (this.pumping) return;
    this.pumping = true;
    while (this.items.length) {
      const item = this.items[0];
      const answer = await post(item.url, item.body, this.csrf);
      if (answer === null) {
        this.failures += 1;
        this.save();
        await new Promise((done) => setTimeout(done, PAUSES[Math.min(this.failures, PAUSES.length) - 1]));
        continue;
      }
      if (isStranger(answer)) {
        // The session is over. What is waiting stays, and goes out after the next login.
        this.pumping = false;
        this.onStranger();
        return;
      }
      this.failures = 0;
      this.items.shift();
      this.save();
      if (answer.ok) this.onAnswer(answer.data, item.context);
      else this.onRefusal(answer.data, item.context);
    }
    this.pumping = false;
    this.waiting.splice(0).forEach((resolve) => resolve());
  }
}

export const isStranger = ({ status, data }) =>
  status === 401 || (status === 403 && data.error === "csrf");

function randomId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

// The server's answer; null where there was none, or it could not answer now.
export async function post(url, body, csrf, method = "POST") {
  try {
    const answer = await fetch(url, {
      method,
      headers: { "content-type": "application/json", "x-csrf-token": csrf },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.status >= 500) return null;
    const data = answer.status === 204 ? {} : await answer.json();
    return { ok: answer.ok, status: answer.status, data };
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return null; // no connection
    throw error;
  }
}
