import { diffLines } from "../diff";
import type { Trial } from "../edits";
import { atLine, plural } from "../format";
import type { Turn } from "../kernel-protocol";
import { tryCall } from "../python";
import { speakers } from "../senders";
import { diffView } from "./diff-view";
import { h, setAttribute, setOptions, setText, show } from "./dom";
import type { View } from "./view";

/** What the draft would reply to the messages that were received earlier. */
export function trialResult(view: View): HTMLElement {
  const { session } = view;
  const summary = h("b");
  const stale = h("span", { class: "wp-dim" });
  const dismiss = h(
    "button",
    { class: "wp-button wp-small", "aria-label": "Dismiss the result", title: "Escape" },
    "✕",
  );
  const whose = whoseMessages(view);
  const body = h("div", { class: "wp-trial-body", role: "group", "aria-label": "Replies of the draft" });
  const element = h(
    "div",
    { class: "wp-trial", hidden: true, "data-testid": "try-result" },
    h(
      "div",
      { class: "wp-trial-head", role: "status" },
      summary,
      whose,
      stale,
      h("span", { class: "wp-grow" }),
      dismiss,
    ),
    body,
  );
  let drawn: Trial | undefined;

  const close = (): void => {
    if (view.endpoint) session.edits.forgetTrial(view.endpoint.key);
  };
  dismiss.addEventListener("click", close);
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });

  view.redrawOnChange(() => {
    const { endpoint } = view;
    const trial = endpoint && session.edits.trials.get(endpoint.key);
    show(element, Boolean(trial));
    if (!trial || !endpoint) {
      drawn = undefined;
      return;
    }
    const older = trial.state === "tried" && trial.source !== session.sourceState(endpoint).text;
    setText(stale, older ? "of an earlier draft" : "");
    if (trial === drawn) return;
    drawn = trial;
    if (trial.state === "trying") {
      setText(summary, "trying…");
      return show(body, false);
    }
    const { turns, error, line = null, note } = trial;
    setText(summary, error && !turns.length ? "The draft does not run" : summaryOf(turns));
    const said = h(
      "div",
      {},
      error && h("p", { class: "wp-bad" }, `✕ ${atLine(line, error)}`),
      note && h("p", { class: "wp-noted" }, `⚠ ${note}`),
      turns.length > 0 && h("ol", {}, ...turns.map(turnView)),
    );
    body.replaceChildren(...said.children);
    show(body, body.children.length > 0);
    scrollTo(element);
  });
  return element;
}

/** Brings what is asked for into sight of the place that it shares; the page stays where it is. */
function scrollTo(element: HTMLElement): void {
  const place = element.parentElement;
  if (place) place.scrollTop = element.offsetTop - place.offsetTop;
}

/** Chooses the connection whose messages are tried; shown while several have sent some. */
function whoseMessages(view: View): HTMLSelectElement {
  const { session } = view;
  const select = h("select", {
    class: "wp-select wp-small",
    "aria-label": "Whose messages",
    "data-testid": "try-whose",
  });
  select.addEventListener("change", () => {
    if (view.endpoint) void session.edits.tryEdit(view.endpoint, Number(select.value) || null);
  });
  view.redrawOnChange(() => {
    const { endpoint } = view;
    const connection = session.edits.trials.get(endpoint?.key ?? "")?.connection ?? null;
    const choices = endpoint ? speakers(endpoint, session.clients) : [];
    setOptions(select, [{ value: "", text: "of the newest" }, ...choices], String(connection ?? ""));
    setAttribute(select, "title", tryCall(endpoint?.path ?? "", connection));
    show(select, choices.length > 1);
  });
  return select;
}

function summaryOf(turns: readonly Turn[]): string {
  if (!turns.length) return "Nothing was tried";
  const different = turns.filter(({ same }) => !same).length;
  return `${plural(turns.length, "message")} tried · ${different ? `${different} answered differently` : "all answered as before"}`;
}

function turnView({ received, before, after, error, failed, held, same }: Turn): HTMLElement {
  const replies = same && !error ? before.map((text) => ({ sign: " " as const, text })) : diffLines(before, after);
  return h(
    "li",
    { "data-same": String(same) },
    h(
      "div",
      { class: "wp-turn" },
      h("i", { "aria-label": "received" }, "→"),
      h("span", {}, received),
      held && h("span", { class: "wp-noted" }, "held"),
      same && h("span", { class: "wp-dim" }, "as before"),
    ),
    failed && h("div", { class: "wp-dim wp-no-reply" }, `before: ✕ ${failed}`),
    replies.length ? diffView(replies) : !error && h("div", { class: "wp-dim wp-no-reply" }, "no reply"),
    error && h("div", { class: "wp-bad wp-no-reply" }, `✕ ${error}`),
  );
}
