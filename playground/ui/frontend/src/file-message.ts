/** A file of the person's computer as a message. */
import { size } from "./format";

export const LARGEST_FILE = 8_000_000;

export interface FileMessage {
  name: string;
  size: number;
  bytes: Uint8Array;
}

type Readable = Pick<File, "name" | "size" | "arrayBuffer">;

/** The file's bytes; rejects when it is too large or cannot be read. */
export async function readFile(file: Readable): Promise<FileMessage> {
  if (file.size > LARGEST_FILE) {
    throw new Error(
      `${file.name} has ${size(file.size)}; from here at most ${size(LARGEST_FILE)} can be sent. Send it from a cell: client.send(open(path, "rb").read())`,
    );
  }
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new Error(`${file.name} could not be read; choose it again`);
  }
  return { name: file.name, size: bytes.length, bytes };
}

/** The file as text; throws when its bytes are not UTF-8. */
export function fileText({ name, bytes }: FileMessage): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${name} is not UTF-8 text; send it as bytes`);
  }
}

export function base64(bytes: Uint8Array): string {
  let text = "";
  // One call with all bytes would exceed the number of arguments that engines take.
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function describeFile({ name, size: bytes }: FileMessage): string {
  return `${name}, ${size(bytes)}`;
}
