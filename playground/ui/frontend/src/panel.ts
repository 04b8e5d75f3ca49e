import type { Model } from "./kernel-protocol";
import { Session } from "./session";
import { PIECES, type Piece, shell } from "./view/shell";

/**
 * The widget, one per model. anywidget calls the factory for each model and hands `initialize` and `render` a different
 * proxy of it each time, so shared state cannot be attached to either.
 */
export default function widget(): {
  initialize(props: { model: Model }): () => void;
  render(props: { model: Model; el: HTMLElement }): () => void;
} {
  let session: Session | null = null;
  return {
    initialize({ model }) {
      session = new Session(model);
      return () => {
        session?.close();
        session = null;
      };
    },
    render({ model, el }) {
      session ??= new Session(model);
      return shell(session, el, { piece: pieceOf(model.get("pane")), height: heightOf(model.get("height")) });
    },
  };
}

function pieceOf(value: unknown): Piece {
  return typeof value === "string" && value in PIECES ? (value as Piece) : "panel";
}

function heightOf(value: unknown): number | null {
  return typeof value === "number" && value > 0 ? value : null;
}
