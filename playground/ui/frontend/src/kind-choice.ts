/** The kind of message in the composer: it follows what the endpoint expects, unless a person chose another one for it. */
import { checkBase64, checkHex } from "./bytes";
import { type Choice, fittingKind, isBinary } from "./expecting";
import type { Endpoint } from "./kernel-protocol";
import type { PageMemory } from "./memory";

const PLACE = "kinds";

export class KindChoice {
  /** What was last followed. */
  private followed = "";

  constructor(private memory: Pick<PageMemory, "recall" | "remember">) {}

  /** The kind to change to because the endpoints or their encoding are others than before; null while they are not. */
  follow(endpoints: readonly (Endpoint | undefined)[], { kind, data }: { kind: Choice; data: string }): Choice | null {
    const shown = endpoints.map((endpoint) => `${endpoint?.key}:${endpoint?.encoding}`).join("|");
    if (shown === this.followed) return null;
    this.followed = shown;
    const next = this.byHand(endpoints) ?? this.fitting(endpoints, kind);
    // What is written in the box stays what it is: a text that is no hex travels as the text's bytes.
    const unreadable = next === "hex" ? checkHex(data) : next === "base64" ? checkBase64(data) : null;
    return unreadable === null ? next : "utf8";
  }

  /** A person chose a kind: it is remembered for these endpoints, and forgotten when it is what would be chosen anyway. */
  choose(endpoints: readonly (Endpoint | undefined)[], kind: Choice): void {
    const chosen = this.chosen();
    if (this.fitting(endpoints, kind) === kind) delete chosen[keyOf(endpoints)];
    else chosen[keyOf(endpoints)] = kind;
    this.memory.remember(PLACE, JSON.stringify(chosen));
    if (isBinary(kind)) this.memory.remember("binary", kind);
  }

  private fitting(endpoints: readonly (Endpoint | undefined)[], now: Choice): Choice {
    return fittingKind(endpoints, now, (this.memory.recall("binary") as Choice | null) || "utf8");
  }

  private byHand(endpoints: readonly (Endpoint | undefined)[]): Choice | undefined {
    return this.chosen()[keyOf(endpoints)];
  }

  private chosen(): Record<string, Choice> {
    try {
      return JSON.parse(this.memory.recall(PLACE) ?? "{}") as Record<string, Choice>;
    } catch {
      return {};
    }
  }
}

function keyOf(endpoints: readonly (Endpoint | undefined)[]): string {
  return [...new Set(endpoints.map((endpoint) => endpoint?.key ?? "elsewhere"))].sort().join(" | ");
}
