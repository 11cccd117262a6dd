import { classes } from "./classes";

/** Drawings by kind of system: 16 px, one line. */
const DRAWINGS = {
  cylinder:
    "M3 4v8c0 1.05 2.2 1.9 5 1.9s5-.85 5-1.9V4M3 8c0 1.05 2.2 1.9 5 1.9S13 9.05 13 8M13 4c0 1.05-2.24 1.9-5 1.9S3 5.05 3 4s2.24-1.9 5-1.9 5 .85 5 1.9z",
  page: "M4 2.2h5.4L12.4 5v8.2c0 .4-.3.6-.6.6H4c-.4 0-.6-.2-.6-.6V2.8c0-.4.2-.6.6-.6zM5.8 7.6h4.4M5.8 10h4.4",
  filed:
    "M4 2.2h5.4L12.4 5v8.2c0 .4-.3.6-.6.6H4c-.4 0-.6-.2-.6-.6V2.8c0-.4.2-.6.6-.6zM5.6 8c0-.5 1-.9 2.3-.9s2.3.4 2.3.9v2.8c0 .5-1 .9-2.3.9s-2.3-.4-2.3-.9zM5.6 8c0 .5 1 .9 2.3.9s2.3-.4 2.3-.9",
  columns: "M3.2 13V8.6M6.4 13V5M9.6 13V7M12.8 13V3",
  cloud: "M4.6 12.4a2.8 2.8 0 0 1-.3-5.6 3.8 3.8 0 0 1 7.3.9 2.4 2.4 0 0 1 0 4.7z",
} as const;

export type Drawing = keyof typeof DRAWINGS;

/** What a system is drawn as, by what its form asks for: a host, a file, an address; nothing here knows a connector's name. */
export function drawingOf(form: unknown): Drawing {
  const properties = (form as { properties?: Record<string, unknown> } | undefined)?.properties ?? {};
  if ("database" in properties || "host" in properties) {
    return "cylinder";
  }
  if ("format" in properties) {
    return "page";
  }
  return "path" in properties ? "filed" : "cloud";
}

/** A system as a glyph in a tile. The name beside it says which. */
export function ConnectorIcon({
  drawing,
  large = false,
  className,
}: {
  drawing: Drawing;
  large?: boolean;
  className?: string;
}) {
  return (
    <span
      aria-hidden
      className={classes(
        "grid shrink-0 place-items-center bg-surface-1 text-fg-2 shadow-[inset_0_0_0_1px_var(--line-2)]",
        large ? "size-8 rounded-3" : "size-5 rounded-1",
        className,
      )}
    >
      <svg
        viewBox="0 0 16 16"
        width={large ? 18 : 13}
        height={large ? 18 : 13}
        fill="none"
        stroke="currentColor"
        strokeWidth={large ? 1.35 : 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        <path d={DRAWINGS[drawing]} />
      </svg>
    </span>
  );
}
