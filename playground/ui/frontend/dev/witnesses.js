// Scenes about what three witnesses saw: the story of the design's picture, and a flood.

const encoder = new TextEncoder();
const bytesOf = (text) => [...encoder.encode(text)];
const hex = (bytes) => bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
const bits = (value, width) => value.toString(2).padStart(width, "0");
const NAMES = { 1: "TEXT", 2: "BINARY", 8: "CLOSE", 9: "PING", 10: "PONG" };

/** A frame as the kernel describes it, its bytes made here. */
function frame(direction, opcode, payload, at) {
  const masked = direction === "in";
  const key = [0x37, 0xfa, 0x21, 0x3d];
  const long = payload.length > 125;
  const length = long ? [126, payload.length >> 8, payload.length & 255] : [payload.length];
  const body = masked ? payload.map((byte, i) => byte ^ key[i % 4]) : payload;
  const bytes = [0x80 | opcode, (masked ? 0x80 : 0) | length[0], ...length.slice(1), ...(masked ? key : []), ...body];
  const parts = [
    { label: "FIN", bits: "1", hex: null, meaning: "last frame of the message" },
    { label: "RSV1", bits: "0", hex: null, meaning: "no" },
    { label: "RSV2", bits: "0", hex: null, meaning: "unused" },
    { label: "RSV3", bits: "0", hex: null, meaning: "unused" },
    { label: "opcode", bits: bits(opcode, 4), hex: null, meaning: NAMES[opcode] },
    { label: "MASK", bits: masked ? "1" : "0", hex: null, meaning: masked ? "from a client" : "from the server" },
    {
      label: "payload length",
      bits: bits(length[0], 7),
      hex: null,
      meaning: long ? "the next 2 bytes tell" : `${payload.length} bytes`,
    },
    ...(long
      ? [{ label: "extended length", bits: null, hex: hex(length.slice(1)), meaning: `${payload.length} bytes` }]
      : []),
    ...(masked ? [{ label: "masking key", bits: null, hex: hex(key), meaning: "XORed with the payload" }] : []),
    {
      label: "payload",
      bits: null,
      hex: hex(body.slice(0, 48)),
      meaning: new TextDecoder().decode(new Uint8Array(payload.slice(0, 48))),
    },
  ];
  return {
    direction,
    at,
    name: NAMES[opcode],
    complete: true,
    wire_size: bytes.length,
    payload_size: payload.length,
    parts: parts.map((part) => ({ source: "", ...part })),
    hex: hex(bytes.slice(0, 64)),
    hidden: Math.max(0, bytes.length - 64),
  };
}

const HANDSHAKE = {
  request: {
    line: "GET /chat HTTP/1.1",
    headers: [
      ["host", "127.0.0.1:50213"],
      ["upgrade", "websocket"],
      ["connection", "Upgrade"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["sec-websocket-version", "13"],
      ["sec-websocket-extensions", "permessage-deflate; client_max_window_bits"],
      ["user-agent", "Python/3.12 websockets/15.0"],
    ],
  },
  response: {
    line: "HTTP/1.1 101 Switching Protocols",
    headers: [
      ["upgrade", "websocket"],
      ["connection", "Upgrade"],
      ["sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
      ["date", "Mon, 05 Jan 2026 12:04:02 GMT"],
      ["server", "uvicorn"],
    ],
  },
};

const account = (witness, at, text, saw = "1", more = [], note = null) => ({
  witness,
  at,
  saw,
  said: [text, ...more].map((each) => ({ kind: null, text: each })),
  note,
});

/** Adds one row with what `detail` answers for it. `after` is in milliseconds. */
function tell(fake, row, detail = {}) {
  const [{ seq, at }] = fake.log({ saw: "111", agree: true, ...row });
  fake.details.set(seq, typeof detail === "function" ? detail(at) : detail);
  return seq;
}

function message(fake, who, direction, text, more = {}) {
  const bytes = bytesOf(text);
  const incoming = direction === "in";
  const row = {
    kind: incoming ? "receive" : "send",
    direction,
    ...who,
    preview: text.slice(0, 200),
    ...(text.length > 200 && { cut: true }),
    full: text,
    size: bytes.length,
    opcode: "text",
    version: 3,
    ...(incoming && { hook: "on_receive", duration_ms: 0.4 }),
    ...more,
  };
  return tell(fake, { wire_size: frame(direction, 1, bytes, 0).wire_size, ...row }, (at) => ({
    frames: [frame(direction, 1, bytes, at + 0.1)],
    accounts: incoming
      ? [
          account("client", at, `Sent ${bytes.length} bytes of text.`),
          account("wire", at + 0.1, "One TEXT frame, masked, not compressed."),
          account("handler", at + 0.2, `on_receive was called in v${row.version}.`),
        ]
      : [
          account("client", at + 0.3, "Received it."),
          account("wire", at + 0.2, "One TEXT frame, not masked."),
          account("handler", at, `Sent by v${row.version} line 9.`),
        ],
    times: incoming
      ? [
          { label: "client → server", ms: 0.11 },
          { label: "handler", ms: row.duration_ms ?? 0.4 },
          { label: "server → client", ms: 0.08 },
        ]
      : [],
    ...(row.error && {
      traceback: `Traceback (most recent call last):\n  File "/chat v3", line 9, in on_receive\n    await room.send(data["say"].upper())\n                    ~~~~^^^^^^^\n${row.error}\n`,
    }),
  }));
}

function join(fake, name, connection) {
  const who = { client: name, connection, path: "/chat" };
  fake.set("clients", [
    ...fake.traits.clients,
    {
      name,
      path: "/chat",
      url: `${fake.traits.server.ws_url}/chat`,
      state: "open",
      sent: 0,
      received: 0,
      rtt_ms: null,
      code: null,
      reason: null,
      connection,
      own: true,
    },
  ]);
  const handshake = (at) => ({
    handshake: HANDSHAKE,
    accounts: [
      account("client", at, "Asked to open /chat."),
      account("wire", at + 0.2, "GET /chat HTTP/1.1 with 7 headers."),
      account("handler", at + 0.3, "Was given the connection."),
    ],
  });
  tell(fake, { kind: "connect", direction: "in", ...who, preview: "GET /chat", after: 900, wire_size: 301 }, handshake);
  tell(
    fake,
    {
      kind: "accept",
      direction: "out",
      ...who,
      preview: "101 Switching Protocols",
      code: 101,
      after: 0.3,
      wire_size: 187,
    },
    handshake,
  );
  tell(
    fake,
    {
      kind: "on_connect",
      saw: "--1",
      ...who,
      duration_ms: 0.2,
      version: 2,
      output: `room: ${connection}\n`,
      after: 0.1,
    },
    { output: [["stdout", `room: ${connection}\n`]] },
  );
  return who;
}

const LONG = JSON.stringify({
  items: Array.from({ length: 40 }, (_, i) => ({ id: i, name: `item ${i}` })),
  needle: "beyond the preview",
});

export function witnesses(fake) {
  fake.details = new Map();
  fake.clock = Date.now() - 12_000;
  fake.log({ kind: "start", saw: "", preview: `listening on ${fake.traits.server.ws_url}` });
  const alice = join(fake, "alice", 1);
  const bob = join(fake, "bob", 2);
  const said = message(fake, alice, "in", '{"say": "hello", "to": "bob"}', { after: 1700, version: 2 });
  message(fake, bob, "out", '{"from": "alice", "say": "hello"}', { after: 0.5, cause: said, version: 2 });
  tell(fake, {
    kind: "edit",
    saw: "",
    path: "/chat",
    preview: "/chat v3 applied · 2 of 2 connections",
    version: 3,
    after: 1200,
  });
  tell(
    fake,
    { kind: "ping", direction: "in", saw: "11-", ...bob, size: 0, wire_size: 6, duration_ms: 0.21, after: 700 },
    (at) => ({
      frames: [frame("in", 9, [], at), frame("out", 10, [], at + 0.2)],
      accounts: [
        account("client", at, "Sent a ping; the pong came after 0.21 ms."),
        account("wire", at + 0.1, "PING, then PONG. The server's library answers by itself."),
        account("handler", null, "Is never told of pings.", "-"),
      ],
    }),
  );
  const long = message(fake, bob, "in", LONG, { after: 400, duration_ms: 14.2 });
  for (const name of [bob, alice])
    message(fake, name, "out", '{"from": "bob", "items": 40, "ratio": 1.0, "big": 9007199254740993}', {
      after: 0.8,
      cause: long,
    });
  tell(
    fake,
    {
      kind: "receive",
      direction: "in",
      ...bob,
      preview: "de ad be ef 00 ff",
      size: 6,
      wire_size: 12,
      opcode: "binary",
      hook: "on_receive",
      duration_ms: 0.2,
      version: 3,
      after: 300,
    },
    (at) => ({ text: null, hex: "de ad be ef 00 ff", frames: [frame("in", 2, [0xde, 0xad, 0xbe, 0xef, 0, 0xff], at)] }),
  );
  message(fake, alice, "in", '{"shout": true}', { after: 1100, duration_ms: 0.1, error: "KeyError: 'say'", line: 9 });
  tell(fake, { kind: "on_disconnect", saw: "--1", ...alice, duration_ms: 0.1, version: 3, after: 0.2 });
  tell(
    fake,
    {
      kind: "end",
      ...alice,
      agree: false,
      code: 1006,
      codes: [1006, 1011],
      version: 3,
      preview: "client saw 1006 · no Close frame on the wire · handler was told 1011",
      told: { client: "client saw 1006", wire: "no Close frame on the wire", handler: "handler was told 1011" },
      after: 0.1,
    },
    (at) => ({
      accounts: [
        account(
          "client",
          at + 0.2,
          "1006 abnormal closure",
          "1",
          [],
          "inferred by the client, because no Close frame arrived",
        ),
        account("wire", at, "no Close frame", "1", ["the server closed TCP"]),
        account("handler", at - 0.1, "on_receive raised KeyError: 'say' at line 9 of v3", "1", ["on_disconnect(1011)"]),
      ],
      why: {
        verdict:
          "on_receive raised KeyError: 'say' at line 9 of v3. Starlette called on_disconnect with 1011 and sent no Close frame, so the client reports 1006.",
        advice: "Catch the error and close with a code of your own: await websocket.close(1011).",
      },
    }),
  );
  fake.patch("alice", { state: "closed", code: 1006, sent: 2, received: 1 });
  fake.patch("bob", { sent: 2, received: 2, rtt_ms: 0.21 });
  fake.set("counts", { total: 1284, kept: 1184, spilled: 100, dropped: 0 });
  fake.clock = null;
}

export function flood(fake) {
  fake.details = new Map();
  const people = ["alice", "bob", "carol", "dave"].map((name, i) => join(fake, name, i + 1));
  const burst = (count, skipped = 0) => {
    const rows = Array.from({ length: count }, (_, i) => {
      const incoming = i % 2 === 0;
      const text = `{"n": ${fake.seq + 1}, "say": "tick"}`;
      return {
        seq: ++fake.seq,
        at: Date.now() + i / 100,
        kind: incoming ? "receive" : "send",
        saw: "111",
        agree: true,
        direction: incoming ? "in" : "out",
        ...people[(i >> 1) % 4],
        preview: text,
        size: text.length,
        wire_size: text.length + (incoming ? 6 : 2),
        opcode: "text",
        version: 3,
        ...(incoming
          ? { hook: "on_receive", duration_ms: 0.05 * Math.exp(3 * Math.random() ** 2) }
          : { cause: fake.seq - 1 }),
      };
    });
    fake.rows.push(...rows);
    fake.emit(rows, skipped);
    fake.set("counts", {
      total: fake.seq,
      kept: Math.min(fake.seq, 20_000),
      spilled: Math.max(0, fake.seq - 20_000),
      dropped: 0,
    });
  };
  burst(5_000, 1204);
  setInterval(() => burst(60), 125);
}
