import { defineConfig } from "vitest/config";

export default defineConfig({
  define: { EDITOR_EDITION: JSON.stringify("test") },
  test: { include: ["test/**/*.test.ts"] },
});
