import { clock, sinceText } from "../../format";
import { WITNESSES, type Witness } from "../../generated/vocabulary";
import type { Row } from "../../kernel-protocol";
import type { Account, Why } from "../../row-detail";
import { sentence, statementText } from "../../saying";
import { visible } from "../../visible";
import { h } from "../dom";

/** What a column is about: the handler sends what goes out, and is told what comes in. */
function titleOf(witness: Witness, { direction }: Row): string {
  if (witness === "handler") return direction === "out" ? "Handler sent" : "Handler was told";
  return witness === "client" ? "Client saw" : "On the wire";
}

/** The text, which may be broken before a parenthesis: names of hooks are nearly as wide as a column. */
function breakable(text: string): Node[] {
  return visible(text)
    .split(/(?=\()/)
    .flatMap((part, index) => [...(index ? [h("wbr")] : []), document.createTextNode(part)]);
}

/** The accounts of the three witnesses, side by side. */
export function accountsView(row: Row, accounts: readonly Account[]): HTMLElement | null {
  if (!accounts.length) return null;
  const first = Math.min(...accounts.flatMap(({ at }) => at ?? []));
  const columns = WITNESSES.map((witness) => {
    const account = accounts.find((each) => each.witness === witness);
    const [head = "no report", ...others] = (account?.said ?? []).map(statementText);
    const rest = [...others, account?.note].filter(Boolean).join("; ");
    const saw = account?.saw ?? row.saw?.[WITNESSES.indexOf(witness)] ?? "-";
    const at = account?.at ?? null;
    const when =
      at === null
        ? null
        : h(
            "div",
            { class: "wp-dim wp-account-at", title: clock(at) },
            at === first ? clock(at) : sinceText(at, first),
          );
    return h(
      "div",
      { class: "wp-account", "data-saw": saw, "data-witness": witness },
      h("h4", {}, titleOf(witness, row)),
      h("div", { class: "wp-mono" }, ...breakable(head)),
      rest ? h("div", { class: "wp-dim" }, ...breakable(rest)) : null,
      when,
    );
  });
  return h(
    "div",
    { class: "wp-accounts", "data-differs": row.agree === false ? "true" : "false", "data-testid": "accounts" },
    ...columns,
  );
}

/** Why the connection ended, in words, and what to do about it; `line` leads to the code. */
export function verdictView(row: Row, why: Why, line: HTMLElement, owner: string): HTMLElement {
  return h(
    "div",
    {
      class: "wp-verdict",
      "data-differs": String(row.agree === false),
      "data-testid": "why",
      title: row.connection != null ? `${owner}.why(${row.connection})` : null,
    },
    h("b", {}, "Why did it close? "),
    sentence(why.verdict),
    why.advice ? h("div", { class: "wp-advice" }, sentence(why.advice)) : null,
    why.last ? h("div", { class: "wp-dim" }, sentence(why.last)) : null,
    line,
  );
}
