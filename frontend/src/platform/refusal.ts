/** Why the desktop's shell did not do what it was asked. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: string,
    why: string,
    override readonly cause: string | undefined,
    readonly remedy: string | undefined,
  ) {
    super(why);
  }

  /** What a command was rejected with: problem+json, or the words of the framework. */
  static from(thrown: unknown): Refusal {
    if (typeof thrown !== "object" || thrown === null || thrown instanceof Error) {
      return new Refusal("internal", String(thrown), undefined, undefined);
    }
    const part = (key: string): string | undefined => {
      const value = (thrown as Record<string, unknown>)[key];
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    const why = part("detail") ?? part("title") ?? "the desktop did not say why";
    return new Refusal(part("code") ?? "internal", why, part("cause"), part("remedy"));
  }
}
