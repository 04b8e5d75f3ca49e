import type { SourceState } from "../drafts";
import type { Mark } from "../editor-module";
import { clock } from "../format";
import type { Endpoint } from "../kernel-protocol";
import { runsText } from "../live";
import { reportedLine } from "../place";
import { matchesPath } from "../problems";
import { literal, tryCall } from "../python";
import { h, labels, modEnter, setAttribute, setOptions, setText, show } from "./dom";
import { earlierDraftStrip } from "./earlier-draft-strip";
import { EditorHost } from "./editor-host";
import { errorPolicy } from "./error-policy";
import { paneHeading } from "./fold";
import { heldStrip } from "./held";
import { HistoryMenu } from "./history";
import { newEndpointForm } from "./new-endpoint";
import { noteList } from "./notes";
import { reportLine } from "./report";
import { trialResult } from "./trial";
import type { View } from "./view";

function buildBar() {
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
      title: "Edits that are not applied yet",
      hidden: true,
      "data-testid": "edited",
    },
    ...labels("edited", "●"),
  );
  const discard = h(
    "button",
    { class: "wp-link", hidden: true, "aria-label": "discard", "data-testid": "discard" },
    ...labels("discard", "↶"),
  );
  const create = h(
    "button",
    { class: "wp-button", title: 'pg.edit("/path", source)', "aria-label": "New…", "data-testid": "new-endpoint" },
    ...labels("New…", "+"),
  );
  const history = h(
    "button",
    {
      class: "wp-button wp-history-button",
      "aria-haspopup": "dialog",
      "aria-expanded": "false",
      "aria-label": "History",
      "data-testid": "history",
    },
    ...labels("History ▾", "↺ ▾"),
  );
  const trying = h("button", { class: "wp-button", "data-testid": "try" }, "Try");
  const apply = h(
    "button",
    { class: "wp-button wp-primary", "data-testid": "apply" },
    "Apply ",
    h("kbd", { class: "wp-kbd" }, modEnter),
  );
  return { select, chip, edited, discard, create, history, trying, apply };
}

/** The notes between the bar and the editor, each shown only while it applies. */
function buildStrips() {
  const take = h("button", { class: "wp-link", "data-testid": "take-it" }, "show it here");
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
  return { take, newer, elsewhere, note, blockedText, blocked };
}

/** Choose an endpoint, edit its source and publish it. */
export class EndpointPane {
  readonly element: HTMLElement;
  private bar = buildBar();
  private strips = buildStrips();
  private editor: EditorHost;

  constructor(private view: View) {
    const foot = h("div", { class: "wp-foot" }, reportLine(view), errorPolicy(view));
    this.editor = new EditorHost(
      view,
      (text) => this.typed(text),
      () => void this.apply(),
    );
    view.scope.add(view.pointed.on((line) => this.editor.goTo(line)));
    const form = newEndpointForm(view, this.bar.create, (key) => this.edit(key));
    const history = new HistoryMenu(view, this.bar.history, () => this.editor.focus());
    this.listen();
    view.redrawOnChange(() => this.update());
    this.element = h(
      "section",
      { class: "wp-pane wp-endpoint", "aria-label": "Endpoint" },
      this.arrangeBar(),
      form.anchor,
      history.element,
      this.arrangeWork(foot),
    );
  }

  private arrangeBar(): HTMLElement {
    const { select, chip, edited, discard, create, history, trying, apply } = this.bar;
    const [title, space] = [paneHeading(this.view, "editor", "Endpoint"), h("span", { class: "wp-grow" })];
    const actions = [create, history, trying, apply];
    return h("div", { class: "wp-bar" }, title, select, chip, edited, discard, space, ...actions);
  }

  /** What is around the editor takes its space from it, so that nothing else moves; what is long shares one place. */
  private arrangeWork(foot: HTMLElement): HTMLElement {
    const { blocked, elsewhere, note } = this.strips;
    return h(
      "div",
      { class: "wp-work" },
      blocked,
      earlierDraftStrip(this.view, (key) => this.edit(key)),
      elsewhere,
      note,
      this.editor.element,
      foot,
      h(
        "div",
        { class: "wp-below", tabindex: 0, role: "region", "aria-label": "Held, tried and noted" },
        heldStrip(this.view),
        trialResult(this.view),
        noteList(this.view),
      ),
    );
  }

  private listen(): void {
    const { select, apply, trying, discard } = this.bar;
    apply.addEventListener("click", () => void this.apply());
    trying.addEventListener("click", () => {
      if (this.view.endpoint) void this.view.session.edits.tryEdit(this.view.endpoint, this.chosenConnection());
    });
    select.addEventListener("change", () => this.view.choose(select.value));
    for (const button of [this.strips.take, discard]) {
      button.addEventListener("click", () => {
        if (this.view.endpoint) this.view.session.takeTheirs(this.view.endpoint);
        this.editor.focus();
      });
    }
  }

  /** The connection that was last chosen for Try; null for the newest. */
  private chosenConnection(): number | null {
    return this.view.session.edits.trials.get(this.view.endpoint?.key ?? "")?.connection ?? null;
  }

  private typed(text: string): void {
    const { endpoint, session } = this.view;
    if (endpoint) session.type(endpoint, text, this.editor);
  }

  private async apply(): Promise<void> {
    const { endpoint, session } = this.view;
    if (!endpoint || this.bar.apply.disabled) return;
    await session.edits.apply(endpoint.key);
    const report = session.edits.reports.get(endpoint.key);
    const refused = report?.state === "rejected" && this.view.endpoint?.key === endpoint.key;
    const line = refused ? reportedLine(session, endpoint) : null;
    if (line) this.editor.reveal(line.now);
  }

  private edit(key: string): void {
    this.view.choose(key);
    this.editor.focus();
  }

  private update(): void {
    const { endpoint, session } = this.view;
    const { select, chip } = this.bar;
    const choices = session.endpoints.map((each) => ({ value: each.key, text: labelOf(this.view, each) }));
    setOptions(select, choices, endpoint?.key ?? "");
    select.disabled = !endpoint;
    this.enable(endpoint);
    setText(this.strips.blockedText, session.server.blocked ?? "");
    show(this.strips.blocked, Boolean(session.server.blocked) && session.kernel.alive);
    if (!endpoint) {
      setText(chip, "none yet");
      this.editor.readOnly(true);
      return;
    }
    const state = session.sourceState(endpoint);
    this.describe(endpoint);
    this.describeDraft(endpoint, state);
    this.editor.label(`Source of ${endpoint.path}`);
    this.editor.readOnly(!endpoint.editable);
    this.editor.show(endpoint.key, state.text);
    this.editor.mark(markOf(this.view, endpoint));
  }

  private enable(endpoint: Endpoint | undefined): void {
    const { apply, trying, history, create } = this.bar;
    const { alive } = this.view.session.kernel;
    const trial = this.view.session.edits.trials.get(endpoint?.key ?? "");
    apply.disabled = !endpoint?.editable || !alive;
    trying.disabled = apply.disabled || endpoint?.version === 0 || trial?.state === "trying";
    history.disabled = !endpoint?.version || !alive;
    create.disabled = !alive;
  }

  private describe({ name, path, version, runs, note }: Endpoint): void {
    const { chip, apply, trying, history } = this.bar;
    const { server, kernel } = this.view.session;
    const serves = server.running && kernel.alive;
    setText(chip, version === 0 ? "not live yet" : serves ? `v${version} live` : `v${version}`);
    chip.classList.toggle("wp-chip-plain", version === 0 || !serves);
    const title = `${name || "A new endpoint"} at ${path}`;
    setAttribute(chip, "title", [title, runsText(runs)].filter(Boolean).join("\n"));
    setText(this.strips.note, note ?? "");
    show(this.strips.note, Boolean(note));
    setAttribute(apply, "title", `pg.edit(${literal(path)}, source)`);
    setAttribute(trying, "title", tryCall(path, this.chosenConnection()));
    setAttribute(history, "title", `pg.endpoints[${literal(path)}].versions`);
  }

  private describeDraft({ version }: Endpoint, { dirty, elsewhere }: SourceState): void {
    const { edited, discard } = this.bar;
    show(edited, dirty && version > 0);
    show(discard, dirty);
    setAttribute(discard, "title", version > 0 ? `Drop the edits and show v${version} again` : "Discard this draft");
    setText(this.strips.newer, `v${elsewhere} was applied elsewhere`);
    setAttribute(this.strips.take, "title", `Drop the edits here and show v${elsewhere}`);
    show(this.strips.elsewhere, elsewhere !== null);
  }
}

function labelOf({ session }: View, { path, kind }: Endpoint): string {
  const held =
    kind === "websocket" ? (session.server.held ?? []).filter((event) => matchesPath(path, event.path)).length : 0;
  return `${path}${kind === "http" ? " (http)" : ""}${held ? ` · ${held} held` : ""}`;
}

/** The line to mark: the rejected edit's, that of the note that was chosen, the tried one's, else the latest exception's. */
function markOf(view: View, endpoint: Endpoint): Mark | null {
  const { session } = view;
  const report = session.edits.reports.get(endpoint.key);
  if (report?.state === "rejected") return report.line === null ? null : { line: report.line, message: report.text };
  const note = view.pickedNote(endpoint);
  if (note?.line) return { line: note.line, message: note.text, tone: "warn" };
  const trial = session.edits.trials.get(endpoint.key);
  if (trial?.state === "tried" && trial.error && trial.line != null) return { line: trial.line, message: trial.error };
  const problem = session.problems.get(endpoint.key);
  if (!problem) return null;
  const when = problem.who ? ` · ${problem.who}, ${clock(problem.at)}` : ` · ${clock(problem.at)}`;
  return { line: problem.line, message: problem.message + when };
}
