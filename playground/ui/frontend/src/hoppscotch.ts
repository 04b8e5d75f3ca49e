/**
 * Collections of Hoppscotch, one or a list of them: the bodies of their requests.
 *
 * The formats are in hoppscotch/hoppscotch, packages/hoppscotch-data. Messages of its realtime page are in no collection.
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

type Group = Record<string, unknown>;

export function isHoppscotch(value: unknown): value is Group | Group[] {
  const all = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.every(isGroup);
}

export function readHoppscotch(value: Group | Group[]): Collection {
  const all = Array.isArray(value) ? value : [value];
  const messages: SavedMessage[] = [];
  const left: Left[] = [];
  const values: Record<string, string> = {};
  const variables = new Variables("<<", ">>");
  const visit = (group: Group, parent: string, depth: number): void => {
    const folder = within(parent, nameOf(group, "Hoppscotch"));
    Object.assign(values, valuesOf(group.variables));
    for (const each of group.requests as unknown[]) {
      const name = nameOf(each, "without a name");
      const found = bodyOf(each);
      if ("why" in found) left.push({ name, why: found.why });
      else messages.push({ ...found, data: variables.translate(found.data, name), name, folder });
    }
    for (const each of group.folders as unknown[]) {
      if (!isGroup(each)) left.push({ name: nameOf(each, "without a name"), why: "that are no folders" });
      else if (depth === DEEPEST) left.push({ name: nameOf(each, "without a name"), why: TOO_DEEP });
      else visit(each, folder, depth + 1);
    }
  };
  for (const each of all) visit(each, "", 1);
  const names = all.map((each) => `“${nameOf(each, "without a name")}”`);
  const from = `Hoppscotch's ${all.length === 1 ? `collection ${names[0]}` : `${all.length} collections`}`;
  return { from, messages, left, notes: variables.notes(), values };
}

/** Postman's old v1 looks similar, but has an order. */
function isGroup(value: unknown): value is Group {
  return (
    isObject(value) &&
    typeof value.name === "string" &&
    Array.isArray(value.requests) &&
    Array.isArray(value.folders) &&
    !("order" in value)
  );
}

function bodyOf(request: unknown): Pick<SavedMessage, "kind" | "data"> | { why: string } {
  if (!isObject(request)) return { why: "that are no requests" };
  if (typeof request.query === "string") return { why: GRAPHQL };
  // The first versions had the body beside its type.
  const { contentType, body } = isObject(request.body)
    ? request.body
    : { contentType: request.contentType, body: request.rawParams };
  if (/form/.test(String(contentType))) return { why: FORM };
  if (/octet-stream/.test(String(contentType))) return { why: FILE };
  if (typeof body !== "string" || !body) return { why: NO_MESSAGE };
  return { kind: kindOf(body, contentType), data: body };
}

function valuesOf(variables: unknown): Record<string, string> {
  const values: Record<string, string> = {};
  for (const each of Array.isArray(variables) ? variables : []) {
    if (!isObject(each) || each.secret === true) continue;
    const { key, currentValue, initialValue } = each;
    const value = currentValue || initialValue;
    if (typeof key === "string" && typeof value === "string" && value) values[ownName(key)] = value;
  }
  return values;
}
