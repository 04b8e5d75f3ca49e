import { clock, sinceText } from "../../format";
import { WITNESSES, type Witness } from "../../generated/vocabulary";
import type { Row } from "../../kernel-protocol";
import type { Account, Why } from "../../row-detail";
import { sentence, statementText } from "../../saying";
import { h } from "../dom";

const TITLES: Record<Witness, string> = { client: "Client saw", wire: "On the wire", handler: "Handler was told" };

/** The accounts of the three witnesses, side by side. */
export function accountsView(row: Row, accounts: readonly Account[]): HTMLElement | null {
  if (!accounts.length) return null;
  const first = Math.min(...accounts.flatMap(({ at }) => at ?? []));
  const columns = WITNESSES.map((witness) => {
    const account = accounts.find((each) => each.witness === witness);
    const [head = "Cannot be asked.", ...others] = (account?.said ?? []).map(statementText);
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
      h("h4", {}, TITLES[witness]),
      h("div", { class: "wp-mono" }, head),
      rest ? h("div", { class: "wp-dim" }, rest) : null,
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
