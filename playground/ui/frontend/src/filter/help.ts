/** What the filter can do, by examples; the whole grammar is in `playground/record/query.py`. */

export interface Example {
  query: string;
  about: string;
}

export const HELP: readonly { title: string; examples: readonly Example[] }[] = [
  {
    title: "Words",
    examples: [
      { query: "hello", about: "in the text, the kind or the client's name" },
      { query: '"two words"', about: "with a space, or with : = ( )" },
      { query: "/^he.*o$/", about: "regular expression" },
    ],
  },
  {
    title: "Keys",
    examples: [
      { query: "kind:receive,send", about: "a comma means either" },
      { query: "client:alice", about: "also path: dir: witness: v:" },
      { query: "is:errors", about: "messages, hooks, handled, differ …" },
      { query: "code>=4000", about: "numbers: > < >= <= =" },
      { query: "size>1kB", about: "B, kB, MB, KiB, MiB" },
      { query: "duration>0.5ms", about: "us, ms, s, min" },
      { query: "json.user.name=alice", about: "field of JSON" },
      { query: "json.tags[0]=a", about: "place in a list" },
      { query: "json.n>3", about: "field that is a number" },
      { query: "json.user", about: "the field is there" },
    ],
  },
  {
    title: "Together",
    examples: [
      { query: "alice kind:send", about: "both" },
      { query: "alice OR bob", about: "one of them; OR in capitals" },
      { query: "-kind:ping,pong", about: "not; also NOT" },
      { query: "(alice OR bob) -is:hooks", about: "brackets come first" },
    ],
  },
];

const OPERATOR = /(?:^|\s)(and|or|not)(?=\s|$)/;

/** What to know of a filter that can be read, but may not mean what it says; null if nothing. */
export function advice(text: string): string | null {
  const word = OPERATOR.exec(text.replace(/"[^"]*"/g, '""'))?.[1];
  return word ? `“${word}” is searched as a word; the operator is ${word.toUpperCase()}` : null;
}
