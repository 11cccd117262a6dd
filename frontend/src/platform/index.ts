import { browser } from "./browser";

/** What differs between a browser and the desktop. */
export interface Platform {
  kind: "browser" | "desktop";
  /** Asks the agent; `/api/…` only. */
  fetch: (request: Request) => Promise<Response>;
  copy: (text: string) => Promise<void>;
  /** Lets somebody choose a text file; `undefined` where nothing was chosen. */
  openText: (endings: readonly string[]) => Promise<TextFile | undefined>;
  saveText: (file: TextFile) => Promise<void>;
}

export interface TextFile {
  name: string;
  text: string;
}

export const platform: Platform = browser;
