import { ChevronRight } from "lucide-react";
import { classes } from "@/components/classes";
import { words } from "@/words";

interface AdvancedToggleProps {
  /** How many fields it shows and hides; without any there is no toggle. */
  count: number;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
}

/** Shows the fields that few connections need, or hides them. */
export const AdvancedToggle = ({ count, isOpen, onToggle }: AdvancedToggleProps) =>
  count > 0 && (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={() => onToggle(!isOpen)}
      className="flex h-7 items-center gap-2 self-start rounded-2 font-medium"
    >
      <ChevronRight size={14} aria-hidden className={classes("text-fg-3", isOpen && "rotate-90")} />
      {words.connections.advanced}
      <span className="text-12 font-normal text-fg-3">{count}</span>
    </button>
  );
