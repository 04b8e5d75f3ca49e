/**
 * JupyterLab's extension: it opens a panel in a view of its own, because a widget cannot reach JupyterLab's shell.
 *
 * JupyterLab loads it as a container of module federation, which has two functions; with so little in it, no bundler for
 * extensions is needed. Lumino's `Widget` is taken from what JupyterLab shares.
 */
import { offerBeside, type SideView } from "./beside";

interface LuminoWidget {
  id: string;
  readonly node: HTMLElement;
  readonly title: { label: string; caption: string; closable: boolean };
  readonly isDisposed: boolean;
  readonly isAttached: boolean;
  dispose(): void;
  onCloseRequest(message: unknown): void;
}

type WidgetClass = new () => LuminoWidget;

interface App {
  name: string;
  shell: {
    currentWidget: { id: string } | null;
    add(widget: LuminoWidget, area: string, options?: object): void;
    activateById(id: string): void;
    expandRight?(): void;
  };
}

type Shared = Record<string, Record<string, { get(): Promise<() => unknown> }> | undefined>;

const LAB = "JupyterLab";
const NOTEBOOK = "Jupyter Notebook";
const PACKAGE = "websocket-playground";
let shared: Shared = {};
let opened = 0;

async function widgetClass(): Promise<WidgetClass> {
  const [version] = Object.values(shared["@lumino/widgets"] ?? {});
  if (!version) throw new Error(`${PACKAGE}: JupyterLab shares no @lumino/widgets`);
  const module = (await version.get())() as { Widget: WidgetClass };
  return module.Widget;
}

function viewOf(Widget: WidgetClass, { label, draw, whenOver }: SideView): LuminoWidget {
  class View extends Widget {
    private undo = [draw(this.node), whenOver(() => this.dispose())];

    override onCloseRequest(message: unknown): void {
      super.onCloseRequest(message);
      this.dispose();
    }

    override dispose(): void {
      if (this.isDisposed) return;
      for (const undo of this.undo) undo();
      super.dispose();
    }
  }
  const view = new View();
  view.id = `${PACKAGE}-beside-${++opened}`;
  view.title.label = view.title.caption = label;
  view.title.closable = true;
  view.node.style.cssText = "overflow:auto;background:var(--jp-layout-color0)";
  view.node.dataset.testid = "beside";
  return view;
}

function plugin(Widget: WidgetClass) {
  let last: LuminoWidget | null = null;
  return {
    id: `${PACKAGE}:beside`,
    description: "Opens the panel of a WebSocket playground beside the notebook.",
    autoStart: true,
    activate({ name, shell }: App): void {
      // Other programs that load JupyterLab's extensions, such as Voila, have no room for it.
      if (name !== LAB && name !== NOTEBOOK) return;
      offerBeside({
        open(wanted) {
          const view = viewOf(Widget, wanted);
          if (name === LAB) {
            const neighbour = last?.isAttached ? { mode: "tab-after", ref: last.id } : beside(shell);
            shell.add(view, "main", neighbour);
            last = view;
          } else {
            // It has one document in the middle, and a column at its right.
            shell.add(view, "right");
            shell.expandRight?.();
          }
          shell.activateById(view.id);
        },
      });
    },
  };
}

function beside({ currentWidget }: App["shell"]): object {
  return { mode: "split-right", ...(currentWidget && { ref: currentWidget.id }) };
}

const page = globalThis as unknown as { _JUPYTERLAB?: Record<string, unknown> };
page._JUPYTERLAB ??= {};
page._JUPYTERLAB[PACKAGE] = {
  init(scope: Shared): void {
    shared = scope;
  },
  async get(module: string): Promise<() => unknown> {
    if (module !== "./extension") throw new Error(`${PACKAGE} has no module ${module}`);
    const found = { __esModule: true, default: plugin(await widgetClass()) };
    return () => found;
  },
};
