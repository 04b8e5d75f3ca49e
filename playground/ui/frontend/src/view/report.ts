import type { Report } from "../edits";
import { atLine, clock, duration, plural } from "../format";
import type { EditReport, Endpoint } from "../kernel-protocol";
import { allCurrent, applyingText, hasCaughtUp, keptText, runsText, toneOf } from "../live";
import { reportedLine } from "../place";
import { reenterCall } from "../python";
import type { Session } from "../session";
import { h, modEnter, setAttribute, setText, show } from "./dom";
import { announce } from "./live-region";
import type { View } from "./view";

interface Sentence {
  tone: "good" | "warn" | "bad" | "quiet";
  sign: string;
  /** The line that the text is about; it stands in front of it. */
  line?: number | null;
  text: string;
  more?: string;
  /** The sentence itself says how many connections run which version. */
  namesVersions?: boolean;
}

/** The text under the editor: which version is live, or why the last edit is not, and what it kept. */
export function reportLine(view: View): HTMLElement {
  const sign = h("span", { class: "wp-sign", "aria-hidden": "true" });
  const line = h("button", { class: "wp-link", title: "Go to it in the editor", "data-testid": "report-line" });
  const text = h("span");
  const said = h("span", { role: "status" }, line, text);
  const more = h("span", { class: "wp-dim" });
  const runs = h("span", { class: "wp-dim", "data-testid": "runs" });
  const kept = h("div", { class: "wp-dim", "data-testid": "kept" });
  const block = h(
    "div",
    { class: "wp-report", "data-testid": "report" },
    h("div", { class: "wp-said" }, sign, said, more, runs),
    moveButton(view),
    kept,
  );
  line.addEventListener("click", () => {
    const place = view.endpoint && reportedLine(view.session, view.endpoint);
    if (place) view.pointed.emit(place.now);
  });
  view.redrawOnChange(() => {
    const { endpoint, session } = view;
    const now: Sentence = endpoint
      ? sentence(session, endpoint)
      : { tone: "quiet", sign: "", text: "Press New… to make the first endpoint." };
    block.dataset.tone = now.tone;
    setText(sign, now.sign);
    const place = now.line != null && endpoint ? reportedLine(session, endpoint) : null;
    const shown = place ? `: ${now.text}` : atLine(now.line ?? null, now.text);
    announce(said, (place ? `line ${place.line}` : "") + shown);
    show(line, place !== null);
    setText(line, place ? `line ${place.line}` : "");
    setText(text, shown);
    setText(more, now.more ? `· ${now.more}` : "");
    const who = runsText(endpoint?.runs);
    setText(runs, who && !now.namesVersions ? `· ${who}` : "");
    const edit = endpoint ? lastEdit(session, endpoint) : null;
    setText(kept, edit ? keptText(edit.kept, edit.reset) : "");
    kept.title =
      edit && kept.textContent
        ? [...edit.kept.map((name) => `${name} kept`), ...edit.reset.map((name) => `${name} from the new code`)].join(
            "\n",
          )
        : "";
    show(kept, kept.textContent !== "");
  });
  return block;
}

/** Moves the connections that stay in a function of an older version; shown while there are some. */
function moveButton(view: View): HTMLElement {
  const button = h("button", { class: "wp-button wp-small", hidden: true, "data-testid": "move" });
  button.addEventListener("click", () => {
    if (view.endpoint) void view.session.edits.reenter(view.endpoint);
  });
  view.redrawOnChange(() => {
    const { endpoint, session } = view;
    const movable = endpoint?.movable ?? 0;
    show(button, movable > 0);
    setText(button, `Move ${plural(movable, "connection")} to v${endpoint?.version ?? 0}`);
    setAttribute(button, "title", endpoint ? reenterCall(endpoint.path) : null);
    button.disabled = !session.kernel.alive;
  });
  return button;
}

/** What the last edit from here did, while it is the current one. */
function lastEdit(session: Session, endpoint: Endpoint): (Report & { state: "applied" }) | null {
  const report = session.edits.reports.get(endpoint.key);
  return report?.state === "applied" && endpoint.version <= report.version ? report : null;
}

function sentence(session: Session, endpoint: Endpoint): Sentence {
  const report = session.edits.reports.get(endpoint.key);
  if (report?.state === "applying")
    return { tone: "quiet", sign: "…", text: applyingText(report, session.kernel.waiting > 0) };
  if (report?.state === "rejected") {
    return {
      tone: "bad",
      sign: "✕",
      line: report.line,
      text: report.text,
      ...(endpoint.version > 0 && { more: `v${endpoint.version} keeps running` }),
    };
  }
  const problem = session.problems.get(endpoint.key);
  if (problem) {
    const where = [problem.who, clock(problem.at)].filter(Boolean).join(", ");
    return {
      tone: "bad",
      sign: "✕",
      line: problem.line,
      text: problem.message,
      more: `${where} · v${problem.version}`,
    };
  }
  if (!session.kernel.alive && endpoint.version > 0)
    return { tone: "quiet", sign: "", text: `last known version: v${endpoint.version}` };
  const edit = lastEdit(session, endpoint);
  if (edit && edit.connections === endpoint.connections && !hasCaughtUp(edit.report, endpoint))
    return reported(edit.report, duration(edit.took));
  if (endpoint.version === 0) return { tone: "quiet", sign: "", text: `Apply (${modEnter}) publishes it` };
  const { connections, version } = endpoint;
  if (!session.server.running) return { tone: "quiet", sign: "", text: `v${version}, and the server is stopped` };
  if (allCurrent(endpoint) === false) {
    const current = endpoint.runs?.find((run) => run.version === version)?.connections ?? 0;
    return {
      tone: "quiet",
      sign: "…",
      text: `v${version} is live on ${current} of ${plural(connections, "open connection")}`,
    };
  }
  if (connections > 0)
    return { tone: "good", sign: "✓", text: `v${version} is live on ${plural(connections, "open connection")}` };
  return { tone: "good", sign: "✓", text: `v${version} is live`, more: "nobody is connected" };
}

const SIGNS = { good: "✓", warn: "⚠", quiet: "…" };

function reported(report: EditReport, more: string): Sentence {
  const tone = toneOf(report);
  const namesVersions = report.outcome === "moving" || report.outcome === "pinned" || report.outcome === "stuck";
  return { tone, sign: SIGNS[tone], text: report.text, more, namesVersions };
}
