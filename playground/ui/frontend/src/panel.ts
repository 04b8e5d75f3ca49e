import { beside } from "./beside";
import type { Model } from "./kernel-protocol";
import { type PanelInPage, registerPanel, type Wish } from "./panels-in-page";
import { Session } from "./session";
import { Signal } from "./signal";
import { shell } from "./view/shell";

const ALL: Wish = { pane: "panel", filter: "", path: "", height: null };

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
      const made = new Session(model);
      const over = new Signal();
      session = made;
      const panel = inPage(made, over);
      made.openBeside = () => panel.openBeside(ALL);
      const leave = registerPanel(made.epoch, panel);
      return () => {
        leave();
        over.emit();
        made.close();
        session = null;
      };
    },
    render({ model, el }) {
      session ??= new Session(model);
      return shell(session, el, ALL);
    },
  };
}

function inPage(session: Session, over: Signal): PanelInPage {
  const draw = (host: HTMLElement, wish: Wish): (() => void) => shell(session, host, wish);
  return {
    draw,
    openBeside(wish) {
      const label = wish.pane === "panel" ? "Playground" : `Playground · ${wish.pane}`;
      const opener = beside();
      opener?.open({
        label,
        draw: (host) => draw(host, { ...wish, height: null, fills: true }),
        whenOver: (close) => over.on(close),
      });
      return opener !== null;
    },
  };
}
