import type { Scope } from "../signal";

/** Writes `data-theme` on the root: what the host says, else what the system prefers. */
export function followTheme(root: HTMLElement, scope: Scope): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const update = (): void => {
    root.dataset.theme = isDark(system.matches) ? "dark" : "light";
  };
  const observer = new MutationObserver(update);
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, {
      attributes: true,
      attributeFilter: ["class", "data-jp-theme-light", "data-theme", "data-vscode-theme-kind"],
    });
  }
  scope.add(() => observer.disconnect());
  scope.listen(system, "change", update);
  update();
}

/** The host's theme, where it is not the one that the system prefers; else null. */
export function ownTheme(): "light" | "dark" | null {
  const system = matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = isDark(system);
  return dark === system ? null : dark ? "dark" : "light";
}

function isDark(system: boolean): boolean {
  const { body, documentElement } = document;
  const lab = body.dataset.jpThemeLight;
  if (lab) return lab === "false";
  const code = body.dataset.vscodeThemeKind;
  if (code) return code.includes("dark") || code === "vscode-high-contrast";
  const names = [...body.classList, ...documentElement.classList];
  if (names.includes("dark")) return true;
  if (names.includes("light")) return false;
  return system;
}
