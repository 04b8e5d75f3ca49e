/** Messages that name a line of the source: the kernel writes some with "line 14: " in front and some without. */

const PLACE = /^(?:line (\d+): )+/;

/** The line and the message without it. */
export function splitLine(message: string): { line: number | null; text: string } {
  const match = PLACE.exec(message);
  return match ? { line: Number(match[1]), text: message.slice(match[0].length) } : { line: null, text: message };
}

/** The message with its line in front, once. */
export function atLine(line: number | null, message: string): string {
  const said = splitLine(message);
  const place = line ?? said.line;
  return place === null ? said.text : `line ${place}: ${said.text}`;
}
