import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const BACKEND = "http://127.0.0.1:9000";

/** The API’s /docs needs these two files under exactly these names. */
function swaggerUi(): Plugin {
  const { resolve } = createRequire(import.meta.url);
  return {
    name: "swagger-ui",
    apply: "build",
    generateBundle() {
      for (const name of ["swagger-ui-bundle.js", "swagger-ui.css"]) {
        this.emitFile({ type: "asset", fileName: `assets/${name}`, source: readFileSync(resolve(`swagger-ui-dist/${name}`)) });
      }
    },
  };
}

/** Each file of the page also compressed with Brotli at its best level, which is too slow at run time. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir = "." }, bundle) {
      for (const name of Object.keys(bundle).filter((name) => /-[\w-]{8}\.(css|js)$/.test(name))) {
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(readFileSync(join(dir, name)))); // from the disk: the bundle still changes before it is written
      }
    },
  };
}

/** Pico’s icons are data: URIs, which `default-src 'self'` forbids. This page uses none of them. */
const withoutDataUris = {
  postcssPlugin: "without-data-uris",
  Declaration(declaration: { value: string; remove: () => void }) {
    if (declaration.value.includes("data:")) declaration.remove();
  },
};

export default defineConfig({
  plugins: [react(), swaggerUi(), compressed()],
  css: { postcss: { plugins: [withoutDataUris] } },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": BACKEND, "/docs": BACKEND, "/help/": BACKEND, "/openapi.json": BACKEND, "/assets/swagger-ui": BACKEND },
  },
  build: {
    outDir: "../md5_service/api/page",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: {
    environment: "happy-dom",
    isolate: false, // one process for all files, which loads the page only once: half the time
    environmentOptions: { happyDOM: { url: "http://localhost:3000/" } },
    setupFiles: "src/test/setup.ts",
    restoreMocks: true,
    testTimeout: 240_000, // on a busy machine
    coverage: {
      include: ["src/**/*.{ts,tsx}"], // also files that no test imports
      exclude: ["src/test/**", "**/*.gen.ts"],
      reporter: [["text", { skipFull: true }], "html"],
      reportsDirectory: "../coverage/page",
    },
  },
});
