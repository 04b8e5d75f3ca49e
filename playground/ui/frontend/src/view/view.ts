import type { Endpoint, Note } from "../kernel-protocol";
import { Layout } from "../layout";
import type { Outgoing } from "../outgoing";
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
  /** A message for the composer to begin with. */
  readonly suggested = new Signal<Outgoing>();
  /** Unique in the page, for ids that labels point to. */
  readonly id = `websocket-playground-${++views}`;
  readonly layout: Layout;
  private picked: { key: string; note: Note } | null = null;
  private key: string | null;
  private fixed = false;
  /** What was shown last: a WebSocket endpoint that comes later does not take the place of what somebody reads. */
  private shown: string | null = null;

  constructor(
    readonly session: Session,
    /** Only one part of the panel is shown, which cannot be collapsed. */
    readonly alone = false,
    /** It has a view of the notebook program for itself. */
    readonly fills = false,
  ) {
    this.layout = new Layout(session.notebook);
    this.key = session.drafts.recall("chosen");
    if (alone) this.scope.add(session.chosen.on((key) => this.follow(key)));
  }

  /** The endpoint the panel is about: the chosen one, or at first a WebSocket endpoint if there is one. */
  get endpoint(): Endpoint | undefined {
    const { endpoints } = this.session;
    const found =
      endpoints.find(({ key }) => key === this.key) ??
      endpoints.find(({ key }) => key === this.shown) ??
      endpoints.find(({ kind }) => kind === "websocket") ??
      endpoints[0];
    this.shown = found?.key ?? null;
    return found;
  }

  choose(key: string): void {
    this.key = key;
    this.fixed = false;
    this.session.drafts.remember("chosen", key);
    this.chosen.emit();
    if (this.alone) this.session.chosen.emit(key);
  }

  /** Is about the endpoint at a path, whatever is chosen elsewhere, until another one is chosen here. */
  fix(path: string): void {
    const { endpoints } = this.session;
    const at = endpoints.filter((endpoint) => endpoint.path === path);
    const found = at.find(({ kind }) => kind === "websocket") ?? at[0];
    if (!found) return;
    this.key = found.key;
    this.fixed = true;
  }

  /** What is chosen in one piece is what the others are about. */
  private follow(key: string): void {
    if (this.fixed || this.key === key) return;
    this.key = key;
    this.chosen.emit();
  }

  /** Chooses an endpoint and goes to a line of its source. */
  showLine(key: string, line: number): void {
    this.choose(key);
    this.pointed.emit(line);
  }

  /** Marks the line of a note on the chosen endpoint and goes there; the second time, it takes the mark away. */
  pick(note: Note): void {
    const { endpoint } = this;
    if (!endpoint || note.line === null) return;
    const marked = this.pickedNote(endpoint);
    this.picked = marked && isSame(marked, note) ? null : { key: endpoint.key, note };
    this.chosen.emit();
    if (this.picked) this.pointed.emit(note.line);
  }

  /** The note whose line is marked, while it is one of the endpoint's. */
  pickedNote({ key, notes }: Endpoint): Note | null {
    const { picked } = this;
    return picked?.key === key && notes?.some((note) => isSame(note, picked.note)) ? picked.note : null;
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

function isSame(one: Note, other: Note): boolean {
  return one.line === other.line && one.text === other.text;
}
