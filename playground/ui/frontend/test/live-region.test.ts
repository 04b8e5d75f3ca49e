import { expect, test } from "vitest";
import { withoutNumbers } from "../src/view/live-region";

test.each([
  ["repeating · 12 sent", "repeating · 1,013 sent"],
  ["v3 is live on 1 open connection", "v3 is live on 25 open connections"],
  ["sent · 0.4 ms", "sent · 12 ms"],
])("%j and %j differ in numbers only", (one, other) => {
  expect(withoutNumbers(one)).toBe(withoutNumbers(other));
});

test("other words differ", () => {
  expect(withoutNumbers("sending")).not.toBe(withoutNumbers("sent · 3 ms"));
  expect(withoutNumbers("alice is closed")).not.toBe(withoutNumbers("bob is closed"));
});
