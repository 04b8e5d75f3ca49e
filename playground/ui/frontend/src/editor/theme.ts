import { EditorView } from "@codemirror/view";

/** All colours are the panel's variables, so the editor follows the notebook's theme. */
export const theme = EditorView.theme({
  "&": { height: "100%", containerType: "inline-size", backgroundColor: "var(--wp-bg)", color: "var(--wp-ink)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--wp-mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--wp-ink)" },
  ".cm-line": { padding: "0 12px 0 4px" },
  ".cm-gutters": { backgroundColor: "var(--wp-bg)", color: "var(--wp-dim)", border: "none" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 8px 0 10px", minWidth: "36px" },
  ".cm-activeLine": { backgroundColor: "var(--wp-active)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--wp-active)", color: "var(--wp-ink)" },
  ".cm-cursor": { borderLeftColor: "var(--wp-ink)" },
  "& .cm-selectionBackground": { background: "var(--wp-selection)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--wp-selection)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--wp-selection)", outline: "1px solid var(--wp-dim)" },
  ".cm-selectionMatch": { backgroundColor: "var(--wp-active)" },
  ".cm-line.cm-wp-bad": { backgroundColor: "var(--wp-bad-bg)" },
  ".cm-gutterElement.cm-wp-bad-number": { backgroundColor: "var(--wp-bad-bg)", color: "var(--wp-bad)", fontWeight: "600" },
  ".cm-wp-note": { boxSizing: "border-box", maxWidth: "calc(100cqw - 48px)", padding: "0 14px 2px 4px", color: "var(--wp-bad)", fontSize: "12px", lineHeight: "1.4", whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
  ".cm-panels": { backgroundColor: "var(--wp-bg1)", color: "var(--wp-ink)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--wp-line)" },
  ".cm-panel.cm-search": { padding: "6px 24px 6px 10px", fontSize: "12px" },
  ".cm-textfield": { backgroundColor: "var(--wp-bg)", color: "var(--wp-ink)", border: "1px solid var(--wp-line)", borderRadius: "5px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--wp-bg)", color: "var(--wp-ink)", border: "1px solid var(--wp-line)", borderRadius: "5px" },
  ".cm-searchMatch": { backgroundColor: "var(--wp-warn-bg)", outline: "1px solid var(--wp-warn)" },
});
