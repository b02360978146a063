/**
 * Switchboard's chat: one script tag puts it on any page.
 *
 *   <script src="https://support.example.com/widget.js" data-title="Larkspur" defer></script>
 *
 * The server is where this file came from. Everything visible lives in a shadow root, styles are
 * constructable sheets, and no HTML is ever made from text, so a strict Content-Security-Policy is fine.
 *
 * Attributes of the script tag, all optional:
 *   data-title        the company's name                                  "Support"
 *   data-greeting     the first line of an empty conversation
 *   data-suggestions  questions to begin with, parted by "|"              none
 *   data-accent       colour of the launcher and of the customer's words  "#4a4e9c"
 *   data-theme        "auto" (as the visitor's system), "light", "dark"   "auto"
 *   data-side         "right" or "left"                                   "right"
 *   data-identity-token  who the visitor is, signed by your site (docs/identity.md)  nobody in particular
 *                        (may be changed while the page is open)
 *
 * The page opened with `#chat=TOKEN`, as links in our mails have it, takes up that conversation.
 *
 * On the page itself, an element with `data-chat-open` opens the chat when clicked; with
 * `data-chat-ask="…"` it also puts that question into the input, for the visitor to send.
 *
 * Sections: settings · words · small tools · the API · what is remembered · the conversation ·
 * elements · the view · styles · start.
 */
(() => {
  "use strict";

  if (document.querySelector("switchboard-chat")) return;

  // ── Settings ────────────────────────────────────────────────────────────────────────────────────

  const script = document.currentScript || document.querySelector('script[src*="widget.js"]');
  const SERVER = new URL(".", script.src).href;
  const OPTIONS = {
    title: script.dataset.title || "Support",
    greeting: script.dataset.greeting || "",
    suggestions: (script.dataset.suggestions || "").split("|").map((each) => each.trim()).filter(Boolean),
    accent: /^#[0-9a-f]{6}$/i.test(script.dataset.accent || "") ? script.dataset.accent : "",
    theme: script.dataset.theme || "auto",
    side: script.dataset.side === "left" ? "left" : "right",
  };
  const identityToken = () => script.dataset.identityToken || ""; // the page may change it

  const MAX_CHARACTERS = 5000;
  const COUNTER_FROM = 4500;
  const REMEMBER_MS = 24 * 3600 * 1000;
  const CALL_TIMEOUT_MS = 15_000;
  const SILENCE_MS = 40_000; // the server speaks at least every 15 s; longer silence is a dead line
  const HIDDEN_MS = 60_000; // a tab in the background lets its stream go after this long
  const SETTLE_MS = 3000; // until what became of a message is asked again, where asking failed
  const CALM_MS = 1500; // shorter interruptions are not worth a line on the screen
  const SEND_TRIES = 4;
  const TYPING_MS = 3000; // how often it is said that the customer types; the server forgets it after twice that
  const READ_MS = 2000; // after this long in sight an answer has been read, and no mail about it is needed
  const SCORES = ["Very bad", "Bad", "So-so", "Good", "Very good"];

  // ── Words ───────────────────────────────────────────────────────────────────────────────────────

  const WORDS = {
    launcher: "Chat with us",
    subtitle: { bot: "Automated assistant", queue: "Waiting for a person", agent: "A person is here", closed: "Ended" },
    notice: "You’re chatting with an automated assistant.",
    person: "Talk to a person",
    greeting: `Hello! I’m ${OPTIONS.title}’s automated assistant. Ask me anything, at any time. ` +
      "If you’d rather have a person, press “Talk to a person”.",
    placeholder: "Write a message…",
    queue: (team) => `Waiting for a person from our ${team ? `${team} ` : ""}team. You can keep writing.`,
    next: "You’re next in line.",
    place: (place) => `You’re number ${place} in line.`,
    expected: (minutes) => minutes > 90 ? "It may take more than an hour and a half."
      : `It will take about ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    away: (opens) => `Nobody is here right now.${opens ? ` We’re back ${opens}.` : ""}`,
    mailMe: "Leave your e-mail address and we’ll write to you.",
    reference: (reference) => `Your reference is ${reference}.`,
    contact: (email) => `If you leave, the answer goes to ${email}.`,
    back: "Back to the assistant",
    leaveMail: "Leave my e-mail",
    changeMail: "Change my e-mail",
    cancel: "Cancel",
    email: "Your e-mail address",
    request: "What is it about? (optional)",
    save: "Save",
    notNow: "Not now",
    badMail: "Please write your whole e-mail address, like name@example.com.",
    agent: (name, team) => name ? `You’re now talking with ${name}.`
      : `You’re now talking with a person from our ${team ? `${team} ` : ""}team.`,
    rate: "How was this conversation?",
    comment: "What should we know? (optional)",
    sendRating: "Send rating",
    chooseScore: "Please choose a rating from 1 to 5.",
    thanks: "Thank you for your rating.",
    closed: "This conversation has ended.",
    anew: "Start a new conversation",
    end: "End conversation",
    endSure: (failed) => `${failed ? "We couldn’t be reached. " : ""}End this conversation?`,
    endYes: "End it",
    endNo: "Keep writing",
    reconnecting: "Reconnecting…",
    offline: "You seem to be offline. We’ll reconnect by ourselves.",
    lost: "Your earlier conversation is no longer kept, so this is a new one.",
    unsent: "Not sent.",
    retry: "Try again",
    unreachable: "We couldn’t be reached.",
    tooLong: (over) => `${over.toLocaleString("en")} ${over === 1 ? "character" : "characters"} too long`,
    counter: (count) => `${count.toLocaleString("en")} of ${MAX_CHARACTERS.toLocaleString("en")} characters`,
    unread: (count) => `${count} new ${count === 1 ? "message" : "messages"}`,
    newer: "New messages",
    typing: (name) => `${name || "The assistant"} is writing…`,
    ticks: {
      sending: "Sending", accepted: "Delivered", answered: "Answered", forwarded: "Passed on to our team",
      failed: "Delivered. A person will look at it.",
    },
    senders: { customer: "You", bot: "Assistant", agent: "A person from our team", system: "Note" },
  };

  // ── Small tools ─────────────────────────────────────────────────────────────────────────────────

  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const backoff = (failures) => Math.min(15_000, 500 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2);
  const countCharacters = (text) => (text.length < COUNTER_FROM ? text.length : [...text].length);

  /** A random UUID; crypto.randomUUID is missing on pages without https. */
  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** Black or white, whichever reads better on the colour (relative luminance as in WCAG 2). */
  function inkOn(colour) {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    return luminance > 0.179 ? "#14141a" : "#ffffff";
  }

  const LINK = /\bhttps?:\/\/[^\s<>"]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:[a-z0-9-]+\.)+[a-z]{2,}\/[^\s<>"]+/gi;

  function hrefOf(written) {
    if (/^https?:/i.test(written)) return written;
    return written.includes("/") ? `https://${written}` : `mailto:${written}`;
  }

  /** Splits text into plain strings and links ({text, href}); punctuation after a link stays outside it. */
  function linkParts(text) {
    const parts = [];
    let from = 0;
    for (const match of text.matchAll(LINK)) {
      const written = match[0].replace(/[.,;:!?'”’)\]]+$/, "");
      parts.push(text.slice(from, match.index), { text: written, href: hrefOf(written) });
      from = match.index + written.length;
    }
    parts.push(text.slice(from));
    return parts.filter(Boolean);
  }

  // ── The API ─────────────────────────────────────────────────────────────────────────────────────

  /** A call that was refused (status, and the server's sentence) or didn't arrive (status 0). */
  class ApiError extends Error {
    constructor(status, message, retryAfter = 0) {
      super(message);
      this.status = status;
      this.retryAfter = retryAfter;
    }

    static async from(response) {
      const body = await response.json().catch(() => ({}));
      const wait = Number(response.headers.get("Retry-After")) || 0;
      return new ApiError(response.status, body.error?.message || WORDS.unreachable, wait);
    }

    get lost() { return this.status === 401 || this.status === 404; }
    get passing() { return this.status === 0 || this.status === 429 || this.status >= 500; }
  }

  class Api {
    constructor(server) { this.base = new URL("api/conversations", server).href; }

    async start() {
      const made = await this.call("POST", "", { body: {} });
      return { id: made.conversation_id, token: made.token };
    }

    /** Says who is signed in on the page. */
    async identify(conversation, identity) {
      await this.call("POST", "/identity", { conversation, body: { token: identity } }).catch((error) => {
        console.warn(`The chat does not know who is signed in: ${error.message}`);
        throw error;
      });
      conversation.identified = true;
    }

    send(conversation, message) { return this.call("POST", "/messages", { conversation, body: message }); }
    history(conversation, after) { return this.call("GET", `/messages?after=${after}`, { conversation }); }
    close(conversation) { return this.call("POST", "/close", { conversation, body: {} }); }
    backToBot(conversation) { return this.call("POST", "/back-to-bot", { conversation, body: {} }); }
    typing(conversation, typing) { return this.call("POST", "/typing", { conversation, body: { typing } }); }
    contact(conversation, contact) { return this.call("POST", "/contact", { conversation, body: contact }); }
    rate(conversation, rating) { return this.call("POST", "/rating", { conversation, body: rating }); }

    async call(method, path, options) {
      const signal = AbortSignal.timeout(CALL_TIMEOUT_MS);
      const response = await this.request(method, path, { ...options, signal });
      return response.json().catch(() => { throw new ApiError(0, WORDS.unreachable); });
    }

    async request(method, path, { conversation, body, headers = {}, signal }) {
      const url = this.base + (conversation ? `/${encodeURIComponent(conversation.id)}` : "") + path;
      if (conversation) headers.Authorization = `Bearer ${conversation.token}`;
      if (body) headers["Content-Type"] = "application/json";
      const settings = { method, headers, signal, credentials: "omit", cache: "no-store" };
      if (body) settings.body = JSON.stringify(body);
      const response = await fetch(url, settings).catch(() => { throw new ApiError(0, WORDS.unreachable); });
      if (!response.ok) throw await ApiError.from(response);
      return response;
    }

    /** Reads the conversation's stream until it ends, falls silent or is let go. */
    async follow(conversation, after, signal, onEvent) {
      const line = new AbortController();
      const stop = () => line.abort();
      signal.addEventListener("abort", stop);
      let silence = setTimeout(stop, SILENCE_MS);
      const heard = () => { clearTimeout(silence); silence = setTimeout(stop, SILENCE_MS); };
      try {
        const headers = { Accept: "text/event-stream", "Last-Event-ID": String(after) };
        const response = await this.request("GET", "/events", { conversation, headers, signal: line.signal });
        await readEvents(response.body.getReader(), heard, onEvent);
      } finally {
        clearTimeout(silence);
        signal.removeEventListener("abort", stop);
        line.abort();
      }
    }
  }

  /** Server-sent events from a byte stream: calls onEvent(type, data) for each whole event. */
  async function readEvents(reader, heard, onEvent) {
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const blocks = (rest + decoder.decode(value, { stream: true })).replace(/\r\n?/g, "\n").split("\n\n");
      rest = blocks.pop();
      blocks.forEach((block) => readBlock(block, onEvent));
    }
  }

  function readBlock(block, onEvent) {
    const fields = { event: "message", data: [] };
    for (const line of block.split("\n")) {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) || [];
      if (name === "data") fields.data.push(value);
      else if (name === "event") fields.event = value;
    }
    if (fields.data.length) onEvent(fields.event, JSON.parse(fields.data.join("\n")));
  }

  // ── What is remembered ──────────────────────────────────────────────────────────────────────────

  /** The conversation's id and token for a day (all tabs); what was not sent yet and "open" for this tab. */
  class Memory {
    constructor(server) { this.key = `switchboard-chat:${server}`; }

    load() {
      const record = this.read("localStorage", "");
      return record && Date.now() - record.used < REMEMBER_MS ? record : null;
    }

    /** Keeps the conversation, and what another tab has noted of it. */
    save(record) {
      const kept = this.load();
      const noted = kept?.id === record?.id && kept;
      this.write("localStorage", "", record && { ...noted, ...record, used: Date.now() });
    }

    get unsent() { return this.read("sessionStorage", ":unsent") || []; }
    set unsent(entries) { this.write("sessionStorage", ":unsent", entries.length ? entries : null); }
    get open() { return this.read("sessionStorage", ":open") === true; }
    set open(open) { this.write("sessionStorage", ":open", open || null); }

    /** Calls back when another tab has started, ended or forgotten a conversation. */
    watch(changed) {
      window.addEventListener("storage", (event) => {
        if (event.key === this.key || event.key === null) changed();
      });
    }

    // A browser may forbid storage; the chat then works for as long as the page is open.
    read(area, name) {
      try { return JSON.parse(window[area].getItem(this.key + name)); } catch { return null; }
    }

    write(area, name, value) {
      try {
        if (value === null) window[area].removeItem(this.key + name);
        else window[area].setItem(this.key + name, JSON.stringify(value));
      } catch { /* nothing to keep it in */ }
    }
  }

  /** The conversation that the page's address opens, as links in our mails do; what opens it leaves the address bar. */
  function takeLink() {
    const [, token, id] = /^#chat=(([0-9a-f-]{36})\.\d+\.[\w-]+)$/.exec(window.location.hash) || [];
    if (!token) return null;
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
    return { id, token, linked: true };
  }

  // ── The conversation ────────────────────────────────────────────────────────────────────────────

  /**
   * What was said, by number (`seq`), and what is on its way. The server's stream is the truth; a message
   * of this tab is shown at once and takes its number when the server has accepted it.
   */
  class Conversation {
    constructor(api, memory, { identity, changed, forgotten }) {
      Object.assign(this, { api, memory, identity, changed, forgotten, outbox: [], notice: "" });
      this.forget();
      this.watchPage();
    }

    forget() {
      this.stream?.abort();
      this.stream = null;
      this.record = null;
      this.unsure = false; // whether it is this visitor's
      this.messages = new Map(); // seq → message
      this.lastSeq = 0; // the newest the server has sent us
      this.seen = 0;
      this.pending = new Set();
      this.holder = "bot";
      this.team = null;
      this.about = {}; // the rest of the server's state: agent, place, open, reference, rating, …
      this.connected = true;
      this.stopTyping();
      this.forgotten();
    }

    get list() { return [...this.messages.values()].sort((one, other) => one.seq - other.seq); }
    get empty() { return !this.outbox.length && !this.list.some((each) => each.sender === "customer"); }
    get unread() { return this.list.filter((each) => each.seq > this.seen && each.sender !== "customer").length; }
    get answering() { return this.holder === "bot" && [...this.pending].some((seq) => !this.hasReply(seq)); }
    get withPeople() { return this.holder === "queue" || this.holder === "agent"; }
    get answered() { return this.list.some((each) => each.sender === "bot" || each.sender === "agent"); }

    hasReply(seq, sender) {
      return this.list.some((each) => each.in_reply_to === seq && (!sender || each.sender === sender));
    }

    // Beginning and ending

    /** Takes up a link's conversation or the remembered one, and what this tab had not sent before a reload. */
    resume(linked) {
      this.outbox = this.memory.unsent.map((entry) => ({ ...entry, status: "unsent", earlier: true }));
      if (linked) this.takeUp(linked);
      else this.adopt(this.recall(), true);
    }

    /** A link's conversation; the token that began it is kept where it is known, for it doesn't expire. */
    takeUp(linked) {
      if (linked.id !== this.recall()?.id) this.memory.save(linked);
      this.adopt(this.memory.load() || linked, true);
    }

    adopt(record, unsure = false) {
      if (record?.id === this.record?.id) return this.sawElsewhere(record);
      this.forget();
      Object.assign(this, { record, unsure });
      this.seen = record?.seen || 0;
      this.changed();
      this.listen();
    }

    sawElsewhere(record) {
      if (!record || (record.seen || 0) <= this.seen) return;
      this.seen = record.seen;
      this.changed();
    }

    /** The conversation to send into: ours, another tab's, or a new one. */
    async ensure() {
      if (!this.record) this.adopt(this.memory.load());
      await this.check();
      if (!this.record) {
        const made = await this.api.start();
        if (this.identity) await this.api.identify(made, this.identity).catch(() => {}); // nobody is kept from writing
        this.memory.save(made);
        this.adopt(made, !made.identified);
      }
      return this.record;
    }

    async end() {
      if (this.record) await this.api.close(this.record);
      this.holder = "closed";
      this.changed();
    }

    // Whose it is

    /** What is remembered, but not the conversation of somebody who has signed out since. */
    recall() {
      const record = this.memory.load();
      if (!record?.identified || this.identity) return record;
      this.putAway();
      return null;
    }

    /** On the page somebody has signed in, or out (an empty token), or their token was renewed. */
    signedIn(identity) {
      this.identity = identity;
      for (const entry of this.outbox) entry.earlier = true;
      if (!identity && this.record?.identified) return this.putAway();
      this.unsure = true;
      this.letGo();
      if (!document.hidden) this.listen();
    }

    /**
     * Asks the server whether a conversation from before is the visitor's who is signed in now; it is forgotten if not.
     * One that was somebody's is neither shown nor written into until there is an answer.
     */
    async check() {
      const { record, identity } = this;
      if (!record || record.linked || !identity || !this.unsure) return; // a link signs nobody in
      const known = record.identified;
      const error = await this.api.identify(record, identity).then(() => null, (refused) => refused);
      if (record !== this.record || identity !== this.identity) return;
      if (error?.lost || (error?.passing && known)) throw error;
      this.unsure = Boolean(error?.passing);
      if (!error && !known) this.memory.save({ ...record, seen: this.seen });
      if (error?.status === 409 || (error && known)) this.putAway();
    }

    /** Forgets the conversation of another visitor, and what was written before and not sent. */
    putAway() {
      this.outbox = this.outbox.filter((entry) => !entry.earlier);
      this.notice = "";
      this.memory.save(null);
      this.forget();
      this.outboxChanged();
    }

    // With people

    async backToBot() {
      await this.api.backToBot(this.record);
      Object.assign(this, { holder: "bot", team: null });
      this.changed();
    }

    async leaveContact(email, message) {
      const { record } = this;
      const { reference } = await this.api.contact(record, { email, message: message || null, client_message_id: uuid() });
      Object.assign(this.about, { reference, contact: this.about.contact || email });
      this.changed();
    }

    async rate(score, comment) {
      await this.api.rate(this.record, { score, comment: comment || null });
      this.about.rating = score;
      this.changed();
    }

    /** Something was typed: people are told, but not with each key. */
    typed() {
      if (!this.record || !this.withPeople) return;
      clearTimeout(this.typingEnds);
      this.typingEnds = setTimeout(() => this.stopTyping(true), 2 * TYPING_MS);
      if (Date.now() - (this.saidTyping || 0) < TYPING_MS) return;
      this.saidTyping = Date.now();
      this.api.typing(this.record, true).catch(() => {});
    }

    stopTyping(tell = false) {
      clearTimeout(this.typingEnds);
      if (tell && this.saidTyping && this.record) this.api.typing(this.record, false).catch(() => {});
      this.saidTyping = 0;
    }

    /** Ends this conversation, if it hasn't ended, and clears the table. Returns what was not sent. */
    startAnew() {
      if (this.record && this.holder !== "closed") this.api.close(this.record).catch(() => {});
      const unsent = this.outbox.map((entry) => entry.text).join("\n");
      this.outbox = [];
      this.notice = "";
      this.memory.unsent = [];
      this.memory.save(null);
      this.forget();
      this.changed();
      return unsent;
    }

    /** The server no longer knows this conversation: the next message begins another. */
    lose() {
      if (this.messages.size || this.record?.linked) this.notice = WORDS.lost;
      if (this.memory.load()?.id === this.record?.id) this.memory.save(null);
      this.forget();
      this.changed();
    }

    // Sending

    send(text) {
      this.stopTyping();
      this.enqueue({ text }, text);
    }

    press(button) { this.enqueue({ button: button.id }, button.title); }

    enqueue(body, text) {
      this.outbox.push({ id: uuid(), body, text, status: "sending", at: new Date().toISOString(), after: this.lastSeq });
      this.drain();
    }

    retry(entry) {
      Object.assign(entry, { status: "sending", error: "" });
      this.drain();
    }

    /** Sends what waits, one after the other, so that the order stays. */
    async drain() {
      this.outboxChanged();
      if (this.draining) return;
      this.draining = true;
      for (let entry; (entry = this.outbox.find((each) => each.status === "sending"));) await this.deliver(entry);
      this.draining = false;
      this.changed();
    }

    async deliver(entry) {
      for (let attempt = 1; this.outbox.includes(entry); attempt++) {
        let record = null;
        try {
          record = await this.ensure();
          if (!this.outbox.includes(entry)) return;
          const { seq } = await this.api.send(record, { client_message_id: entry.id, ...entry.body });
          return record === this.record ? this.accepted(entry, seq) : this.leaveOutbox(entry);
        } catch (error) {
          if (error.lost) this.beginAgain(entry, record);
          if (!(error.passing || error.lost) || attempt === SEND_TRIES) return this.refused(entry, error);
          if (!error.lost) await pause(error.retryAfter * 1000 || backoff(attempt));
        }
      }
    }

    /** A button belongs to the conversation it was offered in; in a new one its title says the same. */
    beginAgain(entry, lost) {
      if (lost === this.record) this.lose();
      Object.assign(entry, { body: { text: entry.text }, after: 0 });
    }

    accepted(entry, seq) {
      this.leaveOutbox(entry);
      const { text, at } = entry;
      const known = this.messages.get(seq);
      this.messages.set(seq, { seq, sender: "customer", text, at, buttons: [], outcome: null, ...known, key: entry.id });
      if (!known && !this.hasReply(seq)) this.pending.add(seq);
      this.memory.save({ ...this.record, seen: this.seen });
      this.wake?.(); // the server is there: no need to wait before listening again
      this.settle();
      this.changed();
    }

    refused(entry, error) {
      if (error.status === 409) this.holder = "closed";
      Object.assign(entry, { status: "unsent", error: error.message });
      this.outboxChanged();
    }

    leaveOutbox(entry) {
      this.outbox = this.outbox.filter((each) => each !== entry);
      this.outboxChanged();
    }

    outboxChanged() {
      this.memory.unsent = this.outbox;
      this.changed();
    }

    // Receiving

    /** Keeps the stream alive for as long as there is a conversation and somebody to see it. */
    async listen() {
      if (this.stream || !this.record) return;
      const stream = (this.stream = new AbortController());
      const { record } = this;
      for (let failures = 0; !stream.signal.aborted;) {
        let wait = 0;
        try {
          await this.check();
          if (stream.signal.aborted) return;
          if (!this.lastSeq) await this.refresh(0);
          if (stream.signal.aborted) return;
          const read = Math.min(this.seen, this.lastSeq); // to resume there is to say so: what is unread is sent again
          await this.api.follow(record, read, stream.signal, (type, data) => {
            failures = 0;
            if (!stream.signal.aborted) this.received(type, data);
          });
        } catch (error) {
          if (stream.signal.aborted) return;
          if (error.lost) return this.lose();
          wait = (error.retryAfter || 0) * 1000;
        }
        if (stream.signal.aborted) return;
        this.setConnected(false);
        await this.rest(Math.max(wait, backoff(++failures)));
      }
    }

    /** Waits, but not after the network has come back. */
    rest(ms) {
      return Promise.race([pause(ms), new Promise((resolve) => { this.wake = resolve; })]);
    }

    setConnected(connected) {
      if (this.connected === connected) return;
      this.connected = connected;
      this.about.typing = null;
      this.changed();
    }

    received(type, data) {
      this.connected = true;
      if (type === "message") this.take(data);
      if (type === "state") this.takeState(data);
      if (this.holder === "closed" && !this.pending.size) this.letGo();
      this.changed();
    }

    /**
     * A message that is there already (same seq) is brought up to date, never repeated. Whether it is still pending, the
     * state says: an answer that comes late doesn't know.
     */
    take(message) {
      const known = this.messages.get(message.seq);
      const claimed = !known && message.sender === "customer" && this.claim(message);
      const outcome = message.outcome || known?.outcome || null;
      const key = known?.key || claimed || `seq-${message.seq}`;
      this.messages.set(message.seq, { ...known, ...message, outcome, key });
      this.lastSeq = Math.max(this.lastSeq, message.seq);
      if (!known && message.sender === "agent") this.about.typing = null;
      if (outcome) this.pending.delete(message.seq);
      else if (!known && message.sender === "customer" && !this.hasReply(message.seq)) this.pending.add(message.seq);
    }

    /** The stream may bring our own message before the call that sent it returns, or after it was lost. */
    claim(message) {
      const entry = this.outbox.find((each) => each.text === message.text && message.seq > each.after);
      if (entry) this.leaveOutbox(entry);
      return entry?.id;
    }

    takeState({ holder, team, pending, ...about }) {
      const onTheWay = [...this.pending].filter((seq) => seq > this.lastSeq);
      Object.assign(this, { holder, team, about });
      this.pending = new Set([...pending, ...onTheWay]);
      this.settle();
    }

    /** Messages that left `pending` have an outcome: with the bot's reply it is known, otherwise we ask, until we know. */
    settle() {
      const done = this.list.filter((each) =>
        each.sender === "customer" && !each.outcome && !this.pending.has(each.seq) && each.seq <= this.lastSeq);
      for (const message of done) if (this.hasReply(message.seq, "bot")) message.outcome = "answered";
      const unclear = done.find((each) => !each.outcome);
      if (!unclear) return;
      if (this.refreshing) this.unsettled = true; // what is on its way may have been read before the outcome was there
      else this.refresh(Math.min(unclear.seq - 1, this.seen)).catch(() => this.settleLater());
    }

    async settleLater() {
      const { record } = this;
      await pause(SETTLE_MS);
      if (record === this.record) this.settle();
    }

    async refresh(after) {
      if (this.refreshing) return;
      this.refreshing = true;
      const { record } = this;
      const first = !this.lastSeq;
      try {
        const { messages, holder, team, pending, ...about } = await this.api.history(record, after);
        if (record !== this.record) return;
        if (first) Object.assign(this, { holder, team, about });
        messages.forEach((message) => this.take(message));
        this.changed();
      } finally {
        this.refreshing = false;
        if (this.unsettled) {
          this.unsettled = false;
          this.settle();
        }
      }
    }

    /** Hidden for long: let go of the line (a browser has few). Seen or online again: take it up. */
    watchPage() {
      let hidden = 0;
      document.addEventListener("visibilitychange", () => {
        clearTimeout(hidden);
        if (document.hidden) hidden = setTimeout(() => this.letGo(), HIDDEN_MS);
        else this.listen();
      });
      window.addEventListener("online", () => { this.wake?.(); this.listen(); this.changed(); });
      window.addEventListener("offline", () => this.changed());
      this.memory.watch(() => this.adopt(this.memory.load()));
    }

    letGo() {
      this.stream?.abort();
      this.stream = null;
    }

    markSeen() {
      if (this.lastSeq <= this.seen || !this.record) return;
      this.seen = this.lastSeq;
      this.memory.save({ ...this.record, seen: this.seen });
      if (this.about.contact && this.list.at(-1)?.sender === "agent") this.haveRead(this.record, this.seen);
    }

    /** To ask for what comes after an answer is to say that it has arrived: it needn't be mailed. */
    haveRead(record, seq) {
      clearTimeout(this.reading);
      this.reading = setTimeout(() => {
        if (!document.hidden) this.api.history(record, seq).catch(() => {});
      }, READ_MS);
    }
  }

  // ── Elements ────────────────────────────────────────────────────────────────────────────────────

  /** An element with attributes (a function is a listener) and children (strings become text, never HTML). */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children);
    return made;
  }

  const ICONS = {
    chat: ["M4 5.5h16v11H10l-4.5 4v-4H4z", "M8 9.5h8M8 12.7h5"],
    close: ["M6 6l12 12M18 6L6 18"],
    menu: ["M5 12h.01M5.4 12h.01M12 12h.01M12.4 12h.01M19 12h.01M19.4 12h.01"],
    send: ["M12 19V5M5.5 11.5L12 5l6.5 6.5"],
    down: ["M12 5v14M5.5 12.5L12 19l6.5-6.5"],
    sending: ["M12 6.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z"],
    accepted: ["M5.5 12.5l4 4 9-9"],
    handled: ["M2.5 12.5l4 4 9-9", "M11.5 15.5l1 1 9-9"],
    unsent: ["M12 6v7M12 17h.01"],
    failed: ["M12 6v7M12 17h.01"],
  };

  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const drawing = document.createElementNS(space, "svg");
    drawing.setAttribute("viewBox", "0 0 24 24");
    drawing.setAttribute("aria-hidden", "true");
    for (const d of ICONS[name]) {
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", d);
      drawing.append(path);
    }
    return drawing;
  }

  const iconButton = (name, label, click, extra = {}) =>
    element("button", { type: "button", class: "icon", "aria-label": label, title: label, click, ...extra }, icon(name));

  const textButton = (label, kind, click) => element("button", { type: "button", class: kind, click }, label);

  /** Text with its links: opened apart, told nothing about this page. */
  function richText(text) {
    return linkParts(text).map((part) => (typeof part === "string" ? part : element("a",
      { href: part.href, target: "_blank", rel: "noopener noreferrer nofollow" }, part.text)));
  }

  // ── The view ────────────────────────────────────────────────────────────────────────────────────

  class View {
    constructor(options, memory) {
      this.options = options;
      this.memory = memory;
      this.items = new Map(); // key → {node, state} of each message on the screen
      this.host = element("switchboard-chat");
      this.root = this.host.attachShadow({ mode: "open" });
      this.root.adoptedStyleSheets = [styleSheet()];
      this.build();
      this.dress();
    }

    /** Puts the chat on the page; the conversation is what the view shows and what its buttons act on. */
    attach(conversation) {
      this.conversation = conversation;
      document.body.append(this.host);
      document.addEventListener("click", (event) => this.pageClicked(event));
      document.addEventListener("visibilitychange", () => this.render());
      if (this.memory.open) this.setOpen(true);
    }

    // Building

    build() {
      this.frame = element("div", { class: "frame" }, this.buildLauncher(), this.buildPanel());
      this.root.append(this.frame);
    }

    buildLauncher() {
      this.badge = element("span", { class: "badge", hidden: true });
      this.launcher = element("button", {
        type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", click: () => this.open(this.launcher),
      }, icon("chat"), element("span", { class: "label" }, WORDS.launcher), this.badge);
      return this.launcher;
    }

    buildPanel() {
      this.panel = element("section", {
        class: "panel", role: "dialog", "aria-label": `Chat with ${this.options.title}`, hidden: true,
        keydown: (event) => this.keyPressed(event),
      }, this.buildHeader(), this.buildNotice(), this.buildLog(), this.buildStatus(), this.buildComposer());
      return this.panel;
    }

    buildHeader() {
      this.subtitle = element("p", { class: "subtitle" });
      this.menuButton = iconButton("menu", "More", () => this.toggleMenu(), { "aria-expanded": "false", "aria-controls": "menu" });
      this.endButton = textButton(WORDS.end, "item", () => this.askToEnd());
      this.mailItem = textButton(WORDS.leaveMail, "item", () => this.askForMail());
      this.menu = element("div", { class: "menu", id: "menu", hidden: true }, this.mailItem, this.endButton,
        textButton(WORDS.anew, "item", () => this.startAnew()));
      return element("header", {},
        element("span", { class: "mark", "aria-hidden": "true" }, this.options.title.slice(0, 1)),
        element("div", { class: "titles" }, element("h2", {}, this.options.title), this.subtitle),
        this.menuButton, iconButton("close", "Close chat", () => this.close()), this.menu);
    }

    buildNotice() {
      this.personButton = textButton(WORDS.person, "quiet", () => this.say(WORDS.person));
      this.noticeBar = element("div", { class: "notice" }, element("p", {}, WORDS.notice), this.personButton);
      return this.noticeBar;
    }

    buildLog() {
      this.typist = element("span", {});
      this.typing = element("div", { class: "typing", hidden: true }, this.typist, element("i"), element("i"), element("i"));
      this.welcome = this.buildWelcome();
      this.log = element("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": "Conversation", tabindex: "0",
        scroll: () => this.scrolled() }, this.welcome, this.typing);
      this.newer = element("button", { type: "button", class: "newer", hidden: true, click: () => this.toBottom() },
        icon("down"), WORDS.newer);
      return element("div", { class: "middle" }, this.log, this.newer);
    }

    buildWelcome() {
      const chips = this.options.suggestions.map((each) => textButton(each, "choice", () => this.say(each)));
      this.suggestions = element("div", { class: "choices", role: "group", "aria-label": "Questions to begin with" }, ...chips);
      const greeting = this.options.greeting || WORDS.greeting;
      return element("div", { class: "message bot" }, element("p", { class: "bubble" }, greeting), this.suggestions);
    }

    buildStatus() {
      this.state = element("p", { class: "state" });
      this.detail = element("p", { class: "detail" });
      this.link = element("p", { class: "link" });
      this.actions = element("div", { class: "actions" });
      this.statusBar = element("div", { class: "status" },
        element("div", { role: "status" }, this.state, this.detail, this.link), this.buildMail(), this.buildRating(), this.actions);
      return this.statusBar;
    }

    buildMail() {
      this.email = element("input", { id: "email", type: "email", autocomplete: "email", maxlength: "254", required: true });
      this.mailText = element("textarea", { id: "mail-text", rows: "2", dir: "auto", maxlength: String(MAX_CHARACTERS) });
      this.mailMore = element("div", { class: "more" }, element("label", { for: "mail-text" }, WORDS.request), this.mailText);
      this.mailError = element("p", { class: "error", role: "alert", hidden: true });
      this.mailForm = element("form", { class: "card", hidden: true, novalidate: true, submit: (event) => this.mailSubmitted(event) },
        element("label", { for: "email" }, WORDS.email), this.email,
        this.mailMore, this.mailError,
        element("div", { class: "row" }, element("button", { type: "submit", class: "main" }, WORDS.save),
          textButton(WORDS.notNow, "quiet", () => this.putMailAway())));
      return this.mailForm;
    }

    buildRating() {
      const scores = SCORES.map((meaning, at) => element("label", { class: "score", title: meaning },
        element("input", { type: "radio", name: "score", value: String(at + 1), "aria-label": `${at + 1}, ${meaning}` }),
        element("span", { "aria-hidden": "true" }, String(at + 1))));
      this.comment = element("textarea", { id: "comment", rows: "2", dir: "auto", maxlength: "2000" });
      this.ratingError = element("p", { class: "error", role: "alert", hidden: true });
      this.ratingForm = element("form", { class: "card", hidden: true, submit: (event) => this.ratingSubmitted(event) },
        element("fieldset", {}, element("legend", {}, WORDS.rate), element("div", { class: "scores" }, ...scores),
          element("div", { class: "scale", "aria-hidden": "true" }, element("span", {}, SCORES[0]), element("span", {}, SCORES[4]))),
        element("label", { for: "comment" }, WORDS.comment), this.comment, this.ratingError,
        element("button", { type: "submit", class: "main" }, WORDS.sendRating));
      return this.ratingForm;
    }

    buildComposer() {
      this.input = element("textarea", {
        id: "input", rows: "1", placeholder: WORDS.placeholder, "aria-describedby": "counter", autocomplete: "off",
        enterkeyhint: "send", dir: "auto", input: () => this.typedInto(), keydown: (event) => this.inputKey(event),
      });
      this.sendButton = iconButton("send", "Send", () => {}, { type: "submit", class: "send", disabled: true });
      this.counter = element("p", { class: "counter", id: "counter" });
      this.composer = element("form", { class: "composer", submit: (event) => this.submitted(event) },
        element("label", { class: "unseen", for: "input" }, "Your message"), this.input, this.sendButton, this.counter);
      return this.composer;
    }

    /** Colours, side and theme, as the script tag and the visitor's system wish. */
    dress() {
      const { accent, side, theme } = this.options;
      const system = window.matchMedia("(prefers-color-scheme: dark)");
      const choose = () => {
        this.frame.dataset.theme = theme === "auto" ? (system.matches ? "dark" : "light") : theme;
      };
      system.addEventListener("change", choose);
      choose();
      this.frame.dataset.side = side;
      if (!accent) return;
      this.frame.style.setProperty("--accent", accent);
      this.frame.style.setProperty("--on-accent", inkOn(accent));
    }

    // Opening and closing

    /** Opens for somebody who pressed `opener`, who gets the focus back in the end. */
    open(opener) {
      this.opener = opener;
      this.setOpen(true);
      this.focusInput();
    }

    close() {
      this.setOpen(false);
      (this.opener?.isConnected ? this.opener : this.launcher).focus();
    }

    setOpen(open) {
      this.panel.hidden = !open;
      this.launcher.hidden = open;
      this.launcher.setAttribute("aria-expanded", String(open));
      this.panel.setAttribute("aria-modal", String(open && this.fullScreen));
      this.frame.classList.toggle("open", open);
      this.memory.open = open;
      this.closeMenu();
      this.render();
      this.inputChanged();
      if (open) this.toBottom();
    }

    get isOpen() { return !this.panel.hidden; }
    get fullScreen() { return window.matchMedia("(max-width: 520px), (max-height: 480px)").matches; }

    focusInput() { (this.input.disabled ? this.firstAtTheEnd : this.input)?.focus(); }

    /** Where a customer goes on whose conversation has ended: the rating, or a new conversation. */
    get firstAtTheEnd() {
      return (this.ratingForm.hidden ? this.actions.querySelector("button") : this.ratingForm.querySelector("input"));
    }

    pageClicked(event) {
      const asked = event.target.closest?.("[data-chat-open], [data-chat-ask]");
      if (!asked) {
        if (!event.composedPath().includes(this.host)) this.closeMenu();
        return;
      }
      event.preventDefault();
      this.open(asked);
      if (asked.dataset.chatAsk) this.write(asked.dataset.chatAsk);
    }

    keyPressed(event) {
      if (event.key === "Tab" && this.fullScreen) this.keepFocusInside(event);
      if (event.key !== "Escape") return;
      event.stopPropagation();
      if (this.menu.hidden) return this.close();
      this.closeMenu();
      this.menuButton.focus();
    }

    /** On a phone the chat covers the page, so Tab goes round inside it. */
    keepFocusInside(event) {
      const stops = [...this.panel.querySelectorAll("button, input, textarea, a, [tabindex]")]
        .filter((each) => !each.disabled && each.getClientRects().length);
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      if (this.root.activeElement !== edge) return;
      event.preventDefault();
      (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
    }

    // The menu

    toggleMenu() {
      this.menu.hidden = !this.menu.hidden;
      this.menuButton.setAttribute("aria-expanded", String(!this.menu.hidden));
      if (!this.menu.hidden) this.menu.querySelector("button:not([hidden])").focus();
    }

    closeMenu() {
      this.menu.hidden = true;
      this.menuButton.setAttribute("aria-expanded", "false");
    }

    askToEnd() {
      this.closeMenu();
      this.askingMail = false;
      this.confirming = true;
      this.endFailed = false;
      this.render();
      this.actions.querySelector("button").focus();
    }

    async end() {
      this.confirming = false;
      this.endFailed = false;
      await this.conversation.end().catch(() => { this.confirming = this.endFailed = true; });
      this.render();
      this.focusInput();
    }

    keepWriting() {
      this.confirming = false;
      this.render();
      this.focusInput();
    }

    startAnew() {
      this.closeMenu();
      this.confirming = false;
      const unsent = this.conversation.startAnew();
      if (unsent) this.write(unsent);
      this.focusInput();
    }

    // People

    async backToBot() {
      this.problem = "";
      await this.conversation.backToBot().catch((error) => { this.problem = error.message; });
      this.render();
      this.focusInput();
    }

    askForMail() {
      this.closeMenu();
      Object.assign(this, { askingMail: true, confirming: false });
      this.render();
      this.toBottom();
      this.email.focus();
    }

    putMailAway() {
      Object.assign(this, { askingMail: false, mailPutAway: true });
      this.render();
      this.focusInput();
    }

    async mailSubmitted(event) {
      event.preventDefault();
      if (!this.email.value.trim() || !this.email.checkValidity()) return this.refuseMail(WORDS.badMail);
      try {
        await this.conversation.leaveContact(this.email.value.trim(), this.mailText.value.trim());
      } catch (error) {
        return this.refuseMail(error.message);
      }
      this.mailText.value = "";
      this.setText(this.mailError, "");
      this.email.removeAttribute("aria-invalid");
      this.putMailAway();
    }

    refuseMail(why) {
      this.setText(this.mailError, why);
      this.email.setAttribute("aria-invalid", "true");
      this.email.focus();
    }

    async ratingSubmitted(event) {
      event.preventDefault();
      const chosen = this.ratingForm.querySelector(":checked");
      if (!chosen) return this.setText(this.ratingError, WORDS.chooseScore);
      try {
        await this.conversation.rate(Number(chosen.value), this.comment.value.trim());
        this.setText(this.ratingError, "");
      } catch (error) {
        return this.setText(this.ratingError, error.message);
      }
      this.focusInput();
    }

    putFormsBack() {
      Object.assign(this, { askingMail: false, mailPutAway: false, problem: "" });
      this.mailForm.reset();
      this.ratingForm.reset();
      for (const each of [this.mailError, this.ratingError]) this.setText(each, "");
    }

    // Writing

    typedInto() {
      this.inputChanged();
      if (this.input.value.trim()) this.conversation.typed();
    }

    write(text) {
      this.input.value = text;
      this.inputChanged();
      this.input.focus();
    }

    say(text) {
      this.conversation.send(text);
      this.toBottom();
      this.focusInput();
    }

    submitted(event) {
      event.preventDefault();
      const text = this.input.value.trim();
      if (!text || countCharacters(text) > MAX_CHARACTERS || this.input.disabled) return;
      this.input.value = "";
      this.inputChanged();
      this.say(text);
    }

    inputKey(event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submitted(event);
    }

    inputChanged() {
      const count = countCharacters(this.input.value.trim());
      const over = count - MAX_CHARACTERS;
      this.counter.textContent = over > 0 ? WORDS.tooLong(over) : count >= COUNTER_FROM ? WORDS.counter(count) : "";
      this.counter.classList.toggle("over", over > 0);
      this.sendButton.disabled = !count || over > 0 || this.input.disabled;
      this.input.style.height = "auto";
      if (this.input.scrollHeight) this.input.style.height = `${Math.min(this.input.scrollHeight, 132)}px`;
    }

    // Showing

    render() {
      if (!this.conversation) return;
      const atBottom = this.nearBottom;
      if (this.isOpen && !document.hidden) this.conversation.markSeen();
      this.renderMessages();
      this.renderHolder();
      this.renderLink();
      this.renderBadge();
      if (atBottom) this.toBottom();
      else this.newer.hidden = this.nearBottom;
    }

    /** Adds, moves and updates only what changed, so that a screen reader hears each message once. */
    renderMessages() {
      const entries = this.entries();
      const keys = new Set(entries.map((entry) => entry.key));
      for (const [key, item] of this.items) {
        if (keys.has(key)) continue;
        item.node.remove();
        this.items.delete(key);
      }
      let before = this.welcome;
      for (const entry of entries) {
        const node = this.itemFor(entry);
        if (before.nextSibling !== node) before.after(node);
        before = node;
      }
      this.renderTyping();
      this.suggestions.hidden = !this.conversation.empty || this.conversation.holder !== "bot";
    }

    renderTyping() {
      const { answering, about, holder } = this.conversation;
      const name = holder === "agent" ? about.typing : "";
      const text = WORDS.typing(name);
      this.typist.className = name ? "" : "unseen";
      if (this.typist.textContent !== text) this.typist.textContent = text;
      this.typing.hidden = !answering && !name;
    }

    /** What is on the screen, in order: what was said, then what is on its way. */
    entries() {
      const { conversation } = this;
      const said = conversation.list;
      const last = said[said.length - 1];
      const open = conversation.holder === "bot" && !conversation.outbox.length;
      const notice = conversation.notice ? [{ key: "notice", sender: "system", text: conversation.notice, buttons: [] }] : [];
      return [
        ...notice,
        ...said.map((each) => ({ ...each, live: open && each === last, status: this.statusOf(each) })),
        ...conversation.outbox.map((each) => ({ ...each, key: each.id, sender: "customer", buttons: [], entry: each })),
      ].map((each, at, all) => ({ ...each, ends: all[at + 1]?.sender !== each.sender }));
    }

    statusOf(message) {
      if (message.sender !== "customer") return "";
      if (message.outcome === "failed") return "failed";
      return message.outcome ? "handled" : "accepted";
    }

    /** The entry's node; words already on the screen stay untouched, so nothing is read out twice. */
    itemFor(entry) {
      const item = this.items.get(entry.key) || this.newItem(entry);
      const state = [entry.text, entry.status, entry.outcome, entry.live, entry.ends, entry.error].join("\u0000");
      if (item.state !== state) this.update(item, entry);
      item.state = state;
      return item.node;
    }

    newItem(entry) {
      const sender = element("span", { class: entry.sender === "agent" ? "name" : "unseen" }, entry.agent || WORDS.senders[entry.sender],
        element("span", { class: "unseen" }, ": "));
      const item = {
        bubble: element("p", { class: "bubble", dir: "auto" }),
        choices: this.choices(entry.buttons || []),
        foot: element("div", { class: "foot", "aria-live": "off" }),
      };
      item.node = element("div", {}, sender, item.bubble, ...item.choices, item.foot);
      this.items.set(entry.key, item);
      return item;
    }

    update(item, entry) {
      const { node, bubble, choices, foot } = item;
      const focused = node.contains(this.root.activeElement);
      node.className = `message ${entry.sender}${entry.ends ? " ends" : ""}`;
      if (entry.status) node.dataset.status = entry.status;
      if (bubble.textContent !== entry.text) bubble.replaceChildren(...richText(entry.text));
      for (const group of choices) for (const button of group.children) button.disabled = !entry.live;
      foot.replaceChildren(entry.status === "unsent" ? this.unsentLine(entry) : this.metaLine(entry));
      const active = this.root.activeElement;
      if (focused && (!node.contains(active) || active.disabled)) this.focusInput();
    }

    choices(buttons) {
      if (!buttons.length) return [];
      const made = buttons.map((button) => textButton(button.title, "choice", () => this.pressed(button)));
      return [element("div", { class: "choices", role: "group", "aria-label": "Choices" }, ...made)];
    }

    pressed(button) {
      this.conversation.press(button);
      this.toBottom();
      this.focusInput();
    }

    metaLine({ sender, status, outcome, at, ends }) {
      if (sender === "system" || !(status || ends)) return "";
      const time = new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
      const line = element("p", { class: "meta" });
      if (ends) line.append(element("time", { datetime: at }, time));
      if (status) {
        const label = WORDS.ticks[outcome || status];
        line.append(element("span", { class: "tick", role: "img", "aria-label": label, title: label }, icon(status)));
      }
      return line;
    }

    unsentLine({ entry, error }) {
      return element("p", { class: "meta unsent", role: "alert" }, icon("unsent"), `${WORDS.unsent} ${error || ""} `,
        textButton(WORDS.retry, "retry", () => this.conversation.retry(entry)));
    }

    renderHolder() {
      const { holder, about, record, withPeople } = this.conversation;
      const closed = holder === "closed";
      this.frame.dataset.holder = holder;
      this.subtitle.textContent = (holder === "agent" && about.agent) || WORDS.subtitle[holder];
      this.noticeBar.hidden = holder !== "bot";
      this.endButton.hidden = closed || !record;
      this.mailItem.hidden = !withPeople;
      this.composer.hidden = closed;
      this.input.disabled = closed;
      if (closed) this.confirming = false;
      this.setText(this.state, this.confirming ? WORDS.endSure(this.endFailed) : this.stateText());
      this.setText(this.detail, this.confirming ? "" : this.detailText());
      this.renderForms();
      this.renderActions();
    }

    stateText() {
      const { holder, team, about } = this.conversation;
      if (holder === "queue" && about.open === false) return this.awayText();
      return { queue: WORDS.queue(team), agent: WORDS.agent(about.agent, team), closed: WORDS.closed }[holder] || "";
    }

    /** Below the state: place and expected wait; reference and address. */
    detailText() {
      const { holder, about } = this.conversation;
      if (holder === "closed") return about.rating ? WORDS.thanks : "";
      if (holder !== "queue") return "";
      return [this.problem, ...(about.open === false ? [!about.contact && WORDS.mailMe] : this.placeTexts()),
        about.reference && (about.contact || about.open === false) && WORDS.reference(about.reference),
        about.contact && WORDS.contact(about.contact)].filter(Boolean).join(" ");
    }

    placeTexts() {
      const { place } = this.conversation.about;
      if (!place) return [];
      const minutes = Math.round(place.expected_seconds / 60) || 1;
      return [place.position === 1 ? WORDS.next : WORDS.place(place.position),
        place.expected_seconds && WORDS.expected(minutes)];
    }

    awayText() {
      const { opens_at: opens } = this.conversation.about;
      const far = opens && new Date(opens) - Date.now() > 6 * 24 * 3600 * 1000;
      const form = { weekday: "long", hour: "numeric", minute: "2-digit", ...(far && { day: "numeric", month: "long" }) };
      return WORDS.away(opens && new Date(opens).toLocaleString([], form));
    }

    renderForms() {
      const { holder, about, answered, withPeople } = this.conversation;
      const byItself = holder === "queue" && about.open === false && !about.contact && !this.mailPutAway;
      const shown = withPeople && !this.confirming && (this.askingMail || byItself);
      const appears = shown && this.mailForm.hidden;
      this.mailForm.hidden = !shown;
      this.mailMore.hidden = about.open !== false;
      this.ratingForm.hidden = !(holder === "closed" && answered && !about.rating);
      if (appears) this.setText(this.mailError, "");
    }

    renderActions() {
      const { holder, about } = this.conversation;
      const mailShown = !this.mailForm.hidden;
      const wanted = holder === "closed" ? "anew" : this.confirming ? "confirm" : holder === "queue" ? "wait" : "";
      const name = wanted === "wait" ? `wait ${mailShown} ${Boolean(about.contact)}` : wanted;
      if (this.actions.dataset.shown === name) return;
      this.actions.dataset.shown = name;
      const had = this.actions.contains(this.root.activeElement);
      this.actions.replaceChildren(...this.actionButtons(wanted, mailShown, about.contact));
      if (had && !this.actions.contains(this.root.activeElement)) this.focusInput();
    }

    actionButtons(wanted, mailShown, contact) {
      const buttons = {
        anew: () => [textButton(WORDS.anew, "main", () => this.startAnew())],
        confirm: () => [textButton(WORDS.endYes, "main", () => this.end()), textButton(WORDS.endNo, "quiet", () => this.keepWriting())],
        wait: () => [textButton(WORDS.back, "quiet", () => this.backToBot()),
          ...(mailShown ? [] : [textButton(contact ? WORDS.changeMail : WORDS.leaveMail, "quiet", () => this.askForMail())]),
          textButton(WORDS.cancel, "quiet", () => this.askToEnd())],
      };
      return buttons[wanted]?.() || [];
    }

    /** A short interruption passes unseen; only a longer one gets its line. */
    renderLink() {
      if (this.conversation.connected && navigator.onLine) {
        clearTimeout(this.linkTimer);
        this.linkTimer = 0;
        this.setText(this.link, "");
      } else if (!this.linkTimer) {
        this.linkTimer = setTimeout(() => this.showLink(), CALM_MS);
      } else if (this.link.textContent) this.showLink();
    }

    showLink() {
      this.setText(this.link, navigator.onLine ? WORDS.reconnecting : WORDS.offline);
      if (this.nearBottom) this.toBottom();
    }

    setText(node, text) {
      if (node.textContent !== text) node.textContent = text;
      node.hidden = !text;
    }

    renderBadge() {
      const { unread } = this.conversation;
      this.badge.hidden = !unread;
      this.badge.replaceChildren(String(unread), element("span", { class: "unseen" }, ` (${WORDS.unread(unread)})`));
    }

    get nearBottom() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 48; }
    scrolled() { if (this.nearBottom) this.newer.hidden = true; }

    toBottom() {
      this.log.scrollTop = this.log.scrollHeight;
      this.newer.hidden = true;
    }
  }

  // ── Styles ──────────────────────────────────────────────────────────────────────────────────────

  function styleSheet() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    return sheet;
  }

  const STYLES = `
    :host { all: initial !important; }
    .frame {
      --accent: #4a4e9c; --on-accent: #fff; --surface: #fffdf9; --sunken: #f6f1e8; --bubble: #efe9dd;
      --ink: #2a2833; --soft: #625d6b; --line: #e0d8c9; --strong-line: #8b8492; --warn: #a3321f; --shade: 40 30 20;
      position: fixed; z-index: 2147483000; bottom: 20px; right: 20px;
      font: 400 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
      color: var(--ink); text-align: start;
    }
    .frame[data-side="left"] { right: auto; left: 20px; }
    .frame[data-theme="dark"] {
      --accent: #a9acf2; --on-accent: #17161f; --surface: #211f28; --sunken: #191820; --bubble: #322f3c;
      --ink: #f1ede6; --soft: #b9b2bf; --line: #3b3746; --strong-line: #837c90; --warn: #ff9c86; --shade: 0 0 0;
    }
    * { box-sizing: border-box; margin: 0; }
    [hidden] { display: none !important; }
    .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    button, textarea, input { font: inherit; color: inherit; }
    button { cursor: pointer; border: 0; background: none; }
    button:disabled { cursor: default; }
    svg { width: 22px; height: 22px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; flex: none; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

    .launcher {
      position: relative; display: flex; align-items: center; gap: 10px; min-height: 56px; padding: 0 22px 0 18px;
      border-radius: 28px; background: var(--accent); color: var(--on-accent); font-weight: 600;
      box-shadow: 0 6px 22px rgb(var(--shade) / .28); transition: transform .18s ease, box-shadow .18s ease;
    }
    .launcher:hover { transform: translateY(-2px); box-shadow: 0 10px 28px rgb(var(--shade) / .34); }
    .launcher:focus-visible { outline-offset: 3px; }
    .badge {
      position: absolute; top: -6px; right: -4px; min-width: 24px; height: 24px; padding: 0 7px; border-radius: 12px;
      background: #a3321f; color: #fff; font-size: 13px; line-height: 24px; font-weight: 700;
    }

    .panel {
      display: flex; flex-direction: column; width: 392px; height: min(640px, calc(100vh - 40px)); height: min(640px, calc(100dvh - 40px));
      background: var(--surface); border: 1px solid var(--line); border-radius: 20px; overflow: hidden;
      box-shadow: 0 18px 60px rgb(var(--shade) / .3); animation: rise .22s ease-out;
    }
    @keyframes rise { from { opacity: 0; transform: translateY(14px); } }

    header { position: relative; display: flex; align-items: center; gap: 12px; padding: 12px 8px 12px 16px; background: var(--surface); border-bottom: 1px solid var(--line); }
    .mark { display: grid; place-items: center; width: 40px; height: 40px; border-radius: 50%; background: var(--accent); color: var(--on-accent); flex: none; font-size: 18px; font-weight: 650; }
    .titles { flex: 1; min-width: 0; }
    h2 { font-size: 16px; line-height: 1.25; font-weight: 650; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .subtitle { font-size: 13px; line-height: 1.35; color: var(--soft); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .icon { display: grid; place-items: center; width: 44px; height: 44px; border-radius: 12px; color: var(--soft); flex: none; }
    [aria-controls="menu"] svg { stroke-width: 3; }
    .icon:hover { background: var(--sunken); color: var(--ink); }
    .icon:focus-visible { outline-offset: -3px; }
    .menu {
      position: absolute; z-index: 2; top: 56px; right: 12px; min-width: 220px; padding: 6px; background: var(--surface);
      border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 10px 34px rgb(var(--shade) / .26);
    }
    .item { display: block; width: 100%; min-height: 44px; padding: 0 14px; border-radius: 9px; text-align: start; }
    .item:hover { background: var(--sunken); }

    .notice {
      display: flex; align-items: center; justify-content: space-between; gap: 6px 12px; flex-wrap: wrap; padding: 8px 12px 8px 16px;
      background: var(--sunken); border-bottom: 1px solid var(--line); font-size: 13.5px; line-height: 1.4;
    }
    .notice p { flex: 1 1 150px; }
    .quiet {
      min-height: 44px; padding: 0 16px; border: 1px solid var(--strong-line); border-radius: 22px; background: var(--surface);
      font-size: 14px; font-weight: 600; white-space: nowrap;
    }
    .quiet:hover, .choice:enabled:hover { border-color: var(--accent); background: var(--bubble); }

    .middle { position: relative; flex: 1; min-height: 0; display: flex; }
    .log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 18px 16px 10px; display: flex; flex-direction: column; }
    .log:focus-visible { outline-offset: -3px; }
    .message { position: relative; display: flex; flex-direction: column; align-items: flex-start; max-width: 100%; margin-bottom: 4px; }
    .message.ends { margin-bottom: 14px; }
    .bubble {
      max-width: 86%; padding: 9px 14px; border-radius: 18px; background: var(--bubble);
      white-space: pre-wrap; overflow-wrap: anywhere;
    }
    .message.ends > .bubble, .log > .message:first-child > .bubble { border-end-start-radius: 6px; }
    .message:first-child { margin-bottom: 14px; }
    .customer { align-items: flex-end; }
    .customer > .bubble { background: var(--accent); color: var(--on-accent); }
    .message.customer.ends > .bubble { border-end-start-radius: 18px; border-end-end-radius: 6px; }
    .agent > .bubble { background: var(--surface); border: 1.5px solid var(--accent); }
    .name { margin: 0 4px 3px; font-size: 13px; font-weight: 600; color: var(--soft); }
    .agent + .agent > .name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    .system { align-items: center; margin-block: 6px 14px; }
    .system > .bubble { padding: 2px 10px; background: none; color: var(--soft); font-size: 13.5px; text-align: center; }
    a { color: inherit; text-decoration: underline; text-underline-offset: 2px; border-radius: 3px; }
    .customer a:focus-visible { outline-color: var(--on-accent); }
    .meta { display: flex; align-items: center; gap: 5px; margin: 3px 6px 0; font-size: 12px; line-height: 18px; color: var(--soft); }
    .tick { display: inline-flex; }
    .tick svg, .meta.unsent > svg { width: 17px; height: 17px; stroke-width: 2.1; }
    [data-status="handled"] .tick { color: var(--accent); }
    [data-status="sending"] > .bubble, [data-status="unsent"] > .bubble { opacity: .82; }
    .meta.unsent { flex-wrap: wrap; justify-content: flex-end; color: var(--warn); font-size: 13px; }
    .retry { min-width: 44px; min-height: 44px; padding: 0 8px; border-radius: 8px; font-weight: 650; text-decoration: underline; text-underline-offset: 2px; }

    .choices { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
    .choice {
      min-height: 44px; padding: 6px 16px; border: 1px solid var(--strong-line); border-radius: 22px; background: var(--surface);
      font-size: 14px; font-weight: 550; text-align: start; transition: background .15s, border-color .15s;
    }
    .choice:disabled { color: var(--soft); border-color: var(--line); background: none; }

    .typing { display: flex; align-items: center; gap: 5px; align-self: flex-start; padding: 14px 16px; margin-bottom: 14px; border-radius: 18px; border-end-start-radius: 6px; background: var(--bubble); }
    .typing i { width: 8px; height: 8px; border-radius: 50%; background: var(--soft); animation: breathe 1.2s infinite ease-in-out; }
    .typing i:nth-of-type(2) { animation-delay: .16s; }
    .typing i:nth-of-type(3) { animation-delay: .32s; }
    @keyframes breathe { 0%, 70%, 100% { opacity: .35; } 35% { opacity: 1; transform: translateY(-3px); } }

    .newer {
      position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 6px; min-height: 44px;
      padding: 0 16px 0 12px; border-radius: 22px; background: var(--ink); color: var(--surface); font-size: 14px; font-weight: 600;
    }
    .newer svg { width: 18px; height: 18px; }

    .status { padding: 0 16px; font-size: 14px; color: var(--soft); }
    .status p { padding: 8px 0 6px; }
    .state { color: var(--ink); font-weight: 550; }
    .link { font-style: italic; }
    .state + .detail { padding-top: 0; }
    .error { color: var(--warn); font-weight: 600; }
    .card { display: flex; flex-direction: column; gap: 6px; margin: 2px 0 10px; padding: 12px; border: 1px solid var(--line); border-radius: 16px; background: var(--sunken); color: var(--ink); }
    .card label, .card legend { font-size: 14px; font-weight: 600; padding: 0; }
    .card textarea, .card input[type="email"] {
      width: 100%; min-height: 44px; padding: 9px 14px; border: 1px solid var(--strong-line); border-radius: 14px; background: var(--surface); font-size: 16px; line-height: 24px;
    }
    .more { display: flex; flex-direction: column; gap: 6px; }
    .card .main { align-self: flex-start; margin-top: 4px; }
    .card .error { padding: 0; }
    .row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 4px; }
    .row .main { margin: 0; }
    fieldset { min-width: 0; padding: 0; border: 0; }
    .scores { display: flex; gap: 8px; margin-top: 8px; }
    .score { position: relative; flex: 1; }
    .score input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
    .score span { display: grid; place-items: center; min-height: 44px; border: 1px solid var(--strong-line); border-radius: 14px; background: var(--surface); font-size: 16px; }
    .score input:hover + span { border-color: var(--accent); }
    .score input:checked + span { border-color: var(--accent); background: var(--accent); color: var(--on-accent); }
    .score input:focus-visible + span { outline: 3px solid var(--accent); outline-offset: 2px; }
    .scale { display: flex; justify-content: space-between; padding: 3px 2px 2px; font-size: 13px; color: var(--soft); }
    .actions { color: var(--ink); display: flex; flex-wrap: wrap; gap: 8px; padding: 4px 0 10px; }
    .actions:empty { display: none; }
    .main { min-height: 44px; padding: 0 20px; border-radius: 22px; background: var(--accent); color: var(--on-accent); font-weight: 600; }
    .frame[data-holder="closed"] .status { border-top: 1px solid var(--line); padding-bottom: 6px; }
    .frame[data-holder="closed"] .actions .main { width: 100%; }
    .frame[data-holder="queue"] .status { border-top: 1px solid var(--line); }
    .status { max-height: 68%; overflow-y: auto; flex: none; }

    .composer { display: grid; grid-template-columns: 1fr auto; gap: 4px 8px; align-items: end; padding: 8px 12px 12px; }
    textarea {
      width: 100%; min-height: 48px; max-height: 132px; padding: 11px 16px; resize: none; font-size: 16px; line-height: 24px; border-radius: 24px;
      border: 1px solid var(--strong-line); background: var(--sunken);
    }
    textarea::placeholder { color: var(--soft); opacity: 1; }
    textarea:focus-visible { outline-offset: -1px; }
    .send { display: grid; place-items: center; width: 48px; height: 48px; border-radius: 50%; background: var(--accent); color: var(--on-accent); }
    .send:disabled { background: var(--bubble); color: var(--soft); }
    .counter { grid-column: 1 / -1; padding: 0 16px; font-size: 13px; color: var(--soft); }
    .counter:empty { display: none; }
    .counter.over { color: var(--warn); font-weight: 600; }

    @media (max-width: 520px), (max-height: 480px) {
      .frame { bottom: 14px; right: 14px; }
      .frame[data-side="left"] { left: 14px; }
      .frame.open { inset: 0; }
      .launcher { width: 60px; min-height: 60px; padding: 0; border-radius: 50%; justify-content: center; }
      .launcher svg { width: 26px; height: 26px; }
      .label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      .panel { width: 100%; height: 100%; height: 100dvh; border: 0; border-radius: 0; padding-bottom: env(safe-area-inset-bottom); }
    }
    @media (prefers-reduced-motion: reduce) { *, *::before { animation: none !important; transition: none !important; } }
    @media (forced-colors: active) { .launcher, .main, .send, .bubble { border: 1px solid; } }
    @media print { .frame { display: none; } }
  `;

  // ── Start ───────────────────────────────────────────────────────────────────────────────────────

  function start() {
    const memory = new Memory(SERVER);
    const linked = takeLink();
    const view = new View(OPTIONS, memory);
    const conversation = new Conversation(new Api(SERVER), memory, {
      identity: identityToken(), changed: () => view.render(), forgotten: () => view.putFormsBack(),
    });
    view.attach(conversation);
    conversation.resume(linked);
    new MutationObserver(() => conversation.signedIn(identityToken()))
      .observe(script, { attributeFilter: ["data-identity-token"] });
    if (linked) view.open(view.launcher);
    window.addEventListener("hashchange", () => {
      const another = takeLink();
      if (!another) return;
      conversation.takeUp(another);
      view.open(view.launcher);
    });
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
