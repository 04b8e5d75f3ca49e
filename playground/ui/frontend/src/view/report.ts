import { clock, plural } from "../format";
import type { Session } from "../session";
import type { Endpoint } from "../wire";
import { h, modEnter, setText } from "./dom";
import type { View } from "./view";

interface Sentence {
  tone: "good" | "bad" | "quiet";
  sign: string;
  text: string;
  more?: string;
}

/** The line under the editor: what is live, or why the last edit is not. */
export function reportLine(view: View): HTMLElement {
  const sign = h("span", { class: "wp-sign", "aria-hidden": "true" });
  const text = h("span");
  const more = h("span", { class: "wp-dim" });
  const line = h("div", { class: "wp-report", role: "status", "data-testid": "report" }, sign, text, more);
  view.keep(() => {
    const said = view.endpoint ? sentence(view.session, view.endpoint) : { tone: "quiet" as const, sign: "", text: "Press New… to make the first endpoint." };
    line.dataset.tone = said.tone;
    setText(sign, said.sign);
    setText(text, said.text);
    setText(more, said.more ?? "");
  });
  return line;
}

function sentence(session: Session, endpoint: Endpoint): Sentence {
  const report = session.reports.get(endpoint.key);
  if (report?.state === "applying") {
    return { tone: "quiet", sign: "…", text: session.kernel.waiting > 0 ? "kernel is busy, queued" : "applying" };
  }
  if (report?.state === "rejected") {
    const text = report.line === null ? report.text : `line ${report.line}: ${report.text}`;
    return { tone: "bad", sign: "✕", text, ...(endpoint.version > 0 && { more: `v${endpoint.version} keeps running` }) };
  }
  const problem = session.problems.get(endpoint.key);
  if (problem) {
    const where = [problem.who, clock(problem.at)].filter(Boolean).join(", ");
    return { tone: "bad", sign: "✕", text: `line ${problem.line}: ${problem.message}`, more: `${where} · v${problem.version}` };
  }
  if (report?.state === "applied" && report.connections === endpoint.connections) {
    return { tone: "good", sign: "✓", text: report.text, more: report.notes.join(" · ") };
  }
  if (endpoint.report) return { tone: "good", sign: "✓", text: endpoint.report };
  if (endpoint.version === 0) return { tone: "quiet", sign: "", text: `Apply (${modEnter}) puts it live` };
  const { connections, version } = endpoint;
  if (!session.server.running) return { tone: "quiet", sign: "", text: `v${version}, and the server is stopped` };
  if (connections > 0) return { tone: "good", sign: "✓", text: `v${version} is live on ${plural(connections, "open connection")}` };
  return { tone: "good", sign: "✓", text: `v${version} is live`, more: "nobody is connected" };
}
