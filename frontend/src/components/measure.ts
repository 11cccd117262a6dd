import { useCallback, useState } from "react";

/** How wide what `ref` is put on is, in pixels; 0 before it is drawn. */
export function useWidth(): [(node: Element | null) => (() => void) | undefined, number] {
  const [width, setWidth] = useState(0);
  const ref = useCallback((node: Element | null) => {
    if (!node) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(node);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}
