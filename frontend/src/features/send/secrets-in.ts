const SECRET = /^secret:\/\/(.+)$/;

/** The secrets that a sync file names, each once, in its order. */
export async function secretsIn(file: string): Promise<string[]> {
  const { parse } = await import("yaml");
  return [...new Set(named(parse(file)))];
}

function named(value: unknown): string[] {
  if (typeof value === "string") {
    const name = SECRET.exec(value)?.[1];
    return name === undefined ? [] : [name];
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(named) : [];
}
