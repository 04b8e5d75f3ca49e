import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AskedValues } from "../src/asked-values";
import { PageMemory } from "../src/memory";
import { MESSAGE_KINDS } from "../src/python";
import { readFolder, type SavedMessage, SavedMessages } from "../src/saved";
import { LARGEST_COLLECTION, parseMessages, readMessages, writeMessages } from "../src/saved-file";
import { reasons, tell } from "../src/view/saved-files";
import { memoryStorage } from "./storage";

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const text = (name: string, data: string, folder?: string): SavedMessage => ({
  name,
  kind: "text",
  data,
  ...(folder && { folder }),
});

/** A storage that takes no more than so many characters of one item. */
function small(characters: number): Storage {
  const storage = memoryStorage();
  return Object.create(storage, {
    setItem: {
      value: (name: string, item: string) => {
        if (item.length > characters) throw new Error("QuotaExceededError");
        storage.setItem(name, item);
      },
    },
  });
}

describe("folders of saved messages", () => {
  test("come in order, what is in none first, and a name may be in two of them", () => {
    const saved = new SavedMessages(memoryStorage());
    saved.save(text("hi", "1", "b"));
    saved.save(text("hi", "2"));
    saved.save(text("a", "3", "b"));
    saved.save(text("z", "4", "a / c"));

    expect(saved.list().map(({ folder, name }) => [folder, name])).toEqual([
      [undefined, "hi"],
      ["a / c", "z"],
      ["b", "a"],
      ["b", "hi"],
    ]);
    expect(saved.folders()).toEqual(["a / c", "b"]);

    saved.remove({ name: "hi", folder: "b" });
    expect(saved.list().filter(({ name }) => name === "hi")).toEqual([text("hi", "2")]);
  });

  test.each(MESSAGE_KINDS)("keep %s as it was written, also after another one and in a file", (kind) => {
    const saved = new SavedMessages(memoryStorage());
    const message = { name: "a", kind, data: "68 69" };
    saved.save(message);
    saved.save(text("b", "1"));

    expect(saved.list()).toEqual([message, text("b", "1")]);
    expect(parseMessages(writeMessages(saved.list()), "f.json").messages[0]).toMatchObject(message);
  });

  test("are typed with slashes, and spaces do not matter", () => {
    expect([" chat/ rooms ", "/", "", "a//b"].map(readFolder)).toEqual(["chat / rooms", undefined, undefined, "a / b"]);
  });

  test("moving never overwrites another message, and says when the message is gone", () => {
    const saved = new SavedMessages(memoryStorage());
    saved.save(text("a", "1"));
    saved.save(text("b", "2", "f"));

    expect(saved.move({ name: "a" }, { name: "b", folder: "f" })).toMatch(/“b” in f; give it another name/);
    expect(saved.move({ name: "a" }, { name: "c", folder: "f" })).toBeNull();
    expect(saved.move({ name: "a" }, { name: "d" })).toMatch(/“a” was deleted meanwhile/);
    expect(saved.move({ name: "b", folder: "f" }, { name: "b" })).toBeNull();
    expect(saved.list()).toEqual([text("b", "2"), text("c", "1", "f")]);
  });
});

describe("messages from a file are added", () => {
  test("without overwriting: the same is left, another one gets a number", () => {
    const saved = new SavedMessages(memoryStorage());
    saved.save(text("a", "1", "f"));

    const result = saved.add([
      text("a", "1", "f"),
      text("a", "2", "f"),
      text("a", "3", "f"),
      text("b", "4"),
      text("a", "2", "f"),
    ]);

    expect(result).toEqual({ added: 3, known: 2, renamed: ["a (2)", "a (3)"] });
    expect(saved.list()).toEqual([
      text("b", "4"),
      text("a", "1", "f"),
      text("a (2)", "2", "f"),
      text("a (3)", "3", "f"),
    ]);
  });

  test("all or none: without room nothing changes", () => {
    const saved = new SavedMessages(small(300));
    saved.save(text("a", "1"));

    expect(saved.add([text("b", "2"), text("c", "x".repeat(400))])).toMatch(/storage is full/);
    expect(saved.list()).toEqual([text("a", "1")]);
  });

  test("keeps the names of what every object has", () => {
    const saved = new SavedMessages(memoryStorage());
    saved.add([text("__proto__", "1", "constructor")]);

    expect(saved.list()).toEqual([text("__proto__", "1", "constructor")]);
  });
});

describe("the playground's own file", () => {
  test("comes back as it was written", () => {
    const messages: SavedMessage[] = [
      text("plain", "a\n“b” \u202e \ud83d\ude00"),
      { name: "j", kind: "json", data: '{"n": 9007199254740993}', folder: "a / b" },
      { name: "h", kind: "hex", data: "00 ff" },
      { name: "b", kind: "base64", data: "AP8=" },
    ];

    expect(parseMessages(writeMessages(messages), "m.json")).toEqual({
      from: "m.json",
      messages,
      left: [],
      notes: [],
      values: {},
    });
  });

  test("names what is no message, and takes the rest", () => {
    const file = {
      format: "websocket-playground-messages",
      version: 1,
      messages: [text("a", "1"), { name: "v", kind: "video", data: "" }, 7],
    };

    expect(parseMessages(JSON.stringify(file), "m.json")).toMatchObject({
      messages: [text("a", "1")],
      left: [{ name: "v" }, { name: "message 3" }],
    });
  });

  test("of a newer version is refused as a whole", () => {
    const file = { format: "websocket-playground-messages", version: 2, messages: [text("a", "1")] };

    expect(() => parseMessages(JSON.stringify(file), "m.json")).toThrow(/version 2 .* reads up to 1; update it/);
    expect(() => parseMessages(JSON.stringify({ ...file, version: undefined }), "m.json")).toThrow(/no version/);
  });
});

describe("a collection of Postman", () => {
  const read = () => parseMessages(fixture("postman-v2.1.json"), "chat.json");

  test("gives the raw bodies, in its folders, with variables that can be filled in here", () => {
    expect(read()).toMatchObject({
      from: "Postman's collection “Chat server”",
      messages: [
        {
          folder: "Chat server / rooms",
          name: "join",
          kind: "json",
          data: '{\n  "join": "{{room_name}}",\n  "id": "{{uuid}}",\n  "n": {{n_}}\n}',
        },
        { folder: "Chat server / rooms / inner∕deep", name: "say", kind: "text", data: "hello {{$randomCity}}" },
        { folder: "Chat server", name: "list of numbers", kind: "json", data: "[9007199254740993]" },
      ],
      notes: ["{{$randomCity}} in “say” is sent as it is written."],
      values: { room_name: "lobby", n_: "7" },
    });
  });

  test("names everything else by its reason", () => {
    expect(reasons(read().left)).toEqual([
      "2 without a body: health, short form",
      "2 with a form as body: upload, login form",
      "1 with a file as body: picture",
      "1 with a GraphQL query: users",
      "1 of the type ws-raw-request: live",
      "1 that are no requests: without a name",
    ]);
  });

  test("is also read in v2.0 and as Postman's interface gives it", () => {
    const value = JSON.parse(fixture("postman-v2.1.json"));
    value.info.schema = value.info.schema.replaceAll("v2.1.0", "v2.0.0");

    expect(parseMessages(JSON.stringify({ collection: value }), "x")).toEqual(read());
  });

  test("of a thousand folders in each other is read up to a depth, and says so", () => {
    let item: unknown = { name: "bottom", request: { body: { mode: "raw", raw: "x" } } };
    for (let i = 0; i < 1_000; i++) item = { name: `f${i}`, item: [item] };
    const value = {
      info: { name: "deep", schema: "https://schema.getpostman.com/json/collection/v2.1.0/" },
      item: [item],
    };

    expect(reasons(parseMessages(JSON.stringify(value), "x").left)).toEqual([
      "1 in more than 50 folders in each other: f950",
    ]);
  });
});

describe("a collection of Hoppscotch", () => {
  const read = () => parseMessages(fixture("hoppscotch.json"), "hopp.json");

  test("gives the bodies, in its folders, with variables that can be filled in here", () => {
    expect(read()).toMatchObject({
      from: "Hoppscotch's collection “Echo API”",
      messages: [
        { folder: "Echo API", name: "greet", kind: "json", data: '{"hello": "{{user_name}}", "at": "{{now}}"}' },
        { folder: "Echo API", name: "old", kind: "text", data: "old words" },
        { folder: "Echo API / nested", name: "xml", kind: "text", data: "{{tag}} <a/>" },
      ],
      values: { user_name: "ada" },
    });
  });

  test("names everything else by its reason", () => {
    expect(reasons(read().left)).toEqual([
      "1 without a body: get",
      "1 with a form as body: form",
      "1 with a file as body: blob",
      "1 with a GraphQL query: graph",
    ]);
  });

  test("is also read alone, not in a list", () => {
    const [value] = JSON.parse(fixture("hoppscotch.json"));

    expect(parseMessages(JSON.stringify(value), "x")).toEqual(read());
  });
});

describe("a file chosen by mistake", () => {
  const file = (bytes: Uint8Array, size = bytes.length, name = "f.json") => ({
    name,
    size,
    arrayBuffer: async () => bytes.buffer as ArrayBuffer,
  });
  const utf8 = (words: string) => new TextEncoder().encode(words);

  test.each<[string, ReturnType<typeof file>, RegExp]>([
    ["a picture", file(new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a])), /f.json is not text/],
    ["a very large one", file(utf8("[]"), LARGEST_COLLECTION + 1), /has 2.0 MB; at most 2.0 MB are read/],
    ["an empty one", file(utf8("")), /not JSON/],
    ["half of one", file(utf8('{"info": {')), /not JSON/],
    ["Postman's v3", file(utf8("$kind: websocket-request\nurl: wss://x\n")), /YAML, of Postman's v3; export .* v2.1/],
    ["Postman's v1", file(utf8('{"name": "a", "order": [], "folders": [], "requests": []}')), /old v1.*again as v2.1/],
    ["Postman's environment", file(utf8('{"values": [], "_postman_variable_scope": "environment"}')), /variables/],
    ["a dump", file(utf8('{"version": 1, "collections": []}')), /one by one/],
    ["another JSON", file(utf8('{"log": {"entries": []}}')), /neither the playground's, nor a collection/],
    ["a number", file(utf8("7")), /neither/],
    ["an empty list", file(utf8("[]")), /neither/],
    ["null", file(utf8("null")), /neither/],
    ["brackets", file(utf8("[".repeat(1_000_000))), /not JSON/],
    [
      "too many messages",
      file(utf8(writeMessages(Array(2_001).fill(text("a", "1"))))),
      /2,001 messages; at most 2,000 are read/,
    ],
    ["nothing in it", file(utf8(writeMessages([]))), /There is no message in f.json/],
  ])("is refused with a sentence: %s", async (_, chosen, sentence) => {
    await expect(readMessages(chosen)).rejects.toThrow(sentence);
  });

  test("is named when it cannot be read", async () => {
    const gone = { name: "gone", size: 1, arrayBuffer: () => Promise.reject(new Error("NotFoundError")) };

    await expect(readMessages(gone)).rejects.toThrow(/gone could not be read/);
  });
});

test("every value of the wrong type, anywhere in a collection, is left out and never an error", () => {
  const wrong = [null, true, 0, "text", [], {}, [1], { a: 1 }];
  for (const name of ["postman-v2.1.json", "hoppscotch.json"]) {
    const original = JSON.parse(fixture(name));
    const paths: (string | number)[][] = [];
    const collect = (value: unknown, path: (string | number)[]): void => {
      if (path.length) paths.push(path);
      if (typeof value === "object" && value)
        for (const key of Object.keys(value)) collect((value as Record<string, unknown>)[key], [...path, key]);
    };
    collect(original, []);
    for (const path of paths) {
      for (const other of wrong) {
        const changed = structuredClone(original);
        const parent = path.slice(0, -1).reduce((value, key) => value[key], changed);
        parent[path.at(-1)!] = other;
        try {
          const { messages, left } = parseMessages(JSON.stringify(changed), name);
          for (const { name, data, folder } of [...messages])
            expect([typeof name, typeof data, typeof folder]).toEqual(["string", "string", "string"]);
          for (const { name, why } of left) expect([typeof name, typeof why]).toEqual(["string", "string"]);
        } catch (error) {
          expect((error as Error).message).toMatch(/neither the playground's|There is no message/);
        }
      }
    }
  }
});

test("what became of a file is said in one sentence", () => {
  const collection = {
    from: "x.json",
    messages: [text("a", "1"), text("b", "2")],
    left: [{ name: "c", why: "w" }],
    notes: [],
    values: {},
  };

  expect(tell(collection, { added: 1, known: 1, renamed: ["b (2)"] })).toBe(
    "1 message from x.json was added; 1 of 2 was here already; 1 got another name, since theirs is taken; 1 could not be read.",
  );
});

describe("values that were asked for", () => {
  const make = (notebook: string, storage: Storage, page = new PageMemory(memoryStorage())) =>
    new AskedValues(() => notebook, storage, page);

  test("are filled in for the same message, here before elsewhere, else by name", () => {
    const storage = memoryStorage();
    const [one, two] = [make("one.ipynb", storage), make("two.ipynb", storage)];
    one.remember("join {{room}}", { room: "a" });
    two.remember("join {{room}}", { room: "b" });
    two.remember("leave {{room}} {{who}}", { room: "c", who: "me" });

    expect(make("one.ipynb", storage).recall("join {{room}}", ["room"])).toEqual({ room: "a" });
    expect(make("three.ipynb", storage).recall("join {{room}}", ["room"])).toEqual({ room: "b" });
    expect(two.recall("other {{room}}", ["room"])).toEqual({ room: "c" });
    expect(make("one.ipynb", storage).recall("other {{room}}", ["room"])).toEqual({});
  });

  test("that may be secret stay in the tab", () => {
    const storage = memoryStorage();
    const page = new PageMemory(memoryStorage());
    make("n", storage, page).remember("{{apiToken}} {{room}}", { apiToken: "hush", room: "a" });

    expect(JSON.stringify(storage)).not.toContain("hush");
    expect(make("n", storage, page).recall("{{apiToken}} {{room}}", ["apiToken", "room"])).toEqual({
      apiToken: "hush",
      room: "a",
    });
    expect(make("n", storage).recall("{{apiToken}} {{room}}", ["apiToken", "room"])).toEqual({ room: "a" });
  });

  test("are forgotten with their message, and only so many are kept", () => {
    const storage = memoryStorage();
    const values = make("n", storage);
    for (let i = 0; i < 150; i++) values.remember(`m${i} {{a}}`, { a: `${i}` });
    values.forget("m149 {{a}}");
    const fresh = make("n", storage);

    expect(fresh.recall("m149 {{a}}", ["a"])).toEqual({});
    expect(fresh.recall("m148 {{a}}", ["a"])).toEqual({ a: "148" });
    expect(fresh.recall("m10 {{a}}", ["a"])).toEqual({});
    expect(JSON.parse(storage.getItem("websocket-playground:values")!)).toHaveLength(99);
  });

  test("survive what others wrote to the same place, and a storage that is full or forbidden", () => {
    for (const text of [
      "nonsense",
      "{}",
      "null",
      '[1, null, {"text": "x"}, {"text": "m", "notebook": "n", "values": {"a": 1}}]',
    ]) {
      const storage = memoryStorage();
      storage.setItem("websocket-playground:values", text);
      expect(make("n", storage).recall("m", ["a", "toString"])).toEqual({});
    }
    const full = make("n", small(0));
    full.remember("m {{a}}", { a: "1" });
    expect(full.recall("m {{a}}", ["a"])).toEqual({ a: "1" });
  });
});
