import { type RefObject, useLayoutEffect, useState } from "react";

/** An element's inner size, kept up to date. */
export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 872, height: 452 });
  useLayoutEffect(() => {
    const own = element.current;
    if (!own) {
      return;
    }
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = own;
      setSize((before) =>
        width === 0 || (before.width === width && before.height === height) ? before : { width, height },
      );
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(own);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
