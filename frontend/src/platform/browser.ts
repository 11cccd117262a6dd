import type { Platform } from "./index";

/** A browser, on pages that the agent serves. */
export const browser: Platform = {
  base: window.location.origin,
  fetch: (request) => window.fetch(request),
  copy: (text) => navigator.clipboard.writeText(text),
  openText: (endings) =>
    new Promise((resolve, reject) => {
      const input = document.createElement("input");
      input.type = "file";
      input.accept = endings.join(",");
      input.addEventListener("cancel", () => resolve(undefined));
      input.addEventListener("change", () => {
        const file = input.files?.[0];
        if (!file) {
          resolve(undefined);
          return;
        }
        file.text().then((text) => resolve({ name: file.name, text }), reject);
      });
      input.click();
    }),
  saveText: ({ name, text }) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    URL.revokeObjectURL(address);
    return Promise.resolve();
  },
};
