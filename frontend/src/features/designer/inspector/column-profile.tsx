import { useMemo } from "react";
import { words } from "@/words";
import { type Profile, profile } from "../sample/profile";
import type { Sample } from "../sample/sample";
import { useDesigner } from "../state/designer";
import { count } from "@/words/figures";
import { Histogram } from "./histogram";
import { Section } from "./section";

const text = words.designer.profile;

/** What a column's sampled values are like, before the mapping or after it. */
export function useProfile(name: string, type: string | undefined, before: boolean): Profile | undefined {
  const { sample } = useDesigner().sample;
  return useMemo(() => profileOf(sample, name, type, before), [sample, name, type, before]);
}

export function profileOf(
  sample: Sample | undefined,
  name: string,
  type: string | undefined,
  before: boolean,
): Profile | undefined {
  const rows = before ? sample?.before : sample?.after;
  if (!rows || rows.length === 0 || !rows.some((row) => name in row)) {
    return undefined;
  }
  return profile(
    rows.map((row) => row[name] ?? null),
    type ?? sample?.types[name] ?? "string",
  );
}

export function ColumnProfile({
  name,
  type,
  before = false,
}: {
  name: string;
  type: string | undefined;
  before?: boolean;
}) {
  const { sample } = useDesigner();
  const found = useProfile(name, type, before);
  if (!found) {
    return null;
  }
  const all = (before ? sample.sample?.before : sample.sample?.after)?.length ?? 0;
  const failing = sample.sample?.failing.filter((one) => one.column === name).length ?? 0;
  return (
    <Section>
      <div className="mb-2 flex items-baseline">
        <h3 className="font-medium">{text.title}</h3>
        <span className="figures ml-auto text-12 text-fg-3">
          {text.sampled(count(found.values), count(all + (before ? 0 : failing)))}
        </span>
      </div>
      <Histogram profile={found} name={name} />
      <Figures found={found} failing={before ? 0 : failing} />
    </Section>
  );
}

export function Figures({ found, failing }: { found: Profile; failing: number }) {
  const figures: [string, string, boolean?][] = [
    [text.nulls, count(found.nulls)],
    [text.distinct, count(found.distinct)],
    ...(found.zero === undefined
      ? []
      : [[found.median === undefined ? text.empty : text.zero, count(found.zero)] as [string, string]]),
    ...(found.median === undefined ? [] : [[text.median, found.median] as [string, string]]),
    ...(found.mean === undefined ? [] : [[text.mean, found.mean] as [string, string]]),
    ...(found.lengths === undefined
      ? []
      : [[text.lengths, `${found.lengths[0]}–${found.lengths[1]}`] as [string, string]]),
    ...(failing > 0 ? [[text.failing, count(failing), true] as [string, string, boolean]] : []),
  ];
  return (
    <dl className="figures mt-2.5 grid grid-cols-3 gap-x-3 gap-y-2 text-12">
      {figures.map(([name, value, bad]) => (
        <div key={name}>
          <dt className="text-11 text-fg-3">{name}</dt>
          <dd className={bad ? "font-medium text-bad-text" : "truncate font-medium"}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
