import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "@/api/problem";
import { words } from "@/words";
import { classes } from "./classes";
import { CopyButton } from "./copy-button";
import { Said } from "./said";

/** What is told of an error, wherever it comes from. */
export interface ErrorText {
  title: string;
  code: string;
  cause: string;
  /** What was written before it. */
  written?: string | undefined;
  remedy?: string | undefined;
  /** Further lines of what is copied: where, the driver's words, the request. */
  details?: string | undefined;
}

/** An error: what, code, cause, what was written, remedy, and a button that does the remedy. */
export function ErrorPanel({
  error,
  action,
  className,
}: {
  error: ErrorText;
  action?: ReactNode;
  className?: string;
}) {
  const { title, code, cause, written, remedy, details } = error;
  const rows = [
    [words.errors.cause, cause],
    [words.errors.written, written],
    [words.errors.remedy, remedy],
  ] as const;
  const copied = [title, code, ...rows.map(([name, text]) => text && `${name}: ${text}`), details];
  return (
    <section
      aria-label={title}
      className={classes(
        "@container rounded-3 border border-bad-line bg-bad-soft px-3 py-2.5 text-fg-1",
        className,
      )}
    >
      <div className="flex items-start gap-1.5 font-semibold">
        <CircleAlert size={16} strokeWidth={1.6} className="mt-0.5 shrink-0 text-bad-text" aria-hidden />
        <div className="flex min-w-0 grow flex-wrap items-baseline justify-between gap-x-3">
          <h3 className="min-w-0 wrap-break-word">{title}</h3>
          <span className="code text-fg-2">{code}</span>
        </div>
      </div>
      <dl className="mt-2 grid gap-x-3 gap-y-1 pl-5.5 text-12/4.5 @xs:grid-cols-[64px_1fr]">
        {rows.map(
          ([name, text]) =>
            text !== undefined && (
              <div key={name} className="contents">
                <dt className="text-fg-2">{name}</dt>
                <dd className="min-w-0 wrap-break-word">
                  <Said text={text} />
                </dd>
              </div>
            ),
        )}
      </dl>
      {details !== undefined && (
        <pre className="data mt-2 ml-5.5 max-h-40 overflow-auto whitespace-pre-wrap text-fg-2">{details}</pre>
      )}
      <div className="mt-2 flex items-center gap-2 pl-5.5">
        {action}
        <span className="ml-auto">
          <CopyButton plain text={copied.filter(Boolean).join("\n")} />
        </span>
      </div>
    </section>
  );
}

/** A problem of the interface as an error's text. */
export function problemText(thrown: unknown, title: string): ErrorText {
  const { code, why, remedy, details } = Problem.from(thrown);
  return { title, code, cause: why, remedy, details };
}

/** The panel of what a request answered. */
export const ProblemPanel = ({
  problem,
  title,
  action,
}: {
  problem: unknown;
  title: string;
  action?: ReactNode;
}) => <ErrorPanel error={problemText(problem, title)} action={action} />;
