// Corrections in the order in which they are looked at: fetched before they are needed, decided on without waiting, sent in order.
import { ask } from "./api.js";
import { inShort } from "./states.js";

const AHEAD = 10;
const PAGE = 50;

export class Queue {
  /** Of the corrections that `filter` lets through, once all is sent that was decided `before`; `on` has `changed` and `failed`. */
  constructor(filter, before, on) {
    this.filter = filter;
    this.on = on;
    this.items = [];
    this.at = 0;
    this.next = undefined; // a cursor, null behind the last page
    this.done = [];
    this.unsent = 0;
    this.sent = before;
    this.fetched = before;
  }

  get current() {
    return this.items[this.at];
  }

  get whole() {
    return this.next === null;
  }

  needed() {
    return !this.whole && this.items.length - this.at <= AHEAD;
  }

  /** Fetch on, if what is left will soon be looked at; raises `Problem`. */
  ahead() {
    this.fetched = this.fetched.catch(() => {}).then(() => this.fetch());
    return this.fetched;
  }

  async fetch() {
    while (this.needed()) {
      const query = new URLSearchParams({ ...this.filter, limit: PAGE, ...(this.next && { after: this.next }) });
      const { corrections, next } = await (await ask(`feedback?${query}`)).json();
      this.next = next;
      this.items.push(...corrections.map((stored) => ({ stored, status: stored.status, label: stored.label, fault: "", unsent: 0 })));
      this.on.changed();
    }
  }

  move(step) {
    this.at = Math.min(Math.max(this.at + step, 0), this.items.length);
    this.on.changed();
  }

  /** Decide on the current one; a status moves on to the next. */
  decide(change) {
    const item = this.current;
    if (!item) return;
    const before = { status: item.status, label: item.label };
    if (this.change(item, change)) this.done.push({ item, before });
    this.move(change.status ? 1 : 0);
  }

  /** Take back the last decision, or what was decided before on the current one. */
  undo() {
    const { item, before } = this.done.pop() ?? { item: this.current, before: { status: "pending" } };
    this.change(item, before);
    this.at = this.items.indexOf(item);
    this.on.changed();
  }

  /** Erase the current one. */
  erase() {
    const item = this.current;
    this.remove(item);
    this.send(item, { method: "DELETE" }, () => this.forget(item));
    this.on.changed();
  }

  remove(item) {
    const place = this.items.indexOf(item);
    if (place < 0) return;
    this.items.splice(place, 1);
    if (place < this.at) this.at -= 1;
    this.done = this.done.filter((one) => one.item !== item);
  }

  /** It is erased: among the others of its sentence too. */
  forget(item) {
    this.remove(item);
    for (const { stored } of this.items) stored.others = stored.others.filter(({ id }) => id !== item.stored.id);
  }

  change(item, wanted) {
    const change = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => item[name] !== value));
    if (!Object.keys(change).length) return false;
    Object.assign(item, change, { fault: "" });
    this.send(item, { method: "PATCH", body: JSON.stringify(change) }, async (answer) => this.settle(item, await answer.json()));
    return true;
  }

  send(item, asked, then) {
    this.unsent += 1;
    item.unsent += 1;
    this.sent = this.sent
      .then(() => ask(`feedback/${item.stored.id}`, asked))
      .then(then)
      .catch((problem) => this.failed(item, problem))
      .finally(() => {
        this.unsent -= 1;
        item.unsent -= 1;
        this.on.changed();
      });
  }

  /** Take over what is stored now, but not over what is still on its way. */
  settle(item, stored) {
    item.stored = stored;
    if (item.unsent === 1) Object.assign(item, { status: stored.status, label: stored.label });
    for (const one of this.items) {
      const other = one.stored.others.find(({ id }) => id === stored.id);
      if (other) Object.assign(other, { status: stored.status, label: stored.label });
    }
  }

  /** Bring back what could not be stored: next, since another one is being looked at. */
  failed(item, problem) {
    if (problem.status === 404 && !problem.type.endsWith("/feedback-off")) return this.forget(item); // erased by somebody
    const place = this.items.indexOf(item);
    const fault = `The decision was not stored. ${inShort(problem)}`;
    Object.assign(item, { status: item.stored.status, label: item.stored.label, fault });
    this.on.failed(item, fault);
    this.done = this.done.filter((one) => one.item !== item);
    if (place >= this.at) return undefined;
    if (place >= 0) {
      this.items.splice(place, 1);
      this.at -= 1;
    }
    let to = this.current ? this.at + 1 : this.at;
    while (this.items[to]?.fault) to += 1;
    this.items.splice(to, 0, item);
    return undefined;
  }
}
