import type { Model } from "./kernel-protocol";
import { followPanel, type PanelInPage, type Wish } from "./panels-in-page";

/** Milliseconds after which somebody wants to know why nothing is shown. */
const PATIENCE = 6_000;
const MISSING = "The panel of this piece is not in this page. Run its cell again, or show the whole panel: pg";
const BESIDE = "Opened beside the notebook.";
const NOT_BESIDE =
  "This notebook program cannot open it beside the notebook; in JupyterLab, right-click it and choose “Create New View for Output”.";

/** A piece of a panel, drawn by the panel's own script, which is sent to the page once. */
export default function widget(): {
  initialize(props: { model: Model }): () => void;
  render(props: { model: Model; el: HTMLElement }): () => void;
} {
  return {
    initialize({ model }) {
      bringPanel(model);
      if (model.get("side") !== "asked") return () => {};
      return followPanel(epochOf(model), (panel) => {
        if (!panel || model.get("side") !== "asked" || !panel.openBeside(wishOf(model))) return;
        model.send({ type: "placed" });
      });
    },
    render({ model, el }) {
      const note = noteIn(el);
      let close: (() => void) | null = null;
      const draw = (panel: PanelInPage | null): void => {
        close?.();
        close = panel?.draw(el, wishOf(model)) ?? null;
      };
      const late = setTimeout(() => !close && !beside && note(MISSING), PATIENCE);
      let beside = model.get("side") === "placed";
      const placed = (): void => {
        beside = true;
        draw(null);
        note(BESIDE);
      };
      const leave = followPanel(epochOf(model), (panel) => {
        if (beside) return note(BESIDE);
        note(panel && model.get("side") === "asked" ? NOT_BESIDE : "");
        draw(panel);
      });
      model.on("change:side", placed);
      return () => {
        clearTimeout(late);
        model.off("change:side", placed);
        leave();
        close?.();
      };
    },
  };
}

function noteIn(el: HTMLElement): (text: string) => void {
  const line = document.createElement("div");
  line.style.cssText = "font:13px/1.5 var(--jp-ui-font-family,system-ui);opacity:.75;padding:4px 0";
  line.setAttribute("role", "status");
  el.append(line);
  return (text) => {
    line.textContent = text;
    line.hidden = text === "";
  };
}

/** Asks for the panel's model where a notebook program makes models only when they are needed. */
function bringPanel(model: Model): void {
  const id = String(model.get("panel") ?? "").replace(/^IPY_MODEL_/, "");
  Promise.resolve(model.widget_manager?.get_model?.(id)).catch(() => {
    // Without it, the piece says after a while that its panel is missing.
  });
}

function epochOf(model: Model): string {
  return String(model.get("epoch") ?? "");
}

function wishOf(model: Model): Wish {
  const height = model.get("height");
  const text = (name: string): string => String(model.get(name) ?? "");
  return {
    pane: text("pane"),
    filter: text("filter"),
    path: text("path"),
    height: typeof height === "number" ? height : null,
  };
}
