import type { Collection, Left } from "../collection";
import { count, plural } from "../format";
import type { Added } from "../saved";
import { readMessages, writeMessages } from "../saved-file";
import { questionsOf } from "../variables";
import { h, setText, show } from "./dom";
import { download } from "./download";
import type { View } from "./view";

function build() {
  const write = h(
    "button",
    { class: "wp-button wp-small", title: "All saved messages, as JSON", "data-testid": "saved-to-file" },
    "To a file",
  );
  const read = h(
    "button",
    {
      class: "wp-button wp-small",
      title:
        "Messages that were saved here, or the bodies of requests in a collection of Postman (v2.1) or Hoppscotch. Nothing that is saved here is overwritten.",
      "data-testid": "saved-from-file",
    },
    "From a file…",
  );
  const picker = h("input", {
    type: "file",
    accept: ".json,application/json",
    hidden: true,
    "data-testid": "saved-file",
  });
  const says = h("p", { role: "status", "data-testid": "saved-file-says" });
  const more = h("ul", {
    class: "wp-saved-left",
    tabindex: "0",
    "aria-label": "What is different or missing",
    hidden: true,
  });
  return { write, read, picker, says, more };
}

/** What became of the messages of a file, in a sentence. */
export function tell({ from, messages, left }: Collection, { added, known, renamed }: Added): string {
  const parts = [`${plural(added, "message")} from ${from} ${added === 1 ? "was" : "were"} added`];
  if (known) parts.push(`${count(known)} of ${count(messages.length)} ${known === 1 ? "was" : "were"} here already`);
  if (renamed.length) parts.push(`${count(renamed.length)} got another name, since theirs is taken`);
  if (left.length) parts.push(`${count(left.length)} could not be read`);
  return `${parts.join("; ")}.`;
}

/** A line for each reason, with the names that it is about: `2 without a body: Users, Health`. */
export function reasons(left: readonly Left[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, why } of left) names.set(why, [...(names.get(why) ?? []), name]);
  return [...names].map(([why, all]) => `${count(all.length)} ${why}: ${all.join(", ")}`);
}

/** The saved messages as a file, and messages from one. */
export function savedFiles(view: View) {
  const { saved, values } = view.session;
  const { write, read, picker, says, more } = build();
  const say = (text: string, lines: readonly string[], bad: boolean): void => {
    setText(says, text);
    says.classList.toggle("wp-bad", bad);
    more.replaceChildren(...lines.map((line) => h("li", {}, line)));
    show(more, lines.length > 0);
  };
  const take = async (file: File): Promise<void> => {
    say("", [], false);
    try {
      const collection = await readMessages(file);
      const result = saved.add(collection.messages);
      if (typeof result === "string") return say(`Nothing was added. ${result}`, [], true);
      for (const { data } of collection.messages) {
        const names = questionsOf(data).filter((name) => Object.hasOwn(collection.values, name));
        if (names.length)
          values.remember(data, Object.fromEntries(names.map((name) => [name, collection.values[name]!])));
      }
      const renamed = result.renamed.length ? [`renamed: ${result.renamed.join(", ")}`] : [];
      say(tell(collection, result), [...renamed, ...reasons(collection.left), ...collection.notes], false);
    } catch (error) {
      say((error as Error).message, [], true);
    }
  };
  write.addEventListener("click", () => download("messages.json", writeMessages(saved.list()), "application/json"));
  read.addEventListener("click", () => picker.click());
  picker.addEventListener("change", () => {
    const file = picker.files?.[0];
    if (file) void take(file);
    // The same file can be chosen again.
    picker.value = "";
  });
  return {
    element: h("div", { class: "wp-saved-files" }, h("div", { class: "wp-actions" }, write, read, picker), says, more),
    clear: () => say("", [], false),
    update(messages: number): void {
      write.disabled = messages === 0;
    },
  };
}
