/**
 * Collections of Postman, v2.0 and v2.1 (https://schema.postman.com): the raw bodies of their requests.
 *
 * Postman does not export WebSocket requests in these formats; what it calls v3 is a folder of YAML files.
 */
import {
  type Collection,
  DEEPEST,
  FILE,
  FORM,
  GRAPHQL,
  isObject,
  kindOf,
  type Left,
  NO_MESSAGE,
  nameOf,
  ownName,
  TOO_DEEP,
  Variables,
  within,
} from "./collection";
import type { SavedMessage } from "./saved";

const MODES: Readonly<Record<string, string>> = { urlencoded: FORM, formdata: FORM, file: FILE, graphql: GRAPHQL };

export function isPostman(value: unknown): value is Record<string, unknown> {
  const { info, item } = collectionIn(value);
  return isObject(info) && /\/collection\/v2/.test(String(info.schema)) && Array.isArray(item);
}

export function readPostman(value: Record<string, unknown>): Collection {
  const { info, item, variable } = collectionIn(value);
  const messages: SavedMessage[] = [];
  const left: Left[] = [];
  const variables = new Variables("{{", "}}");
  const visit = (items: readonly unknown[], folder: string, depth: number): void => {
    for (const each of items) {
      const name = nameOf(each, "without a name");
      const inner = isObject(each) ? each.item : null;
      if (!Array.isArray(inner)) {
        const found = bodyOf(each);
        if ("why" in found) left.push({ name, why: found.why });
        else messages.push({ ...found, data: variables.translate(found.data, name), name, folder });
      } else if (depth === DEEPEST) left.push({ name, why: TOO_DEEP });
      else visit(inner, within(folder, name), depth + 1);
    }
  };
  const name = nameOf(info, "Postman");
  visit(item as unknown[], within("", name), 1);
  return {
    from: `Postman's collection “${name}”`,
    messages,
    left,
    notes: variables.notes(),
    values: valuesOf(variable),
  };
}

/** Postman's interface for programs puts a collection into an object. */
function collectionIn(value: unknown): Record<string, unknown> {
  if (!isObject(value)) return {};
  return isObject(value.collection) ? value.collection : value;
}

function bodyOf(item: unknown): Pick<SavedMessage, "kind" | "data"> | { why: string } {
  if (!isObject(item)) return { why: "that are no requests" };
  const { request, type } = item;
  if (request === undefined) return { why: typeof type === "string" ? `of the type ${type}` : "that are no requests" };
  const body = isObject(request) && isObject(request.body) ? request.body : {};
  const { mode, raw, options } = body;
  if (typeof mode === "string" && Object.hasOwn(MODES, mode)) return { why: MODES[mode]! };
  if (typeof raw !== "string" || !raw) return { why: NO_MESSAGE };
  const language = isObject(options) && isObject(options.raw) ? options.raw.language : undefined;
  return { kind: kindOf(raw, language), data: raw };
}

function valuesOf(variables: unknown): Record<string, string> {
  const values: Record<string, string> = {};
  for (const each of Array.isArray(variables) ? variables : []) {
    if (!isObject(each) || each.disabled === true || each.type === "secret") continue;
    const { key, value } = each;
    if (typeof key === "string" && ["string", "number", "boolean"].includes(typeof value))
      values[ownName(key)] = String(value);
  }
  return values;
}
