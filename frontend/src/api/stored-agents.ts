import { queryOptions } from "@tanstack/react-query";
import type { Desktop } from "@/platform/desktop-only";

/** The agents that this computer's desktop has tokens of. */
export const storedAgentsQuery = (desktop: Desktop) =>
  queryOptions({ queryKey: ["stored-agents"], queryFn: () => desktop.agents(), staleTime: 30_000 });

/** Where their tokens are kept. */
export const secretsPlaceQuery = (desktop: Desktop) =>
  queryOptions({ queryKey: ["secrets-place"], queryFn: () => desktop.secretsPlace() });

/** Who answers at an address; it is asked anew each time somebody wants to add one. */
export const certificateQuery = (desktop: Desktop, url: string) =>
  queryOptions({
    queryKey: ["certificate", url],
    queryFn: () => desktop.certificate(url),
    retry: false,
    gcTime: 0,
  });

export const preferencesQuery = (desktop: Desktop) =>
  queryOptions({ queryKey: ["preferences"], queryFn: () => desktop.preferences() });

export const aboutQuery = (desktop: Desktop) =>
  queryOptions({ queryKey: ["about"], queryFn: () => desktop.about(), staleTime: Infinity });
