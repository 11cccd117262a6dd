import { Badge } from "@/components/badge";
import { CopyButton } from "@/components/copy-button";
import { Said, withoutExpression } from "@/components/said";
import { words } from "@/words";
import { useDesigner } from "../state/designer";
import { Section } from "./section";

/** Why sampled rows fail at a column, the first of each reason. */
export function FailingRows({ column }: { column: string }) {
  const { sample } = useDesigner().sample;
  const failing = sample?.failing.filter((one) => one.column === column) ?? [];
  if (failing.length === 0) {
    return null;
  }
  const reasons = [...new Map(failing.map((one) => [`${one.code} ${one.why}`, one])).values()];
  return (
    <Section>
      <h3 className="mb-1.5 flex items-center gap-2 font-medium">
        {words.designer.sample.tabs.failing}
        <Badge tone="bad">{failing.length}</Badge>
      </h3>
      <div className="flex flex-col gap-2">
        {reasons.slice(0, 3).map((one) => (
          <div key={one.why} className="rounded-3 border border-bad-line bg-bad-soft px-3 py-2.5 text-12">
            <div className="code text-bad-text">{one.code}</div>
            <p className="mt-0.5 wrap-break-word">
              <Said text={withoutExpression(one.why)} />
            </p>
            {one.help !== undefined && (
              <p className="mt-1 text-fg-2">
                <Said text={one.help} />
              </p>
            )}
            <div className="mt-1 -ml-2">
              <CopyButton plain text={[one.code, column, one.why, one.help].filter(Boolean).join("\n")} />
            </div>
          </div>
        ))}
      </div>
    </Section>
  );
}
