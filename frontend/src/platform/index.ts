import { browser } from "./browser";
import { desktop } from "./desktop";
import { isDesktop } from "./host";
import type { Desktop } from "./desktop-only";
import type { Place } from "./place";

/** What differs between a browser and the desktop. */
export interface Platform {
  /** What paths are below when a request is made of one. */
  base: string;
  /** Asks the agent of a place; `/api/…` only. */
  fetch: (request: Request, place: Place) => Promise<Response>;
  copy: (text: string) => Promise<void>;
  /** Lets somebody choose a text file; `undefined` where nothing was chosen. */
  openText: (endings: readonly string[]) => Promise<TextFile | undefined>;
  saveText: (file: TextFile) => Promise<void>;
  /** What only a desktop can do. */
  desktop?: Desktop;
}

export interface TextFile {
  name: string;
  text: string;
}

export const platform: Platform = isDesktop ? desktop : browser;
