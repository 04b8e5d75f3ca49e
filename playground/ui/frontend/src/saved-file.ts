/**
 * Saved messages in a file, and those that Postman and Hoppscotch export.
 *
 * The playground's own file is JSON:
 *
 *     {
 *       "format": "websocket-playground-messages",
 *       "version": 1,
 *       "messages": [{ "folder": "chat / rooms", "name": "join", "kind": "json", "data": "{\"join\": \"{{room}}\"}" }]
 *     }
 *
 * `kind` is "text", "json", "utf8" (text that travels as bytes), "hex" or "base64", and `data` is the message as it stands in the box. `folder` may be left out.
 * Values that were given for `{{names}}` are not in it: they may be secrets.
 */
import { type Collection, isObject, type Left, nameOf, shortened } from "./collection";
import { count, size } from "./format";
import { isHoppscotch, readHoppscotch } from "./hoppscotch";
import { isPostman, readPostman } from "./postman";
import { isMessage, readFolder, type SavedMessage } from "./saved";

export const FORMAT = "websocket-playground-messages";
export const VERSION = 1;
export const LARGEST_COLLECTION = 2_000_000;
const MOST = 2_000;

type Readable = Pick<File, "name" | "size" | "arrayBuffer">;

export function writeMessages(messages: readonly SavedMessage[]): string {
  const written = messages.map(({ folder, name, kind, data }) => ({ ...(folder && { folder }), name, kind, data }));
  return `${JSON.stringify({ format: FORMAT, version: VERSION, messages: written }, null, 2)}\n`;
}

/** What is in a file that a person has chosen; rejects with a sentence when nothing can be read. */
export async function readMessages(file: Readable): Promise<Collection> {
  if (file.size > LARGEST_COLLECTION)
    throw new Error(
      `${file.name} has ${size(file.size)}; at most ${size(LARGEST_COLLECTION)} are read. Export a smaller collection.`,
    );
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch (error) {
    if (error instanceof TypeError) throw new Error(`${file.name} is not text; choose an exported JSON file.`);
    throw new Error(`${file.name} could not be read; choose it again.`);
  }
  return parseMessages(text, file.name);
}

export function parseMessages(text: string, file: string): Collection {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (/^\s*\$kind:/.test(text))
      throw new Error(`${file} is YAML, of Postman's v3; export the collection as v2.1 (without WebSocket requests).`);
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
  const collection = read(value, file);
  if (!collection.messages.length && !collection.left.length) throw new Error(`There is no message in ${file}.`);
  if (collection.messages.length > MOST)
    throw new Error(
      `${file} has ${count(collection.messages.length)} messages; at most ${count(MOST)} are read. Export a smaller collection.`,
    );
  for (const each of collection.messages) each.name = shortened(each.name);
  return collection;
}

function read(value: unknown, file: string): Collection {
  if (isObject(value) && value.format === FORMAT) return readOwn(value, file);
  if (isPostman(value)) return readPostman(value);
  if (isHoppscotch(value)) return readHoppscotch(value);
  throw new Error(
    `${file} is JSON, but neither the playground's, nor a collection of Postman (v2.0, v2.1) or Hoppscotch${hint(value)}.`,
  );
}

/** For files that people take for a collection. */
function hint(value: unknown): string {
  if (!isObject(value)) return "";
  if ("_postman_variable_scope" in value) return "; it holds Postman's variables, so export the collection itself";
  if (Array.isArray(value.requests) && Array.isArray(value.order))
    return "; it is Postman's old v1, so export it again as v2.1";
  if (Array.isArray(value.collections)) return "; it is a dump of all data, so export the collections one by one";
  return "";
}

function readOwn(value: Record<string, unknown>, file: string): Collection {
  const { version, messages } = value;
  if (typeof version !== "number" || !Array.isArray(messages))
    throw new Error(`${file} has the playground's format, but no version or no messages.`);
  if (version > VERSION)
    throw new Error(`${file} has version ${version} of the format, and this panel reads up to ${VERSION}; update it.`);
  const left: Left[] = [];
  const good = messages.flatMap((each: unknown, i): SavedMessage[] => {
    if (isMessage(each) && each.name.trim()) return [{ ...each, folder: readFolder(each.folder ?? "") }];
    left.push({ name: nameOf(each, `message ${i + 1}`), why: "without a name, or of a kind that is not known here" });
    return [];
  });
  return { from: file, messages: good, left, notes: [], values: {} };
}
