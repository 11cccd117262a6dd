import { useCallback, useEffect, useRef, type RefObject } from "react";

/**
 * Lets whoever works by keys go on where something was that has gone: at the button of an environment in a part of the page, once it is
 * there and nothing else has the focus. An empty name is the button that adds one.
 */
export function useFocusBack(
  part: RefObject<HTMLElement | null>,
  first: string | undefined,
  shown: unknown,
  onBack: () => void,
) {
  const goal = useRef(first);
  useEffect(() => {
    if (goal.current === undefined || document.activeElement !== document.body) {
      return;
    }
    const buttons = [...(part.current?.querySelectorAll<HTMLElement>("[data-environment]") ?? [])];
    const button = buttons.find((one) => one.dataset.environment === goal.current);
    if (button) {
      goal.current = undefined;
      button.focus();
      onBack();
    }
  }, [part, shown, onBack]);
  return useCallback((environment: string) => {
    goal.current = environment;
  }, []);
}
