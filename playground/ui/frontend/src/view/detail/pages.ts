import { duration, size } from "../../format";
import type { Row } from "../../kernel-protocol";
import type { Detail } from "../../row-detail";
import { dataOf, errorOf } from "../../rowtext";
import { h } from "../dom";
import { accountsView, verdictView } from "./accounts";
import { framesView } from "./frames";
import { handshakeView } from "./handshake";
import { part } from "./part";
import { payloadView } from "./payload";
import type { Tab } from "./tabs";
import { timesView } from "./times";

/**
 * The pages of an opened row: the summary first, then the bytes. `line` leads to the code that it is about; `owner` is the
 * Python name of the object that has the log, for the calls that are shown.
 */
export function pagesOf(row: Row, detail: Detail | null, line: HTMLElement, owner: string): Tab[] {
  const frames = detail?.frames ?? [];
  const pages: Tab[] = [{ name: "Overview", content: overviewOf(row, detail, line, owner) }];
  if (detail?.handshake) pages.push({ name: "Handshake", content: handshakeView(detail.handshake) });
  if (frames.length) pages.push({ name: "Frames", note: String(frames.length), content: framesView(frames) });
  const fields = Object.entries(detail?.fields ?? ownFields(row));
  if (fields.length)
    pages.push({
      name: "Fields",
      content: [
        h(
          "dl",
          { class: "wp-facts wp-part" },
          ...fields.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]),
        ),
      ],
    });
  return pages;
}

/** Kinds whose text is a short form of the accounts or the handshake. */
const TOLD = new Set(["end", "connect", "accept"]);

function overviewOf(row: Row, detail: Detail | null, line: HTMLElement, owner: string): HTMLElement[] {
  const parts: (HTMLElement | null)[] = [];
  if (detail?.why) parts.push(verdictView(row, detail.why, line, owner));
  parts.push(accountsView(row, detail?.accounts ?? []));
  if (row.error && !detail?.traceback?.includes(row.error))
    parts.push(part("Error", h("pre", { class: "wp-bad" }, errorOf(row))));
  if (detail?.traceback) parts.push(part("Traceback", h("pre", { class: "wp-traceback" }, detail.traceback)));
  if (!detail?.why) parts.push(line);
  const text = detail ? detail.text : row.preview;
  if (row.kind === "edit" && row.preview) parts.push(h("p", { class: "wp-part" }, row.preview));
  else if ((text != null || detail?.hex) && !TOLD.has(row.kind))
    parts.push(payloadView(row, text ?? null, detail?.hex ?? null));
  const printed = detail?.output?.length
    ? detail.output
    : row.output
      ? [["stdout", row.output] as [string, string]]
      : [];
  if (printed.length)
    parts.push(
      part(
        "Printed",
        h(
          "pre",
          {},
          ...printed.map(([stream, said]) => h("span", { class: /err|crit|warn/i.test(stream) ? "wp-bad" : "" }, said)),
        ),
      ),
    );
  parts.push(timesView(detail?.times ?? []));
  if (detail?.handshake && row.kind !== "receive" && row.kind !== "send")
    parts.push(...handshakeView(detail.handshake));
  return parts.filter((each): each is HTMLElement => each !== null);
}

function ownFields(row: Row): Record<string, string> {
  const facts: [string, string | null][] = [
    ["data", row.error || row.output ? null : dataOf(row)],
    ["size", size(row.size)],
    ["duration", duration(row.duration_ms)],
    ["version", row.version == null ? null : `v${row.version}`],
    ["connection", row.connection == null ? null : `#${row.connection}`],
  ];
  return Object.fromEntries(facts.filter((fact): fact is [string, string] => Boolean(fact[1])));
}
