import { Aftermath } from "../aftermath";
import { count, duration } from "../format";
import type { CallError } from "../kernel";
import type { Outgoing } from "../outgoing";
import type { Way } from "../senders";
import type { SendState, Tone } from "./send-state";
import type { View } from "./view";

const QUEUED_AFTER = 300;

interface Sent {
  sent: number;
  /** Whose connection was closed already, and what the kernel says about it. */
  failed?: Record<string, string>;
}

/** Sends messages, and says beside the button what became of them. */
export class Sending {
  /** Counts what was said, so that a late result does not overwrite a newer one. */
  private turn = 0;
  private after: Aftermath | null = null;
  /** What is said stays until something else is sent or written, although the clients change. */
  private stays = false;

  constructor(
    private view: View,
    private state: SendState,
  ) {
    view.scope.add(() => this.after?.stop());
  }

  /** Says something that is not the result of a message. */
  say(text: string, tone: Tone): void {
    this.forget();
    this.state.say(text, tone);
  }

  /** Says something that the result of the last message may overwrite, or nothing while one stands there. */
  sayMeanwhile(text: string, tone: Tone): void {
    if (!this.stays && !this.after?.text) this.state.say(text, tone);
  }

  /** Whether a connection ended, or a handler failed, after the last message. */
  get troubled(): boolean {
    return Boolean(this.after?.text);
  }

  /** `before`: what was done for it, which is told too. */
  async send(way: Way, message: Outgoing, fragments: number, before = ""): Promise<void> {
    const turn = this.forget();
    this.stays = before !== "";
    const after = this.watch(way, false);
    const began = performance.now();
    const tell = (text: string, tone: Tone): void => {
      if (turn === this.turn) this.state.say(before + text, tone);
    };
    tell("sending", "quiet");
    const slow = setTimeout(() => tell("queued: the kernel is busy", "busy"), QUEUED_AFTER);
    try {
      const sent = await this.deliver(way, message, fragments);
      const took = duration(performance.now() - began);
      const result = (): void => tell(...outcome(way, sent, after, took));
      after.changed.on(result);
      result();
    } catch (error) {
      tell((error as CallError).message, "bad");
    } finally {
      clearTimeout(slow);
    }
  }

  /** Connects a client again; false where it could not, which is said. */
  async reconnect(name: string): Promise<boolean> {
    const turn = this.forget();
    this.stays = true;
    this.state.say(`reconnecting ${name}`, "busy");
    try {
      await this.view.session.kernel.call("reconnect", { name });
      return turn === this.turn;
    } catch (error) {
      if (turn === this.turn) this.state.say(`not sent: ${(error as CallError).message}`, "bad");
      return false;
    }
  }

  async deliver({ op, args }: Way, { kind, data }: Outgoing, fragments: number): Promise<Sent> {
    const more = op === "send" && fragments > 1 ? { fragments } : {};
    const { result } = await this.view.session.kernel.call<Sent>(op, { ...args, kind, data, ...more });
    return result;
  }

  /** From now on what happens to these is told by `describeRepeat`. */
  watch({ names }: Way, lasting: boolean): Aftermath {
    this.after?.stop();
    this.after = new Aftermath(this.view.session.store, new Set(names), lasting);
    return this.after;
  }

  describeRepeat(running: boolean, times: number, ended: string): void {
    const trouble = this.after?.text;
    const sent = `${count(times)} sent${trouble ? `; ${trouble}` : ""}`;
    if (running) this.state.say(`repeating · ${sent}`, trouble ? "warn" : "busy");
    else if (ended) this.state.say(`stopped after ${sent}: ${ended}`, "bad");
    else this.state.say(`stopped · ${sent}`, trouble ? "warn" : "good");
  }

  private forget(): number {
    this.after?.stop();
    this.after = null;
    this.stays = false;
    return ++this.turn;
  }
}

/** The result of a message as it is known now. */
function outcome({ op, count }: Way, { sent, failed = {} }: Sent, after: Aftermath, took: string): [string, Tone] {
  const trouble = after.text;
  const [reason] = Object.values(failed);
  const verb = op === "push" ? "sent as the server" : "sent";
  const to = count === 1 ? verb : reason ? `${verb} to ${sent} of ${count}` : `${verb} to ${sent}`;
  if (trouble) return [`${to}; ${trouble}`, after.harmless ? "warn" : "bad"];
  return reason ? [`${to}; ${reason}`, "bad"] : [`${to} · ${took}`, "good"];
}
