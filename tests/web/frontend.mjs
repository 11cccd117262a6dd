// The front end's folder and its packages, for scripts that lie outside of it.

import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

export const FRONTEND = fileURLToPath(new URL("../../frontend/", import.meta.url));

/** A package of the front end. */
export async function load(name) {
  const module = await import(pathToFileURL(createRequire(`${FRONTEND}package.json`).resolve(name)).href);
  return "default" in module ? { ...module.default, ...module } : module;
}
