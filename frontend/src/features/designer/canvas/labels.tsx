import { classes } from "@/components/classes";
import { family, glyph } from "../mapping/types";

/** A type as a glyph of its family; its exact name in words. */
export function TypeGlyph({ type, className }: { type: string; className?: string }) {
  return (
    <span aria-hidden title={type} className={classes("ty", `ty-${family(type)}`, className)}>
      {glyph(type)}
    </span>
  );
}
