import { beforeEach, describe, expect, test } from "vitest";
import { Drafts, standing } from "../src/drafts";

const v3 = { version: 3, source: "three" };

describe("what the editor shows", () => {
  test("is the kernel's source when nothing was typed", () => {
    expect(standing(v3, undefined)).toEqual({ text: "three", dirty: false, elsewhere: null, settled: true });
  });

  test("is what was typed until it is applied", () => {
    expect(standing(v3, { source: "mine", base: 3 })).toMatchObject({ text: "mine", dirty: true, elsewhere: null });
  });

  test("stays what was typed when a version comes from elsewhere, and says so", () => {
    expect(standing({ version: 4, source: "theirs" }, { source: "mine", base: 3 })).toMatchObject({ text: "mine", dirty: true, elsewhere: 4 });
  });

  test("is settled when the kernel has what was applied here", () => {
    const draft = { source: "mine", base: 3, submitted: "mine", applied: 4 };

    expect(standing({ version: 4, source: "mine" }, draft).settled).toBe(true);
    expect(standing({ version: 4, source: "mine, tidied" }, draft)).toMatchObject({ text: "mine, tidied", settled: true });
  });

  test("does not call our own version one from elsewhere, whichever of reply and trait is first", () => {
    const typedOn = { source: "mine and more", base: 3, submitted: "mine" };

    expect(standing({ version: 4, source: "mine" }, typedOn)).toMatchObject({ text: "mine and more", dirty: true, elsewhere: null });
    expect(standing(v3, { ...typedOn, applied: 4 })).toMatchObject({ text: "mine and more", elsewhere: null });
  });

  test("does not jump back to the old source between the reply and the trait", () => {
    expect(standing(v3, { source: "mine", base: 3, submitted: "mine", applied: 4 })).toMatchObject({ text: "mine", dirty: false, elsewhere: null });
  });
});

describe("drafts", () => {
  let kept: Storage;
  beforeEach(() => {
    const items: Record<string, string> = {};
    kept = Object.defineProperties(items, {
      getItem: { value: (name: string) => items[name] ?? null },
      setItem: { value: (name: string, text: string) => void (items[name] = text) },
      removeItem: { value: (name: string) => void delete items[name] },
    }) as unknown as Storage;
  });

  test("survive a page reload in the same epoch only", () => {
    new Drafts(() => "a", kept).set("websocket /ws", { source: "mine", base: 3 });

    expect(new Drafts(() => "a", kept).get("websocket /ws")).toEqual({ source: "mine", base: 3 });
    expect(new Drafts(() => "a", kept).keys()).toEqual(["websocket /ws"]);
    expect(new Drafts(() => "b", kept).get("websocket /ws")).toBeUndefined();
  });

  test("are gone when dropped", () => {
    const drafts = new Drafts(() => "a", kept);
    drafts.set("websocket /ws", { source: "mine", base: 3 });
    drafts.drop("websocket /ws");

    expect(new Drafts(() => "a", kept).keys()).toEqual([]);
  });

  test("work where the page has no storage", () => {
    const drafts = new Drafts(() => "a", null);
    drafts.set("websocket /ws", { source: "mine", base: 3 });

    expect(drafts.get("websocket /ws")!.source).toBe("mine");
  });
});
