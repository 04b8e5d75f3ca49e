import type { Endpoint } from "../kernel-protocol";
import type { Session } from "../session";
import { Scope, Signal } from "../signal";

let views = 0;

/**
 * One drawing of the panel in the page, of which a session may have several. Its parts share the session, the chosen
 * endpoint, and the list of things to undo when it is closed.
 */
export class View {
  readonly scope = new Scope();
  readonly chosen = new Signal();
  /** The editor is asked to go to a line of the chosen endpoint. */
  readonly pointed = new Signal<number>();
  /** Unique in the page, for ids that labels point to. */
  readonly id = `websocket-playground-${++views}`;
  private key: string | null;

  constructor(readonly session: Session) {
    this.key = session.drafts.recall("chosen");
  }

  /** The endpoint the panel is about. */
  get endpoint(): Endpoint | undefined {
    const { endpoints } = this.session;
    return endpoints.find(({ key }) => key === this.key) ?? endpoints[0];
  }

  choose(key: string): void {
    this.key = key;
    this.session.drafts.remember("chosen", key);
    this.chosen.emit();
  }

  /** Chooses an endpoint and goes to a line of its source. */
  showLine(key: string, line: number): void {
    this.choose(key);
    this.pointed.emit(line);
  }

  /** Runs `draw` now, and whenever the session or the choice changes. */
  redrawOnChange(draw: () => void): void {
    const update = (): void => {
      if (!this.session.mismatch) return draw();
      // Data of another protocol version may cause an error here; the rest of the panel still has to be drawn.
      try {
        draw();
      } catch (error) {
        console.error("websocket-playground:", error);
      }
    };
    this.scope.add(this.session.changed.on(update));
    this.scope.add(this.chosen.on(update));
    update();
  }
}
