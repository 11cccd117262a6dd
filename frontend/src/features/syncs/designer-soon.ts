import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

/** How long a page that was just opened has its time for itself, in milliseconds. */
const REST = 300;

/** Loads the designer's code ahead: who looks at a sync often goes there next. */
export function useDesignerSoon(): void {
  const router = useRouter();
  useEffect(() => {
    const load = () => void router.loadRouteChunk(router.routesByPath["/projects/$project/designer/$sync"]);
    const timer = setTimeout(load, REST);
    return () => clearTimeout(timer);
  }, [router]);
}
