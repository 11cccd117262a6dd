import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The agent that answers `/api` while the interface is developed. */
const agent = process.env.SYNCAPP_AGENT ?? "http://127.0.0.1:7700";

// The agent compares a request's origin with its host, so the host goes through as the browser sent it.
const proxy = { "/api": { target: agent, changeOrigin: false } };

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy },
  preview: { proxy },
  build: {
    target: "es2022",
    // The policy of the pages allows no data: addresses for fonts and scripts.
    assetsInlineLimit: 0,
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./src/app/testing.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    // Whole screens are typed into, also on a machine that builds beside it.
    testTimeout: 20_000,
  },
});
