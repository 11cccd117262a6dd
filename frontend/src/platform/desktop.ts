import { ask, command } from "./ask";
import type { About, Certificate, Preferences, SecretsPlace, StoredAgent } from "./desktop-only";
import type { Platform, TextFile } from "./index";

/** The desktop's window: what a browser does by itself, the shell is asked to do. */
export const desktop: Platform = {
  // Names nobody: only the path behind it goes to the shell.
  base: "http://desktop.invalid",
  fetch: ask,
  copy: (text) => navigator.clipboard.writeText(text),
  openText: async (endings) => (await command<TextFile | null>("open_text", { endings })) ?? undefined,
  saveText: async ({ name, text }) => {
    await command<boolean>("save_text", { name, text });
  },
  desktop: {
    agents: () => command<StoredAgent[]>("agents"),
    certificate: (url) => command<Certificate | null>("certificate", { url }),
    addAgent: (agent) => command<StoredAgent>("add_agent", { ...agent }),
    removeAgent: (name) => command("remove_agent", { name }),
    secretsPlace: () => command<SecretsPlace>("secrets_place"),
    unlock: (passphrase) => command("unlock", { passphrase }),
    notify: (title, body) => command("notify", { title, body }),
    preferences: () => command<Preferences>("preferences"),
    setPreferences: (preferences) => command("set_preferences", { preferences }),
    about: () => command<About>("about"),
  },
};
