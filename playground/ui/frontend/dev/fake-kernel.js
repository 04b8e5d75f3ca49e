// A kernel made of arrays: it speaks the panel's protocol well enough to develop and test the browser half.

import { flood, witnesses } from "./witnesses.js";

const encoder = new TextEncoder();
const COPIES = {
  pg: "",
  python: "",
  pytest: "",
  javascript: "",
  curl: "curl sends no messages: copy the handshake's row",
  websocat: "",
  "python -m websockets": "",
};

const CHAT = `class Chat(WebSocketEndpoint):
    encoding = "json"

    async def on_connect(self, websocket):
        await websocket.accept()
        room.add(websocket)

    async def on_receive(self, websocket, data):
        await room.send(data["say"].upper())

    async def on_disconnect(self, websocket, close_code):
        room.discard(websocket)  # leaves quietly
`;

const ECHO = `class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"echo: {data}")
`;

const OLDER = [
  CHAT.replace('data["say"].upper()', 'data["say"]').replace("  # leaves quietly", ""),
  CHAT.replace(".upper()", ""),
  CHAT,
];

const endpoint = (path, version, source, more = {}) => ({
  key: `websocket ${path}`,
  path,
  kind: "websocket",
  version,
  name: path.slice(1),
  encoding: "text",
  source,
  editable: true,
  note: null,
  connections: 0,
  runs: [],
  back: null,
  movable: 0,
  notes: [],
  ...more,
});

export class FakeKernel {
  constructor() {
    this.listeners = {};
    this.received = [];
    this.silent = false;
    this.delay = 2;
    this.seq = 0;
    this.rows = [];
    this.names = ["alice", "bob", "carol", "dave", "erin", "frank"];
    this.traits = {
      server: {
        running: true,
        ws_url: "ws://127.0.0.1:50213",
        http_url: "http://127.0.0.1:50213",
        message: null,
        mode: "live",
        blocked: null,
        on_error: "starlette",
        held: [],
      },
      endpoints: [
        endpoint("/chat", 3, CHAT, { encoding: "json", back: 2 }),
        endpoint("/ws", 1, ECHO),
        endpoint("/rooms/{room}/{username}", 1, ECHO),
        endpoint("/locked", 1, ECHO, { editable: false, note: "This endpoint belongs to your app; edit it there." }),
        endpoint("/health", 1, "async def health(request):\n    return PlainTextResponse('ok')\n", {
          key: "http /health",
          kind: "http",
        }),
      ],
      clients: [],
      counts: { total: 0, kept: 0, spilled: 0, dropped: 0 },
      epoch: "epoch-1",
      protocol: 5,
    };
    this.history = {
      "/chat": OLDER.map((source, i) => ({
        number: i + 1,
        label: `v${i + 1}`,
        at: new Date(2026, 0, 5, 11, 50 + i, 9).getTime(),
        name: "Chat",
        source,
      })),
    };
    this.model = {
      get: (name) => this.traits[name],
      on: (event, callback) => {
        this.listeners[event] ??= new Set();
        this.listeners[event].add(callback);
      },
      off: (event, callback) => this.listeners[event]?.delete(callback),
      send: (content) => this.receive(content),
    };
    setInterval(() => this.post({ type: "beat" }), 2000);
  }

  post(content, buffers = []) {
    if (!this.silent) for (const callback of this.listeners["msg:custom"] ?? []) callback(content, buffers);
  }

  set(name, value) {
    this.traits[name] = value;
    for (const callback of this.listeners[`change:${name}`] ?? []) callback();
  }

  receive(content) {
    this.received.push(content);
    if (this.silent) return;
    if (content.type === "hello") {
      const rows = content.epoch === this.traits.epoch ? this.rows.filter((row) => row.seq > content.have) : this.rows;
      setTimeout(() => this.emit(rows), this.delay);
    }
    if (content.type !== "call") return;
    setTimeout(async () => {
      try {
        const [result, buffers] = [].concat(await this.operate(content.op, content.args));
        this.post({ type: "reply", id: content.id, ok: true, result }, buffers ? [buffers] : []);
      } catch (error) {
        this.post({ type: "reply", id: content.id, ok: false, error });
      }
    }, this.delay);
  }

  emit(rows, skipped = 0) {
    const bytes = encoder.encode(JSON.stringify(rows));
    this.post({ type: "events", epoch: this.traits.epoch, skipped }, [new DataView(bytes.buffer)]);
  }

  /** Adds rows to the log; each is {kind, ...} and gets its number and time. */
  log(...rows) {
    const fresh = rows.map((row) => ({ seq: ++this.seq, at: this.clock ?? Date.now(), witness: "handler", ...row }));
    if (this.clock) fresh.forEach((row, i) => (row.at = this.clock += row.after ?? (i ? 0.2 : 900)));
    this.rows.push(...fresh);
    this.emit(fresh);
    this.set("counts", { total: this.seq, kept: this.seq, spilled: 0, dropped: 0 });
    return fresh;
  }

  patch(name, change) {
    this.set(
      "clients",
      this.traits.clients.map((client) => (client.name === name ? { ...client, ...change } : client)),
    );
    this.set(
      "endpoints",
      this.traits.endpoints.map((each) => {
        const connections = this.traits.clients.filter(
          ({ path, state }) => path === each.path && state === "open",
        ).length;
        return { ...each, connections, runs: connections ? [{ version: each.version, connections }] : [] };
      }),
    );
  }

  async operate(op, args) {
    if (op === "asset") return [{}, new DataView(await (await fetch(`/static/${args.name}`)).arrayBuffer())];
    return this[op](args) ?? {};
  }

  connect({ path, name, ...rest }) {
    if (path.startsWith("/locked")) {
      const message = `${this.traits.server.ws_url}${path} refused the handshake with HTTP 403; no endpoint at '/locked'; did you mean '/ws'?`;
      this.set("clients", [
        ...this.traits.clients,
        {
          name: this.names.shift(),
          path,
          url: this.traits.server.ws_url + path,
          state: "failed",
          sent: 0,
          received: 0,
          rtt_ms: null,
          code: 403,
          reason: message,
          connection: null,
          own: true,
        },
      ]);
      throw {
        type: "HandshakeRefused",
        message,
        status: 403,
        headers: { "content-type": "text/plain", server: "uvicorn" },
        body: "Forbidden: a token is missing",
      };
    }
    const client = {
      name: name ?? this.names.shift() ?? `client${this.seq}`,
      path: path.split("?")[0],
      url: this.traits.server.ws_url + path,
      state: "open",
      sent: 0,
      received: 0,
      rtt_ms: null,
      code: null,
      reason: null,
      connection: this.seq + 1,
      own: true,
      ...rest,
    };
    this.set("clients", [...this.traits.clients, client]);
    this.patch(client.name, {});
    const by = { client: client.name, path, connection: client.connection };
    this.log(
      { ...by, kind: "connect", direction: "in", preview: `GET ${path}` },
      { ...by, kind: "accept", direction: "out", code: 101, preview: "Switching Protocols" },
      { ...by, kind: "on_connect", duration_ms: 0.2, version: 3, output: "room: 1\n" },
    );
    return client;
  }

  send({ names, data }) {
    for (const name of names) {
      const client = this.traits.clients.find((each) => each.name === name);
      const by = { client: name, path: client.path, connection: client.connection };
      const bad = data.includes("boom");
      this.patch(name, { sent: client.sent + 1, received: client.received + (bad ? 0 : 1) });
      this.log({ ...by, kind: "receive", direction: "in", preview: data.slice(0, 200), size: data.length, full: data });
      if (bad)
        this.log({
          ...by,
          kind: "on_receive",
          after: 0.1,
          duration_ms: 0.4,
          version: 3,
          error: "KeyError: 'say'",
          line: 9,
          preview: "KeyError: 'say'",
          ...(this.traits.server.on_error === "hold" && { reason: "held: the connection is open and waits" }),
        });
      if (bad && this.traits.server.on_error === "hold") this.hold(name, this.seq);
      if (!bad)
        this.log(
          { ...by, kind: "on_receive", after: 0.1, duration_ms: 0.4, version: 3 },
          { ...by, kind: "send", direction: "out", preview: `echo: ${data.slice(0, 180)}`, size: data.length + 6 },
        );
    }
    return { sent: names.length };
  }

  ping({ name }) {
    this.patch(name, { rtt_ms: 0.21 });
    return { rtt_ms: 0.21 };
  }

  reconnect({ name }) {
    const { path } = this.traits.clients.find((each) => each.name === name);
    if (path.startsWith("/locked"))
      throw {
        type: "HandshakeRefused",
        message: "the handshake was refused with HTTP 403",
        status: 403,
        headers: {},
        body: "",
      };
    this.patch(name, { state: "open", code: null, reason: null, retry: null });
    this.log(
      { kind: "connect", direction: "in", client: name, path, preview: `GET ${path}` },
      { kind: "accept", direction: "out", client: name, path, code: 101 },
    );
  }

  close({ name, code, reason }) {
    if (code === 4999)
      throw {
        type: "ConnectionClosed",
        message: `${name} is not connected any more: the server closed with 1011 (internal error) 0.2 s ago; press Reconnect, or connect another client`,
      };
    this.patch(name, { state: "closed", code, reason });
    this.log({ kind: "disconnect", direction: "in", client: name, code, reason });
  }

  duplicate({ name }) {
    const original = this.traits.clients.find((each) => each.name === name);
    this.set("clients", [
      ...this.traits.clients,
      { ...original, name: `${name}-2`, state: "open", sent: 0, received: 0 },
    ]);
    return { name: `${name}-2` };
  }

  reconnect_all() {
    const done = this.ours(({ state }) => state === "closed" || state === "failed");
    for (const name of done) this.patch(name, { state: "open", code: null, reason: null, retry: null });
    return { text: `${done.length} reconnected`, done, failed: {} };
  }

  close_all() {
    const done = this.ours(({ state }) => state === "open");
    for (const name of done) this.patch(name, { state: "closed", code: 1000, reason: "" });
    return { text: `${done.length} closed`, done, failed: {} };
  }

  forget_closed() {
    const done = this.ours(({ state }) => state === "closed" || state === "failed");
    for (const name of done) this.forget({ name });
    return { text: `${done.length} removed`, done, failed: {} };
  }

  ours(wanted) {
    return this.traits.clients.filter((client) => client.own && wanted(client)).map(({ name }) => name);
  }

  forget({ name }) {
    this.set(
      "clients",
      this.traits.clients.filter((client) => client.name !== name),
    );
  }

  apply({ path, source }) {
    const line = source.split("\n").findIndex((text) => text.includes("syntax error")) + 1;
    if (line)
      throw {
        type: "EditRejected",
        stage: "parse",
        line,
        column: 5,
        message: `line ${line}: invalid syntax`,
        reason: "invalid syntax",
      };
    const notes = source.includes("sleep")
      ? [
          {
            kind: "blocking-call",
            text: "time.sleep() holds up every connection of the server for that long; write await asyncio.sleep(…)",
            line: 9,
          },
          {
            kind: "shadowed-route",
            text: "requests for the host 'api.example.org' never reach '/chat': a Host route takes them all",
            line: null,
          },
        ]
      : [];
    return this.publish(path, source, {
      notes,
      kept: ["members", "Room.people"],
      reset: source.includes("size") ? ["size"] : [],
    });
  }

  revert({ path, to }) {
    const { source } = this.versionsOf(path).find(({ number }) => number === to);
    return this.publish(path, source, { kept: ["members", "Room.people"] }, ` (= v${to})`);
  }

  reenter({ path }) {
    const old = this.traits.endpoints.find((each) => each.path === path);
    return this.publish(path, old.source);
  }

  reset({ path }) {
    return this.publish(path, this.traits.endpoints.find((each) => each.path === path).source, {
      reset: ["members", "Room.people"],
    });
  }

  publish(path, source, more = {}, equals = "") {
    const old = this.traits.endpoints.find((each) => each.path === path);
    const version = (old?.version ?? 0) + 1;
    const people = old?.connections ?? 0;
    const text = people
      ? `v${version}${equals} live on ${people} of ${people}`
      : `v${version}${equals} live, nobody connected`;
    const report = {
      outcome: "live",
      version,
      new: !old,
      connections: people,
      live: people,
      busy: [],
      stuck: [],
      pinned: 0,
      text,
    };
    const known = this.versionsOf(path);
    this.history[path] = [
      ...known,
      { number: version, label: `v${version}${equals}`, at: this.clock ?? Date.now(), name: "Chat", source },
    ];
    const change = {
      source,
      version,
      back: version - 1 || null,
      notes: more.notes ?? [],
      movable: 0,
      runs: people ? [{ version, connections: people }] : [],
    };
    const next = old ? { ...old, ...change } : endpoint(path, 1, source, change);
    this.set(
      "endpoints",
      old ? this.traits.endpoints.map((each) => (each === old ? next : each)) : [...this.traits.endpoints, next],
    );
    this.log({
      kind: "edit",
      path,
      preview: `${path} v${version} applied · ${people} of ${people} connections`,
      version,
    });
    return { version, report, notes: [], kept: [], reset: [], took_ms: 0.4, ...more };
  }

  versionsOf(path) {
    const { version, source, name } = this.traits.endpoints.find((each) => each.path === path) ?? {};
    return (
      this.history[path] ??
      (version ? [{ number: version, label: `v${version}`, at: this.clock ?? Date.now(), name, source }] : [])
    );
  }

  versions({ path }) {
    return { versions: this.versionsOf(path) };
  }

  try({ source }) {
    const line = source.split("\n").findIndex((text) => text.includes("syntax error")) + 1;
    if (line)
      throw {
        type: "EditRejected",
        stage: "parse",
        line,
        column: 5,
        message: `line ${line}: invalid syntax`,
        reason: "invalid syntax",
      };
    const said = this.rows.filter((row) => row.kind === "receive");
    if (!said.length)
      return { turns: [], error: null, note: "nothing to try with: no message was received at this path yet" };
    const shout = source.includes(".upper()");
    const turns = said.slice(-4).map(({ full }) => {
      const word = /"say": "([^"]*)"/.exec(full)?.[1];
      const before = word ? [word.toUpperCase()] : ["{}", full.slice(0, 40)];
      const after = word ? [shout ? word.toUpperCase() : word] : ["{}"];
      const error = full.includes("shout") ? "KeyError: 'say'" : null;
      return {
        received: full,
        before,
        after: error ? [] : after,
        error,
        failed: null,
        held: false,
        same: !error && JSON.stringify(before) === JSON.stringify(after),
      };
    });
    return { turns, error: null, note: "" };
  }

  on_error({ value }) {
    this.set("server", { ...this.traits.server, on_error: value });
  }

  hold(client, seq, version = 3) {
    const held = { seq, connection: 2, client, path: "/chat", version, error: "KeyError: 'say'" };
    this.set("server", { ...this.traits.server, held: [...this.traits.server.held, held] });
  }

  release(seq) {
    this.set("server", { ...this.traits.server, held: this.traits.server.held.filter((event) => event.seq !== seq) });
  }

  run_again({ seq }) {
    const { version, source } = this.traits.endpoints.find(({ path }) => path === "/chat");
    if (source.includes('data["say"]')) return { error: "KeyError: 'say'", version };
    this.release(seq);
    return { error: null, version };
  }

  close_held({ seq }) {
    const { client } = this.traits.server.held.find((event) => event.seq === seq);
    this.release(seq);
    this.patch(client, { state: "closed", code: 1006, reason: "" });
    this.log({ kind: "disconnect", direction: "in", client, code: 1006 });
  }

  detail({ seq }) {
    const row = this.rows.find((each) => each.seq === seq);
    const text = row.full ?? row.preview ?? null;
    return {
      text,
      hex: row.size ? [...encoder.encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ") : null,
      traceback: row.error
        ? `Traceback (most recent call last):\n  File "/chat v3", line 9, in on_receive\n    await room.send(data["say"].upper())\n${row.error}`
        : null,
      output: row.output ? [["stdout", row.output]] : [],
      fields: {
        seq: String(seq),
        client: row.client ?? "",
        connection: `#${row.connection ?? ""}`,
        path: row.path ?? "",
      },
      ...(row.client && row.kind === "receive" && { copies: COPIES }),
      ...this.details?.get(seq),
    };
  }

  copy_as({ format, seq }) {
    return { text: `# ${format} of row ${seq}\n` };
  }

  search({ query, limit }) {
    const seqs = this.rows.filter((row) => (row.full ?? row.preview ?? "").includes(query)).map(({ seq }) => seq);
    return { seqs: seqs.slice(0, limit), total: seqs.length };
  }

  export({ format, query }) {
    const text = {
      csv: "seq,kind,data\n1,receive,hello\n",
      jsonl: '{"seq": 1}\n',
      mermaid: "sequenceDiagram\n  alice->>server: hello\n",
    }[format];
    return { name: `timeline.${{ mermaid: "mmd" }[format] ?? format}`, text: `${text}${query ? `%% ${query}\n` : ""}` };
  }

  clear() {
    this.rows = [];
    this.post({ type: "cleared", epoch: this.traits.epoch });
  }

  stop() {
    this.set("server", { ...this.traits.server, running: false });
    this.log({ kind: "stop", preview: "server stopped" });
  }

  start() {
    this.set("server", { ...this.traits.server, running: true });
    this.log({ kind: "start", preview: `listening on ${this.traits.server.ws_url}` });
  }

  /** `count` messages at once, as a burst. */
  burst(count, skipped = 0) {
    const rows = Array.from({ length: count }, (_, i) => ({
      seq: ++this.seq,
      at: Date.now() + i / 100,
      kind: i % 2 ? "send" : "receive",
      direction: i % 2 ? "out" : "in",
      client: ["alice", "bob"][(i >> 1) % 2],
      path: "/chat",
      preview: `{"n": ${this.seq}}`,
      size: 12,
    }));
    this.emit(rows, skipped);
    this.set("counts", { total: this.seq, kept: this.seq, spilled: 0, dropped: 0 });
  }
}

export const scenes = {
  empty() {},
  witnesses,
  flood,
  // A client that was dropped reconnects automatically; another gave up.
  reconnecting(fake) {
    scenes.traffic(fake);
    const alice = fake.traits.clients.find(({ name }) => name === "alice");
    Object.assign(alice, {
      state: "closed",
      code: 1006,
      reason: "",
      reconnect: true,
      retry: { attempt: 3, at: Date.now() + 8000 },
    });
    fake.traits.clients.push(
      {
        ...alice,
        name: "carol",
        retry: null,
        reconnect: false,
        code: 4001,
        reason: "bye, and thank you for everything",
      },
      {
        ...alice,
        name: "an-old-client-with-a-long-name",
        state: "open",
        code: null,
        retry: null,
        sent: 12345,
        received: 67890,
        rtt_ms: 1.4,
      },
    );
  },
  // Handshake refused: press Connect while /locked is chosen.
  refused(fake) {
    sessionStorage.setItem("websocket-playground:epoch-1:chosen", "websocket /locked");
    fake.connect({ path: "/chat" });
  },
  // The kernel was started again: what was typed before is offered.
  restarted() {
    sessionStorage.setItem(
      "websocket-playground:epoch-0:draft:websocket /chat",
      JSON.stringify({ source: CHAT.replace("upper", "lower"), base: 3, at: Date.now() - 60_000 }),
    );
    sessionStorage.setItem(
      "websocket-playground:epoch-0:applied:websocket /ws",
      JSON.stringify({ source: ECHO.replace("echo", "again"), base: 1, submitted: "", at: Date.now() - 50_000 }),
    );
    sessionStorage.setItem(
      "websocket-playground:epoch-0:draft:websocket /gone",
      JSON.stringify({ source: ECHO, base: 0, at: Date.now() - 90_000 }),
    );
  },
  // The page was reloaded: what was typed is still there.
  reloaded(fake) {
    sessionStorage.setItem(
      "websocket-playground:epoch-1:draft:websocket /chat",
      JSON.stringify({ source: CHAT.replace("upper", "title"), base: 3, at: Date.now() }),
    );
    sessionStorage.setItem("websocket-playground:page:message", '{"say": "typed before the reload"}');
    sessionStorage.setItem("websocket-playground:page:as", "json");
    scenes.traffic(fake);
  },
  // The kernel's half of the panel is newer than the page's.
  newer(fake) {
    scenes.traffic(fake);
    fake.traits.protocol += 1;
    fake.traits.clients.push({ name: "future" });
  },
  // Press Send: the kernel refuses, at length.
  unsendable(fake) {
    scenes.traffic(fake);
    fake.send = () => {
      throw {
        type: "ConnectionClosed",
        message:
          "alice is not connected any more: the server closed with 1011 (internal error) 0.2 s ago because on_receive raised KeyError at line 9 of v3; press Reconnect, or connect another client and send from there. Nothing of this message has left.",
      };
    };
  },
  // Calls are answered after seconds.
  queued(fake) {
    scenes.traffic(fake);
    fake.delay = 4000;
  },
  crowd(fake) {
    scenes.traffic(fake);
    for (let i = 0; i < 14; i++) fake.connect({ path: "/ws", name: `guest${i}` });
  },
  none(fake) {
    fake.traits.endpoints = [];
  },
  stopped(fake) {
    fake.traits.server = { ...fake.traits.server, running: false, message: "Stopped by pg.stop()." };
  },
  // A log that was read from a file.
  opened(fake) {
    scenes.witnesses(fake);
    const { server } = fake.traits;
    fake.traits.server = {
      ...server,
      mode: "opened",
      running: false,
      ws_url: "",
      http_url: "",
      message: "opened from trace.jsonl",
    };
    fake.traits.endpoints = [];
    fake.traits.clients = [];
    fake.versions = () => {
      throw { type: "NotRunning", message: "this log was opened from trace.jsonl, so there is no server" };
    };
  },
  gone(fake) {
    scenes.traffic(fake);
    setTimeout(() => (fake.silent = true), 500);
  },
  traffic(fake) {
    fake.clock = new Date(2026, 0, 5, 12, 4, 1, 410).getTime();
    fake.start();
    fake.connect({ path: "/chat" });
    fake.connect({ path: "/chat" });
    fake.send({ names: ["alice"], kind: "json", data: '{"say": "hello", "to": "bob"}' });
    fake.log({ kind: "edit", path: "/chat", preview: "/chat v3 applied · 2 of 2 connections", version: 3 });
    fake.send({
      names: ["bob"],
      kind: "json",
      data: '{"n": 9007199254740993, "ratio": 1.0, "nested": {"list": [1, 2.50, []], "empty": {}}}',
    });
    fake.ping({ name: "alice" });
    fake.ping({ name: "bob" });
    fake.traits.clients.push({
      name: "browser 3",
      path: "/ws",
      url: "ws://127.0.0.1:50213/ws",
      state: "open",
      sent: 2,
      received: 2,
      rtt_ms: null,
      code: null,
      reason: null,
      connection: 40,
      own: false,
    });
    fake.traits.endpoints = fake.traits.endpoints.map((each) =>
      each.path === "/chat" ? { ...each, connections: 2 } : each,
    );
  },
  // Two clients that say nothing: their heartbeats are folded.
  idle(fake) {
    scenes.traffic(fake);
    for (let beat = 0; beat < 30; beat++)
      for (const [i, client] of ["alice", "bob"].entries())
        fake.log({
          kind: "ping",
          direction: "out",
          client,
          connection: i + 1,
          path: "/chat",
          saw: "-1-",
          duration_ms: 0.2 + beat / 100,
        });
  },
  error(fake) {
    scenes.traffic(fake);
    fake.send({ names: ["alice"], kind: "json", data: '{"shout": "boom"}' });
    fake.log(
      { kind: "disconnect", direction: "in", client: "alice", connection: 2, code: 1011, reason: "handler failed" },
      { kind: "refuse", direction: "out", connection: 9, path: "/locked", code: 403, preview: "Forbidden" },
      {
        kind: "edit",
        path: "/chat",
        preview: "/chat edit rejected",
        error: "rejected: line 8: invalid syntax",
        line: 8,
      },
    );
    fake.patch("alice", { state: "closed", code: 1011, reason: "handler failed" });
  },
  held(fake) {
    fake.on_error({ value: "hold" });
    scenes.traffic(fake);
    fake.send({ names: ["alice"], kind: "json", data: '{"shout": "boom"}' });
  },
  held2(fake) {
    scenes.held(fake);
    fake.send({ names: ["bob"], kind: "json", data: '{"shout": "boom again"}' });
  },
  // Notes on the code, people who stay in an older version, and several whose messages can be tried.
  noted(fake) {
    scenes.traffic(fake);
    fake.start();
    fake.apply({ path: "/chat", source: CHAT.replace("room.send", "sleep(1) or room.send") });
    fake.set(
      "endpoints",
      fake.traits.endpoints.map((each) => (each.path === "/chat" ? { ...each, movable: 2 } : each)),
    );
  },
  blocked(fake) {
    scenes.traffic(fake);
    fake.set("server", { ...fake.traits.server, blocked: "the server's loop is blocked at /chat v3 line 9 for 2 s" });
  },
  mixed(fake) {
    scenes.traffic(fake);
    fake.traits.endpoints = fake.traits.endpoints.map((each) =>
      each.path === "/chat"
        ? {
            ...each,
            connections: 16,
            runs: [
              { version: 3, connections: 15 },
              { version: 2, connections: 1 },
            ],
          }
        : each,
    );
  },
  busy(fake) {
    scenes.traffic(fake);
    fake.clock = null;
    fake.burst(2000, 1204);
    setInterval(() => fake.burst(40), 50);
  },
};
