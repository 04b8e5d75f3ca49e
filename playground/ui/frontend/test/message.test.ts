import { beforeEach, describe, expect, test, vi } from "vitest";
import { base64, describeFile, fileText, LARGEST_FILE, readFile } from "../src/file-message";
import { isMistake, prepare, readFragments, usesCounter } from "../src/outgoing";
import { atFirstLine, atLastLine, Recall, type Sent } from "../src/recall";
import { Repeat, readSeconds } from "../src/repeat";
import { SavedMessages } from "../src/saved";
import { fill, questionsOf, uuid, variablesOf } from "../src/variables";
import { memoryStorage } from "./storage";

describe("variables", () => {
  const source = {
    n: 7,
    now: new Date(Date.UTC(2026, 0, 5, 12)),
    uuid: (() => {
      let i = 0;
      return () => `id-${++i}`;
    })(),
  };

  test("are found once each, and only the unknown ones are asked for", () => {
    expect(variablesOf("{{n}} {{ room }} {{n}} {{now}} {{} {{2x}} {{room}}")).toEqual(["n", "room", "now"]);
    expect(questionsOf("{{n}} {{room}} {{uuid}} {{who}}")).toEqual(["room", "who"]);
  });

  test("are filled in: a counter, the time, an identifier for each place, and what was given", () => {
    expect(fill("{{n}} {{now}} {{uuid}} {{uuid}} {{room}} {{other}}", { room: "a{{n}}" }, source)).toBe(
      "7 2026-01-05T12:00:00.000Z id-1 id-2 a{{n}} {{other}}",
    );
  });

  test("do not reach for what every object has", () => {
    expect(fill("{{constructor}} {{toString}}", {}, source)).toBe("{{constructor}} {{toString}}");
  });

  test("have identifiers that look like any other", () => {
    expect(uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe("a message on its way out", () => {
  const source = { n: 2, now: new Date(0), uuid: () => "id" };

  test("is checked as it will travel, not as it is written", () => {
    expect(prepare({ kind: "json", data: '{"n": {{n}}}' }, {}, source)).toEqual({ kind: "json", data: '{"n": 2}' });
    expect(prepare({ kind: "hex", data: "0{{n}}" }, {}, source)).toEqual({ kind: "hex", data: "02" });
    expect(prepare({ kind: "text", data: "{{n}}" }, {}, null)).toEqual({ kind: "text", data: "{{n}}" });
  });

  test("says where its mistake is, if that is a place in what was written", () => {
    expect(prepare({ kind: "json", data: '{"a": 1,}' }, {}, source)).toMatchObject({
      at: 8,
      message: expect.stringMatching(/^line 1, column 9: /),
    });
    expect(prepare({ kind: "json", data: '{"n": {{n}},}' }, {}, source)).toMatchObject({
      at: null,
      message: expect.stringMatching(/after .* was filled in/),
    });
    expect(isMistake(prepare({ kind: "base64", data: "a" }, {}, source))).toBe(true);
  });

  test("moves the counter only when it shows it", () => {
    expect([usesCounter("{{ n }}"), usesCounter("n {{now}}")]).toEqual([true, false]);
  });

  test("travels in a sensible number of frames", () => {
    expect([readFragments(""), readFragments("1"), readFragments("12")]).toEqual([1, 1, 12]);
    for (const wrong of ["0", "-1", "1.5", "x", "99999"]) expect(readFragments(wrong)).toMatch(/fragments/);
  });
});

describe("saved messages", () => {
  test("stay in the browser by name, and go when deleted", () => {
    const storage = memoryStorage();
    const saved = new SavedMessages(storage);
    saved.save({ name: "login", kind: "json", data: "{}" });
    saved.save({ name: "bye", kind: "text", data: "bye" });
    saved.save({ name: "login", kind: "json", data: '{"a": 1}' });

    expect(new SavedMessages(storage).list()).toEqual([
      { name: "bye", kind: "text", data: "bye" },
      { name: "login", kind: "json", data: '{"a": 1}' },
    ]);

    saved.remove({ name: "bye" });
    expect(saved.list().map(({ name }) => name)).toEqual(["login"]);
  });

  test("survive what others wrote to the same place", () => {
    const storage = memoryStorage();
    for (const text of ["nonsense", "{}", "null", '[1, null, {"name": "x"}]']) {
      storage.setItem("websocket-playground:messages", text);
      expect(new SavedMessages(storage).list()).toEqual([]);
    }
  });

  test("say why they were not kept", () => {
    expect(new SavedMessages(null).save({ name: "a", kind: "text", data: "" })).toMatch(/no storage/);
    const full = {
      ...memoryStorage(),
      getItem: () => null,
      setItem: () => {
        throw new Error("QuotaExceeded");
      },
    };
    expect(new SavedMessages(full as unknown as Storage).save({ name: "a", kind: "text", data: "" })).toMatch(
      /is full/,
    );
  });
});

describe("what was sent", () => {
  const text = (data: string): Sent => ({ kind: "text", data });
  let kept: string | null;
  let recall: Recall;
  beforeEach(() => {
    kept = null;
    recall = new Recall(
      () => kept,
      (now) => (kept = now),
    );
  });

  test("comes back one by one, and at the end what was being typed", () => {
    for (const data of ["one", "two", "two"]) recall.add(text(data));

    expect(recall.back(text("draft"))).toEqual(text("two"));
    expect(recall.back(text("two"))).toEqual(text("one"));
    expect(recall.back(text("one"))).toBeNull();
    expect(recall.forward()).toEqual(text("two"));
    expect(recall.forward()).toEqual(text("draft"));
    expect(recall.forward()).toBeNull();
  });

  test("skips the message that still stands in the box", () => {
    for (const data of ["one", "two"]) recall.add(text(data));

    expect(recall.back(text("two"))).toEqual(text("one"));
  });

  test("is kept over a reload, but for messages that are very long", () => {
    recall.add(text("x".repeat(20_000)));
    recall.add({ kind: "json", data: "{}" });

    expect(
      new Recall(
        () => kept,
        () => {},
      ).back(text("")),
    ).toEqual({ kind: "json", data: "{}" });
    expect(JSON.parse(kept!)).toHaveLength(1);
    expect(
      new Recall(
        () => "nonsense",
        () => {},
      ).back(text("")),
    ).toBeNull();
  });

  test("is reached from the first line, and left from the last", () => {
    expect([atFirstLine("a\nb", 1, 1), atFirstLine("a\nb", 2, 2), atFirstLine("ab", 0, 2)]).toEqual([
      true,
      false,
      false,
    ]);
    expect([atLastLine("a\nb", 1, 1), atLastLine("a\nb", 2, 2), atLastLine("", 0, 0)]).toEqual([false, true, true]);
  });
});

describe("repeating", () => {
  beforeEach(() => void vi.useFakeTimers());

  test("acts at once and then each so many seconds, until it is stopped", async () => {
    const repeat = new Repeat();
    const act = vi.fn(async () => null);
    repeat.start(0.5, act);
    await vi.advanceTimersByTimeAsync(1_600);
    expect(act).toHaveBeenCalledTimes(4);
    expect(repeat).toMatchObject({ running: true, times: 4 });

    repeat.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(act).toHaveBeenCalledTimes(4);
    expect(repeat).toMatchObject({ running: false, ended: "" });
  });

  test("waits for a slow answer instead of sending a second one meanwhile", async () => {
    const repeat = new Repeat();
    let open = 0;
    let most = 0;
    repeat.start(0.05, async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 200));
      open--;
      return null;
    });
    await vi.advanceTimersByTimeAsync(1_000);

    expect(most).toBe(1);
    expect(repeat.times).toBe(4);
    repeat.stop();
  });

  test("ends with the reason when it cannot go on", async () => {
    const repeat = new Repeat();
    repeat.start(1, async () => "alice is closed");
    await vi.advanceTimersByTimeAsync(0);
    expect(repeat).toMatchObject({ running: false, ended: "alice is closed", times: 0 });

    repeat.start(1, async () => {
      throw new Error("no kernel");
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(repeat.ended).toBe("no kernel");
  });

  test("an answer to a turn that was stopped changes nothing", async () => {
    const repeat = new Repeat();
    repeat.start(1, () => new Promise((resolve) => setTimeout(() => resolve("too late"), 300)));
    repeat.stop();
    await vi.advanceTimersByTimeAsync(1_000);

    expect(repeat).toMatchObject({ running: false, ended: "" });
  });

  test("is not faster than the panel can follow", () => {
    expect([readSeconds("1"), readSeconds(" 0,5 "), readSeconds("0.05")]).toEqual([1, 0.5, 0.05]);
    for (const wrong of ["", "x", "0", "0.04", "-1", "1e9"]) expect(readSeconds(wrong)).toEqual(expect.any(String));
  });
});

describe("a file", () => {
  const file = (name: string, bytes: number[], size = bytes.length) => ({
    name,
    size,
    arrayBuffer: async () => new Uint8Array(bytes).buffer,
  });

  test("is sent as its bytes or its text", async () => {
    const read = await readFile(file("hi.txt", [104, 105]));

    expect(base64(read.bytes)).toBe("aGk=");
    expect(fileText(read)).toBe("hi");
    expect(describeFile(read)).toBe("hi.txt, 2 B");
  });

  test("of many bytes is one base64 text", () => {
    expect(base64(new Uint8Array(100_000))).toHaveLength(133_336);
  });

  test("that is too large, unreadable or no text is refused with a sentence", async () => {
    await expect(readFile(file("big.bin", [], LARGEST_FILE + 1))).rejects.toThrow(
      /big.bin has 8.0 MB; from here at most 8.0 MB/,
    );
    await expect(readFile({ name: "gone", size: 1, arrayBuffer: () => Promise.reject(new Error()) })).rejects.toThrow(
      /could not be read/,
    );
    const binary = await readFile(file("a.png", [0xff, 0xfe]));
    expect(() => fileText(binary)).toThrow(/not UTF-8 text; send it as bytes/);
  });
});
