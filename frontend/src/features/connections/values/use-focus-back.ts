import { useCallback, useEffect, useRef, type RefObject } from "react";
import { pathOf, type Place } from "./values";

/** Names the button by which a form is opened: that of a connection's own values, of an environment's, or of a new environment's. */
export const opens = (place: Place | undefined) => ({ "data-opens": place ? pathOf(place).join(" ") : "" });

/**
 * Lets whoever works by keys go on where something was that has gone: at the button that opens a form, once it is there and nothing else
 * has the focus.
 */
export function useFocusBack(
  part: RefObject<HTMLElement | null>,
  first: { place: Place | undefined } | undefined,
  shown: unknown,
  onBack: () => void,
) {
  const goal = useRef(first && opens(first.place)["data-opens"]);
  useEffect(() => {
    if (goal.current === undefined || document.activeElement !== document.body) {
      return;
    }
    const buttons = [...(part.current?.querySelectorAll<HTMLElement>("[data-opens]") ?? [])];
    const button = buttons.find((one) => one.dataset.opens === goal.current);
    if (button) {
      goal.current = undefined;
      button.focus();
      onBack();
    }
  }, [part, shown, onBack]);
  return useCallback((place: Place | undefined) => {
    goal.current = opens(place)["data-opens"];
  }, []);
}
