import { useSyncExternalStore } from "react";

/** Where requests go: this computer (`null`), or a stored agent by its name. A browser has only its own agent. */
export type Place = string | null;

let chosen: Place = null;
const listeners = new Set<() => void>();

export const place = (): Place => chosen;

/** Goes to another place. Whoever shows what came from the one before begins anew. */
export function goToPlace(next: Place): void {
  chosen = next;
  listeners.forEach((tell) => tell());
}

const subscribe = (tell: () => void) => {
  listeners.add(tell);
  return () => listeners.delete(tell);
};

export const usePlace = (): Place => useSyncExternalStore(subscribe, place);
