/** What a sync file calls its project; nothing where it does not, or cannot be read yet. */
export async function nameIn(file: string): Promise<string | null> {
  const { parse } = await import("yaml");
  try {
    const parsed: unknown = parse(file, { logLevel: "silent" });
    const name = typeof parsed === "object" && parsed !== null && "project" in parsed ? parsed.project : null;
    return typeof name === "string" && name !== "" ? name : null;
  } catch {
    return null;
  }
}
