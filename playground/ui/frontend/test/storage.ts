/** A browser's storage made of an object. */
export function memoryStorage(): Storage {
  const items: Record<string, string> = {};
  return Object.defineProperties(items, {
    getItem: { value: (name: string) => items[name] ?? null },
    setItem: {
      value: (name: string, text: string) => {
        items[name] = String(text);
      },
    },
    removeItem: { value: (name: string) => void delete items[name] },
  }) as unknown as Storage;
}
