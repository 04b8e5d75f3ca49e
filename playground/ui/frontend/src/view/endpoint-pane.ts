import type { Mark } from "../editor-module";
import { clock } from "../format";
import type { Endpoint } from "../kernel-protocol";
import { runsText } from "../live";
import { matchesPath } from "../problems";
import { literal } from "../python";
import { h, modEnter, setAttribute, setOptions, setText, show } from "./dom";
import { earlierDraftStrip } from "./earlier-draft-strip";
import { editorHost } from "./editor-host";
import { errorPolicy } from "./error-policy";
import { heldStrip } from "./held";
import { historyMenu } from "./history";
import { newEndpointForm } from "./new-endpoint";
import { reportLine } from "./report";
import { trialResult } from "./trial";
import type { View } from "./view";

/** Choose an endpoint, edit its source, put it live. */
export function endpointPane(view: View): HTMLElement {
  const { session } = view;
  const select = h("select", {
    class: "wp-select wp-mono",
    "aria-label": "Endpoint",
    "data-testid": "endpoint-select",
  });
  const chip = h("span", { class: "wp-chip", "data-testid": "version" });
  const edited = h(
    "span",
    {
      class: "wp-chip wp-chip-plain",
      title: "There are edits that are not live yet",
      hidden: true,
      "data-testid": "edited",
    },
    "edited",
  );
  const discard = h("button", { class: "wp-link", hidden: true, "data-testid": "discard" }, "discard");
  const create = h(
    "button",
    { class: "wp-button", title: 'pg.edit("/path", source)', "data-testid": "new-endpoint" },
    "New…",
  );
  const historyButton = h(
    "button",
    { class: "wp-button", "aria-haspopup": "dialog", "aria-expanded": "false", "data-testid": "history" },
    "History ▾",
  );
  const tryButton = h("button", { class: "wp-button", "data-testid": "try" }, "Try");
  const applyButton = h(
    "button",
    { class: "wp-button wp-primary", "data-testid": "apply" },
    "Apply ",
    h("kbd", { class: "wp-kbd" }, modEnter),
  );
  const take = h("button", { class: "wp-link", "data-testid": "take-it" }, "take it");
  const newer = h("span");
  const elsewhere = h(
    "div",
    { class: "wp-strip", role: "status", hidden: true, "data-testid": "elsewhere" },
    newer,
    " · ",
    take,
  );
  const note = h("div", { class: "wp-strip wp-dim", hidden: true, "data-testid": "note" });
  const blockedText = h("span");
  const blocked = h(
    "div",
    { class: "wp-strip", role: "alert", "data-tone": "warn", hidden: true, "data-testid": "blocked" },
    h("span", { "aria-hidden": "true" }, "⚠ "),
    blockedText,
  );
  const foot = h("div", { class: "wp-foot" }, reportLine(view), errorPolicy(view));

  const apply = (): void => {
    const { endpoint } = view;
    if (endpoint && !applyButton.disabled) void session.edits.apply(endpoint.key);
  };
  const editor = editorHost(
    view,
    (text) => {
      const { endpoint } = view;
      if (endpoint) session.type(endpoint, text, editor);
    },
    apply,
  );
  view.scope.add(view.pointed.on((line) => editor.goTo(line)));
  const edit = (key: string): void => {
    view.choose(key);
    editor.focus();
  };
  const form = newEndpointForm(view, create, edit);

  const history = historyMenu(view, historyButton, () => editor.focus());

  applyButton.addEventListener("click", apply);
  tryButton.addEventListener("click", () => {
    if (view.endpoint) void session.edits.tryEdit(view.endpoint);
  });
  select.addEventListener("change", () => view.choose(select.value));
  for (const button of [take, discard]) {
    button.addEventListener("click", () => {
      if (view.endpoint) session.takeTheirs(view.endpoint);
      editor.focus();
    });
  }

  view.redrawOnChange(() => {
    const { endpoint } = view;
    setOptions(
      select,
      session.endpoints.map((each) => ({ value: each.key, text: labelOf(view, each) })),
      endpoint?.key ?? "",
    );
    select.disabled = !endpoint;
    applyButton.disabled = !endpoint?.editable || !session.kernel.alive;
    tryButton.disabled =
      applyButton.disabled ||
      endpoint?.version === 0 ||
      session.edits.trials.get(endpoint?.key ?? "")?.state === "trying";
    historyButton.disabled = !endpoint?.version || !session.kernel.alive;
    create.disabled = !session.kernel.alive;
    setText(blockedText, session.server.blocked ?? "");
    show(blocked, Boolean(session.server.blocked) && session.kernel.alive);
    if (!endpoint) {
      setText(chip, "none yet");
      editor.readOnly(true);
      return;
    }
    const now = session.standing(endpoint);
    const serves = session.server.running && session.kernel.alive;
    setText(
      chip,
      endpoint.version === 0 ? "not live yet" : serves ? `v${endpoint.version} live` : `v${endpoint.version}`,
    );
    chip.classList.toggle("wp-chip-plain", endpoint.version === 0 || !serves);
    const title = `${endpoint.name || "A new endpoint"} at ${endpoint.path}`;
    setAttribute(chip, "title", [title, runsText(endpoint.runs)].filter(Boolean).join("\n"));
    show(edited, now.dirty && endpoint.version > 0);
    show(discard, now.dirty);
    setAttribute(
      discard,
      "title",
      endpoint.version > 0 ? `Drop the edits and show v${endpoint.version} again` : "Give this draft up",
    );
    setText(newer, `edited elsewhere: v${now.elsewhere}`);
    setAttribute(take, "title", `Drop the edits here and show v${now.elsewhere}`);
    show(elsewhere, now.elsewhere !== null);
    setText(note, endpoint.note ?? "");
    show(note, Boolean(endpoint.note));
    setAttribute(applyButton, "title", `pg.edit(${literal(endpoint.path)}, source)`);
    setAttribute(tryButton, "title", `pg.try_edit(${literal(endpoint.path)}, source)`);
    setAttribute(historyButton, "title", `pg.endpoints[${literal(endpoint.path)}].versions`);
    editor.label(`Source of ${endpoint.path}`);
    editor.readOnly(!endpoint.editable);
    editor.show(endpoint.key, now.text);
    editor.mark(markOf(view, endpoint));
  });

  const bar = h(
    "div",
    { class: "wp-bar" },
    h("h3", {}, "Endpoint"),
    select,
    chip,
    edited,
    discard,
    h("span", { class: "wp-grow" }),
    create,
    historyButton,
    tryButton,
    applyButton,
  );
  // What comes and goes around the editor takes its room, so that nothing else moves.
  const work = h(
    "div",
    { class: "wp-work" },
    blocked,
    earlierDraftStrip(view, edit),
    elsewhere,
    heldStrip(view),
    note,
    editor.element,
    trialResult(view),
    foot,
  );
  return h("section", { class: "wp-pane wp-endpoint", "aria-label": "Endpoint" }, bar, form.anchor, history, work);
}

function labelOf({ session }: View, { path, kind }: Endpoint): string {
  const held =
    kind === "websocket" ? (session.server.held ?? []).filter((event) => matchesPath(path, event.path)).length : 0;
  return `${path}${kind === "http" ? " (http)" : ""}${held ? ` · ${held} held` : ""}`;
}

/** The line to mark: the rejected edit's, the tried one's, else the latest exception's. */
function markOf({ session }: View, endpoint: Endpoint): Mark | null {
  const report = session.edits.reports.get(endpoint.key);
  if (report?.state === "rejected") return report.line === null ? null : { line: report.line, message: report.text };
  const trial = session.edits.trials.get(endpoint.key);
  if (trial?.state === "tried" && trial.error && trial.line != null) return { line: trial.line, message: trial.error };
  const problem = session.problems.get(endpoint.key);
  if (!problem) return null;
  const when = problem.who ? ` · ${problem.who}, ${clock(problem.at)}` : ` · ${clock(problem.at)}`;
  return { line: problem.line, message: problem.message + when };
}
