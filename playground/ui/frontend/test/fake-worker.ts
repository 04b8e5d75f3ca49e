import { type Batch, program, type Told, type WorkerLike, type WorkerScope } from "../src/matching-worker";

/** The worker's program in this thread, made from its text as in a browser; it answers in a later turn. */
export class FakeWorker implements WorkerLike {
  onmessage: WorkerLike["onmessage"] = null;
  onerror: WorkerLike["onerror"] = null;
  ended = false;
  readonly batches: Batch[] = [];
  private scope: WorkerScope;

  /** With `stuck`, the worker stands still once it has begun a row for which that holds. */
  constructor(private stuck: (text: string) => boolean = () => false) {
    this.scope = { onmessage: null, postMessage: (told) => this.tell(told) };
    (new Function(`return ${program}`)() as typeof program)(this.scope);
  }

  postMessage(batch: Batch): void {
    this.batches.push(batch);
    const row = batch.texts.findIndex((texts) => texts.some(this.stuck));
    if (row < 0) this.scope.onmessage!({ data: batch });
    else if (batch.careful) this.tell({ type: "at", row, pattern: 0 });
  }

  terminate(): void {
    this.ended = true;
  }

  private tell(data: Told): void {
    queueMicrotask(() => {
      if (!this.ended) this.onmessage?.call(this as unknown as Worker, { data } as MessageEvent);
    });
  }
}
