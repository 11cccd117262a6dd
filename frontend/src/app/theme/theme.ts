import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";

const KEY = "syncapp.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function kept(): Theme {
  const text = localStorage.getItem(KEY);
  return text === "light" || text === "dark" ? text : "system";
}

/** What is shown now. */
export const shownTheme = (): "light" | "dark" => {
  const theme = kept();
  return theme === "system" ? (dark.matches ? "dark" : "light") : theme;
};

/** Puts the theme onto the page, now and whenever the system's changes, or the choice in another tab. */
export function followTheme(): void {
  apply();
  dark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
}

function apply(): void {
  document.documentElement.dataset.theme = shownTheme();
  listeners.forEach((tell) => tell());
}

/** Chooses, and remembers it in this browser. */
export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  apply();
}

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

/** The choice, and what it comes to. */
export function useTheme(): { choice: Theme; shown: "light" | "dark" } {
  const choice = useSyncExternalStore(subscribe, kept);
  const shown = useSyncExternalStore(subscribe, shownTheme);
  return { choice, shown };
}
