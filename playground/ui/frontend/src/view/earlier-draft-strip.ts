import type { EarlierDraft } from "../earlier-drafts";
import { clock } from "../format";
import { h, setAttribute, setText, show } from "./dom";
import type { View } from "./view";

/** Offers what was typed before the kernel was restarted. */
export function earlierDraftStrip(view: View, restored: (key: string) => void): HTMLElement {
  const { session } = view;
  const text = h("span");
  const restore = h(
    "button",
    { class: "wp-link", title: "Put it into the editor; nothing is published", "data-testid": "old-draft-restore" },
    "restore",
  );
  const discard = h("button", { class: "wp-link", "data-testid": "old-draft-discard" }, "discard");
  const strip = h(
    "div",
    { class: "wp-strip", role: "status", hidden: true, "data-testid": "old-draft" },
    text,
    " ",
    restore,
    " · ",
    discard,
  );
  let offered: EarlierDraft | null = null;

  restore.addEventListener("click", () => {
    if (offered) restored(session.restore(offered));
  });
  discard.addEventListener("click", () => {
    if (offered) session.discardEarlier(offered);
  });
  view.redrawOnChange(() => {
    offered = session.earlierDraft(view.endpoint);
    show(strip, offered !== null);
    if (!offered) return;
    const { key, at, applied } = offered;
    const path = key.replace(/^\w+ /, "");
    setText(
      text,
      `${path} was edited before the kernel restarted${at ? ` (${clock(at).slice(0, 5)})` : ""}; ${applied ? "the edit was applied" : "the edit was not applied"}:`,
    );
    setAttribute(discard, "title", "Delete this edit");
  });
  return strip;
}
