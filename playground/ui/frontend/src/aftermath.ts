/** What becomes of the connections on which a message was sent, as the rows tell it. */
import { plural } from "./format";
import type { Row } from "./kernel-protocol";
import { Signal } from "./signal";
import type { Change, RowStore } from "./store";

/** Milliseconds after a message in which an end counts as coming after it. */
const SOON = 5_000;

interface Fate {
  /** The code with which the server closed it, or that of its end. */
  code: number | null;
  ended: boolean;
  /** The client itself began to close it. */
  own: boolean;
  error: string | null;
}

/** Watches the senders of one message, or of several. */
export class Aftermath {
  readonly changed = new Signal();
  private fates = new Map<string, Fate>();
  private until: number;
  private after: number;
  private undo: () => void;

  /** `lasting`: the senders go on sending, so there is no end of watching but `stop`. */
  constructor(
    store: RowStore,
    private senders: ReadonlySet<string>,
    lasting = false,
  ) {
    this.after = store.lastSeq;
    this.until = lasting ? Number.POSITIVE_INFINITY : Date.now() + SOON;
    this.undo = store.changed.on((change) => this.look(change));
  }

  stop(): void {
    this.undo();
  }

  /** What happened besides the sending; empty when nothing did. */
  get text(): string {
    const fates = [...this.fates.values()];
    const many = this.senders.size > 1;
    const ended = fates.filter(({ ended, own }) => ended && !own);
    if (ended.length) return endedText(ended, many);
    const failed = fates.filter(({ error }) => error);
    if (!failed.length) return "";
    return `${many ? plural(failed.length, "handler") : "the handler"} raised ${failed[0]!.error}`;
  }

  /** Whether all that ended was closed normally. */
  get harmless(): boolean {
    const fates = [...this.fates.values()];
    return fates.every(({ error, ended, own, code }) => !error && (!ended || own || code === 1000 || code === 1001));
  }

  private look({ added, replaced }: Change): void {
    if (Date.now() > this.until) return this.stop();
    const before = this.text;
    for (const row of added) this.take(row);
    for (const [, row] of replaced) this.take(row);
    if (this.text !== before) this.changed.emit();
  }

  private take({ seq, kind, client, direction, code, error, running }: Row): void {
    if (seq <= this.after || !client || !this.senders.has(client)) return;
    const fate = this.fates.get(client) ?? { code: null, ended: false, own: false, error: null };
    if (kind === "disconnect" && fate.code === null) fate.own = true;
    else if (kind === "close" && direction === "out" && !fate.own) [fate.code, fate.ended] = [code ?? null, true];
    else if (kind === "end") [fate.code, fate.ended] = [fate.code ?? code ?? null, true];
    else if (kind === "receive" && error && !running) fate.error = error;
    else return;
    this.fates.set(client, fate);
  }
}

function endedText(ended: readonly Fate[], many: boolean): string {
  const who = many ? `${ended.length} ${ended.length === 1 ? "was" : "were"}` : "the connection was";
  const found = [...new Set(ended.map(({ code }) => code ?? 1006))].sort();
  const dropped = found.length === 1 && found[0] === 1006;
  if (dropped) return `${who} dropped without a Close frame (1006)`;
  return `${who} closed ${found.length === 1 ? `with ${found[0]}` : `(${found.join(", ")})`}`;
}
