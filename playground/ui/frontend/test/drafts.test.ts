import { beforeEach, describe, expect, test } from "vitest";
import { Drafts, sourceState } from "../src/drafts";
import { EarlierDrafts, joinPage, liveEpochs } from "../src/earlier-drafts";
import { memoryStorage } from "./storage";

const v3 = { version: 3, source: "three" };

describe("what the editor shows", () => {
  test("is the kernel's source when nothing was typed", () => {
    expect(sourceState(v3, undefined)).toEqual({
      text: "three",
      base: 3,
      dirty: false,
      elsewhere: null,
      redundant: true,
    });
  });

  test("is what was typed until it is applied", () => {
    expect(sourceState(v3, { source: "mine", base: 3 })).toMatchObject({ text: "mine", dirty: true, elsewhere: null });
  });

  test("stays what was typed when a version comes from elsewhere, and says so", () => {
    expect(sourceState({ version: 4, source: "theirs" }, { source: "mine", base: 3 })).toMatchObject({
      text: "mine",
      dirty: true,
      elsewhere: 4,
    });
  });

  test("is redundant when the kernel has what was applied here", () => {
    const draft = { source: "mine", base: 3, submitted: "mine", applied: 4 };

    expect(sourceState({ version: 4, source: "mine" }, draft).redundant).toBe(true);
    expect(sourceState({ version: 4, source: "mine, tidied" }, draft)).toMatchObject({
      text: "mine, tidied",
      redundant: true,
    });
  });

  test("does not call our own version one from elsewhere, whichever of reply and trait is first", () => {
    const typedOn = { source: "mine and more", base: 3, submitted: "mine" };

    expect(sourceState({ version: 4, source: "mine" }, typedOn)).toMatchObject({
      text: "mine and more",
      dirty: true,
      elsewhere: null,
    });
    expect(sourceState(v3, { ...typedOn, applied: 4 })).toMatchObject({ text: "mine and more", elsewhere: null });
  });

  test("does not jump back to the old source between the reply and the trait", () => {
    expect(sourceState(v3, { source: "mine", base: 3, submitted: "mine", applied: 4 })).toMatchObject({
      text: "mine",
      dirty: false,
      elsewhere: null,
    });
  });
});

describe("drafts", () => {
  let kept: Storage;
  beforeEach(() => {
    kept = memoryStorage();
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

describe("drafts from before a restart", () => {
  const key = "websocket /ws";
  const echo = { key, texts: ["echo"] };
  let kept: Storage;
  const old = (): EarlierDrafts => new EarlierDrafts(() => new Set(["new"]), kept);
  beforeEach(() => {
    kept = memoryStorage();
  });

  test("are offered at the endpoint of the same path", () => {
    new Drafts(() => "before", kept).set(key, { source: "mine", base: 3, at: 5 });

    expect(old().offer(echo, new Set([key]))).toMatchObject({ key, source: "mine", at: 5, applied: false });
  });

  test("are not offered when the editor shows the same, or when they belong to a panel that lives", () => {
    new Drafts(() => "before", kept).set(key, { source: "echo", base: 3 });
    new Drafts(() => "new", kept).set(key, { source: "mine", base: 3 });

    expect(old().offer(echo, new Set([key]))).toBeNull();
  });

  test("are the latest ones, and with one go those before it", () => {
    new Drafts(() => "first", kept).set(key, { source: "one", base: 3, at: 1 });
    new Drafts(() => "second", kept).set(key, { source: "two", base: 3, at: 2 });
    const drafts = old();
    const offered = drafts.offer(echo, new Set([key]))!;
    expect(offered.source).toBe("two");
    drafts.drop(offered);

    expect(drafts.offer(echo, new Set([key]))).toBeNull();
    expect(old().offer(echo, new Set([key]))).toBeNull();
  });

  test("include what was applied, because the kernel took it with it", () => {
    const before = new Drafts(() => "before", kept);
    before.set(key, { source: "mine", base: 3, submitted: "mine", applied: 4, at: 5 });
    before.dropApplied(key);
    expect(old().offer(echo, new Set([key]))).toMatchObject({ source: "mine", applied: true });

    before.set(key, { source: "mine and more", base: 4, at: 6 });
    expect(old().offer(echo, new Set([key]))).toMatchObject({ source: "mine and more", applied: false });
  });

  const of = (notebook: string): EarlierDrafts =>
    new EarlierDrafts(
      () => new Set(["new"]),
      kept,
      () => notebook,
    );

  test("whose endpoint is gone are offered at any endpoint of the same notebook", () => {
    new Drafts(
      () => "before",
      kept,
      () => "A",
    ).set("websocket /gone", { source: "mine", base: 0 });

    expect(of("A").offer(echo, new Set([key]))).toMatchObject({ key: "websocket /gone" });
    expect(of("A").offer(undefined, new Set())).toMatchObject({ key: "websocket /gone" });
    expect(of("A").offer(echo, new Set([key, "websocket /gone"]))).toBeNull();
    expect([of("B"), of("")].map((drafts) => drafts.offer(echo, new Set([key])))).toEqual([null, null]);
  });

  test("are not offered in another notebook, nor dropped by it", () => {
    new Drafts(
      () => "before",
      kept,
      () => "A",
    ).set(key, { source: "theirs", base: 3, at: 9 });
    new Drafts(
      () => "earlier",
      kept,
      () => "B",
    ).set(key, { source: "ours", base: 3, at: 5 });
    const ours = of("B");
    const offered = ours.offer(echo, new Set([key]))!;
    expect(offered.source).toBe("ours");
    ours.drop(offered);

    expect(ours.offer(echo, new Set([key]))).toBeNull();
    expect(of("A").offer(echo, new Set([key]))).toMatchObject({ source: "theirs" });
  });

  test("of an unknown notebook are offered only where their endpoint is shown", () => {
    new Drafts(() => "before", kept).set("websocket /gone", { source: "mine", base: 0 });
    expect([of("A"), of("")].map((drafts) => drafts.offer(echo, new Set([key])))).toEqual([null, null]);
    new Drafts(() => "before", kept).set(key, { source: "mine", base: 3 });

    expect([of("A"), of("")].map((drafts) => drafts.offer(echo, new Set([key]))?.source)).toEqual(["mine", "mine"]);
  });

  test("are no more than a few, and nonsense is none", () => {
    for (let i = 0; i < 40; i++) new Drafts(() => `epoch ${i}`, kept).set(key, { source: `${i}`, base: 1, at: i });
    kept.setItem("websocket-playground:x:draft:websocket /bad", "nonsense");
    old();

    expect(Object.keys(kept).filter((name) => name.includes("/ws"))).toHaveLength(30);
    expect(old().offer(undefined, new Set([key]))).toBeNull();
  });

  test("of other notebooks in the same page are theirs while their kernel answers", () => {
    let alive = true;
    const told: string[] = [];
    const theirs = joinPage({ epoch: () => "theirs", alive: () => alive, neighbours: () => told.push("theirs") });
    const ours = joinPage({ epoch: () => "ours", alive: () => true, neighbours: () => told.push("ours") });
    expect([...liveEpochs()]).toEqual(["theirs", "ours"]);
    alive = false;
    theirs.tell();

    expect([...liveEpochs()]).toEqual(["ours"]);
    expect(told).toEqual(["ours"]);
    theirs.leave();
    ours.leave();
    expect([...liveEpochs()]).toEqual([]);
  });
});
