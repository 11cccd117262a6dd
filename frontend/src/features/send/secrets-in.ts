const SECRET = /^secret:\/\/(.+)$/;
/** The default of a variable; `$${` is a literal `${`. */
const DEFAULT = /(\$?)\$\{\w+:-secret:\/\/([^}]+)\}/g;

/** The secrets that a sync file names, each once, in its order; those of its environments too. */
export async function secretsIn(file: string): Promise<string[]> {
  const { parse } = await import("yaml");
  return secretsOf(parse(file));
}

/** The same of a file that was parsed, or of a part of it. */
export const secretsOf = (value: unknown): string[] => [...new Set(named(value))];

function named(value: unknown): string[] {
  if (typeof value === "string") {
    const whole = SECRET.exec(value)?.[1];
    const defaults = [...value.matchAll(DEFAULT)].flatMap(([, literal, name]) =>
      literal ? [] : (name ?? []),
    );
    return whole === undefined ? defaults : [whole];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(named) : [];
}
