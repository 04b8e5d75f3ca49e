import { diffLines, fold, splitLines, tally } from "../../diff";
import { plural } from "../../format";
import type { Row, Version } from "../../kernel-protocol";
import { matchesPath } from "../../problems";
import { literal } from "../../python";
import type { Session } from "../../session";
import { diffView } from "../diff-view";
import { h } from "../dom";
import { part } from "./part";

/** What an edit changed: the version before it against its own. */
export async function editDiff(session: Session, row: Row, before: number): Promise<HTMLElement> {
  const endpoint =
    session.endpoints.find(({ path, kind }) => matchesPath(path, row.path ?? "") && kind === "websocket") ??
    session.endpoints.find(({ path }) => path === row.path);
  const { result } = await session.kernel.call<{ versions: Version[] }>("versions", {
    path: row.path,
    kind: endpoint?.kind ?? "websocket",
  });
  const source = (number: number): string | undefined =>
    result.versions.find((version) => version.number === number)?.source;
  const [old, now] = [source(before), source(row.version!)];
  const title = `v${before} → v${row.version}`;
  if (old === undefined || now === undefined)
    return part(
      title,
      h("p", { class: "wp-dim" }, `v${old === undefined ? before : row.version} is not kept any more.`),
    );
  const lines = diffLines(splitLines(old), splitLines(now));
  const counts = tally(lines);
  const said =
    counts.out || counts.in
      ? `−${plural(counts.out, "line")}, +${plural(counts.in, "line")}`
      : "the same code, run again";
  const view = h(
    "div",
    { class: "wp-edit-diff", title: `pg.endpoints[${literal(row.path ?? "")}].versions`, "data-testid": "edit-diff" },
    diffView(fold(lines)),
  );
  return part(`${title} · ${said}`, view);
}
