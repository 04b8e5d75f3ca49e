import type { Answer, CallFailure, KernelMessage, Model } from "./kernel-protocol";
import { Signal } from "./signal";

/** A call that the kernel refused, or that got no answer. */
export class CallError extends Error {
  constructor(readonly failure: CallFailure) {
    super(failure.message);
  }
}

export interface Reply<T> {
  result: T;
  buffers: readonly BufferSource[];
}

interface Pending {
  resolve(reply: Reply<unknown>): void;
  reject(error: CallError): void;
  timer: ReturnType<typeof setTimeout>;
  slow: ReturnType<typeof setTimeout>;
  isSlow: boolean;
}

const SILENCE = 6_000;
const SLOW = 300;
// JupyterLab shows the kernel as busy for each, which costs the page more than the rows do.
const ACK_BYTES = 128 * 1024;
export const GONE_MESSAGE = "The kernel does not answer. Run the cell again.";

/** The kernel at the other end of the comm: calls with answers, and whether it is alive. */
export class Kernel {
  alive = true;
  /** Calls that have waited for some time, without a sign that the kernel has begun them. */
  waiting = 0;
  readonly changed = new Signal();
  readonly message = new Signal<{ content: Exclude<KernelMessage, Answer>; buffers: readonly BufferSource[] }>();
  private pending = new Map<number, Pending>();
  private nextId = 1;
  private unacknowledged = 0;
  private lastHeard = Date.now();
  private lastLook = Date.now();
  private watch: ReturnType<typeof setInterval>;

  constructor(
    private model: Model,
    private hello: () => { epoch: string | null; have: number },
  ) {
    model.on("msg:custom", this.receive);
    this.watch = setInterval(this.look, 1_000);
  }

  start(): void {
    this.post({ type: "hello", ...this.hello() });
  }

  /** Resolves to the answer; rejects with a `CallError`. `timeout` in milliseconds. */
  call<T>(op: string, args: object = {}, timeout = 60_000): Promise<Reply<T>> {
    if (!this.alive) return Promise.reject(new CallError({ type: "NoKernel", message: GONE_MESSAGE }));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.takePending(id)?.reject(
          new CallError({ type: "Timeout", message: `no answer from the kernel in ${timeout / 1000} s` }),
        );
      }, timeout);
      const slow = setTimeout(() => {
        call.isSlow = true;
        this.waiting++;
        this.changed.emit();
      }, SLOW);
      const call: Pending = { resolve: resolve as Pending["resolve"], reject, timer, slow, isSlow: false };
      this.pending.set(id, call);
      if (!this.post({ type: "call", id, op, args })) {
        this.takePending(id)?.reject(new CallError({ type: "NoKernel", message: GONE_MESSAGE }));
      }
    });
  }

  /** Counts bytes of events; the kernel sends on only while they are acknowledged. */
  acknowledge(bytes: number): void {
    this.unacknowledged += bytes;
    if (this.unacknowledged < ACK_BYTES) return;
    this.post({ type: "ack", bytes: this.unacknowledged });
    this.unacknowledged = 0;
  }

  close(): void {
    clearInterval(this.watch);
    this.model.off("msg:custom", this.receive);
    for (const id of [...this.pending.keys()])
      this.takePending(id)?.reject(new CallError({ type: "Closed", message: "the panel was closed" }));
  }

  private receive = (content: KernelMessage, buffers: readonly BufferSource[] = []): void => {
    this.lastHeard = Date.now();
    if (!this.alive) this.revive();
    if (content.type === "reply") this.answer(content, buffers);
    else if (content.type === "begun") this.begin(content.id);
    else this.message.emit({ content, buffers });
  };

  private answer(content: Answer, buffers: readonly BufferSource[]): void {
    const call = this.takePending(content.id);
    if (!call) return;
    if (content.ok) call.resolve({ result: content.result, buffers });
    else call.reject(new CallError(content.error ?? { type: "Error", message: "the kernel gave no reason" }));
  }

  private takePending(id: number): Pending | undefined {
    const call = this.pending.get(id);
    if (!call) return undefined;
    this.pending.delete(id);
    clearTimeout(call.timer);
    this.waitNoMore(call);
    return call;
  }

  /** It may take long now, but it is not queued. */
  private begin(id: number): void {
    const call = this.pending.get(id);
    if (call) this.waitNoMore(call);
  }

  private waitNoMore(call: Pending): void {
    clearTimeout(call.slow);
    if (!call.isSlow) return;
    call.isSlow = false;
    this.waiting--;
    this.changed.emit();
  }

  private look = (): void => {
    const now = Date.now();
    // After sleep, or in a background tab, this page did not listen, so the kernel may be alive.
    if (now - this.lastLook > 3_000) this.lastHeard = now;
    this.lastLook = now;
    if (this.alive && now - this.lastHeard > SILENCE) {
      this.alive = false;
      this.changed.emit();
    }
  };

  private revive(): void {
    this.alive = true;
    // Rows that were sent while the connection was lost are requested again.
    this.post({ type: "hello", ...this.hello() });
    this.changed.emit();
  }

  private post(content: object): boolean {
    try {
      this.model.send(content);
      return true;
    } catch {
      return false;
    }
  }
}
