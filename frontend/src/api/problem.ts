import { Refusal } from "@/platform/refusal";
import type { components } from "./schema";

type ProblemBody = components["schemas"]["Problem"];
/** One error or warning of an answer. */
export type ApiError = components["schemas"]["Error"];

/** What browsers say when nothing answers: they have no type of its own for it, and a mistake in a screen is a `TypeError` too. */
const OF_THE_NETWORK = /fetch|load failed|network|connect|offline|import/i;

/** What went wrong with a request: the agent's problem+json, or that no agent answered. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    /** 0 where nothing answered. */
    readonly status: number,
    /** All that is wrong, the first one first. */
    readonly errors: readonly ApiError[],
    /** As the agent's log has it. */
    readonly requestId?: string,
  ) {
    super(errors[0]?.why ?? "");
  }

  /** The stable name of the first error, to branch on. */
  get code(): string {
    return this.errors[0]?.code ?? "";
  }

  get why(): string {
    return this.message;
  }

  get remedy(): string | undefined {
    return this.errors[0]?.help ?? undefined;
  }

  /** Where, what else is wrong, the driver's own words and the request. */
  get details(): string | undefined {
    const [first, ...others] = this.errors;
    const lines = [
      ...(first ? [place(first), first.driver] : []),
      ...others.map((error) => [error.code, place(error), error.why].filter(Boolean).join(" · ")),
      this.requestId && `request ${this.requestId}`,
    ];
    const text = lines.filter(Boolean).join("\n");
    return text === "" ? undefined : text;
  }

  /** What was answered instead of what was asked for. */
  static async of(response: Response): Promise<Problem> {
    const body = (await response.json().catch(() => undefined)) as Partial<ProblemBody> | undefined;
    if (body?.errors && body.errors.length > 0) {
      return new Problem(response.status, body.errors, body.request_id ?? undefined);
    }
    const why = `the agent answered ${response.status}, and not why`;
    return new Problem(response.status, [unknown(why, response.status >= 500 ? "system" : "config")]);
  }

  /** Anything that was thrown, as a problem. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) {
      return thrown;
    }
    if (thrown instanceof Refusal) {
      const { code, message, remedy, cause } = thrown;
      return new Problem(0, [
        { ...unknown(message, "system"), code, help: remedy ?? null, driver: cause ?? null },
      ]);
    }
    if (thrown instanceof TypeError && OF_THE_NETWORK.test(thrown.message)) {
      const help =
        "look whether it runs, and whether this machine reaches it; the page tries again by itself";
      const error: ApiError = {
        ...unknown("the agent does not answer", "transient"),
        code: "agent.unreachable",
        help,
      };
      return new Problem(0, [{ ...error, driver: thrown.message }]);
    }
    return new Problem(0, [unknown(thrown instanceof Error ? thrown.message : String(thrown), "system")]);
  }
}

const unknown = (why: string, kind: ApiError["kind"]): ApiError => ({
  code: "internal",
  kind,
  severity: "error",
  where: {},
  why,
});

/** Where an error is, in a line. */
export function place({ where }: ApiError): string {
  const { file, line, character, connection, stream, column, row } = where;
  const spot = [file, line, character].filter((part) => part !== undefined && part !== null).join(":");
  const named = { connection, stream, column, row };
  const parts = Object.entries(named).flatMap(([name, value]) => (value ? [`${name} ${value}`] : []));
  return [spot, ...parts].filter(Boolean).join(", ");
}
