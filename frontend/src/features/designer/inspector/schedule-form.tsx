import { Select } from "@/components/select";
import { Switch } from "@/components/choice";
import { words } from "@/words";
import { setSchedule, setTrigger } from "../document/stream-edits";
import { scheduleWords } from "../panels/schedule-words";
import { useDesigner } from "../state/designer";
import { Section } from "./section";
import { Line, Typed } from "./settings-form";

const text = words.designer.settings;
type Trigger = keyof typeof text.triggers;
const FIRST: Record<Exclude<Trigger, "none">, string> = {
  cron: "0 6 * * *",
  every: "15m",
  at: new Date(Date.now() + 86_400_000).toISOString().slice(0, 16) + ":00Z",
  after: "",
};

/** When an agent runs the sync. */
export function ScheduleForm() {
  const { sync, file, history, edit, coming, syncName } = useDesigner();
  const { plain } = history.source;
  const schedule = sync?.schedule;
  const trigger =
    (["cron", "every", "at", "after"] as const).find((key) => schedule?.[key] !== undefined) ?? "none";
  const others = file.syncs.filter((one) => one.name !== syncName).map(({ name }) => ({ value: name, name }));
  const label = words.designer.edits.settings;
  const put = (key: string, value: string | boolean | undefined) =>
    edit(setSchedule(plain, syncName, key, value), label);
  const change = (to: Trigger) => {
    const value = to === "none" ? "" : to === "after" ? (others[0]?.value ?? "") : FIRST[to];
    edit(setTrigger(plain, syncName, to === "none" ? undefined : { key: to, value }), label);
  };
  const triggers = (Object.entries(text.triggers) as [Trigger, string][])
    .filter(([value]) => value !== "after" || others.length > 0 || trigger === "after")
    .map(([value, name]) => ({ value, name }));
  return (
    <Section>
      <h3 className="font-medium">{text.schedule}</h3>
      <p className="mb-2 text-12 text-fg-2">{scheduleWords(schedule)}</p>
      <Line name={text.trigger}>
        <Select small aria-label={text.trigger} value={trigger} choices={triggers} onChoose={change} />
      </Line>
      {trigger === "cron" && (
        <>
          <Line name="Cron" help={text.cronHelp}>
            <Typed
              label="Cron"
              value={schedule?.cron ?? ""}
              onDone={(typed) => typed !== "" && put("cron", typed)}
            />
          </Line>
          <Line name={text.timezone}>
            <Typed
              label={text.timezone}
              value={schedule?.timezone ?? ""}
              placeholder="UTC"
              onDone={(typed) => put("timezone", typed || undefined)}
            />
          </Line>
        </>
      )}
      {trigger === "every" && (
        <Line name={text.triggers.every} help={text.everyHelp}>
          <Typed
            label={text.triggers.every}
            value={schedule?.every ?? ""}
            onDone={(typed) => typed !== "" && put("every", typed)}
          />
        </Line>
      )}
      {trigger === "at" && (
        <Line name={text.triggers.at}>
          <Typed
            label={text.triggers.at}
            value={schedule?.at ?? ""}
            onDone={(typed) => typed !== "" && put("at", typed)}
          />
        </Line>
      )}
      {trigger === "after" && (
        <Line name={text.triggers.after}>
          <Select
            small
            aria-label={text.triggers.after}
            value={schedule?.after ?? ""}
            choices={others}
            onChoose={(value) => put("after", value)}
          />
        </Line>
      )}
      {trigger !== "none" && (
        <>
          <Line name={text.overlap}>
            <Select
              small
              aria-label={text.overlap}
              value={schedule?.overlap ?? "skip"}
              choices={Object.entries(text.overlaps).map(([value, name]) => ({ value, name }))}
              onChoose={(value) => put("overlap", value)}
            />
          </Line>
          <Line name={text.misfire}>
            <Select
              small
              aria-label={text.misfire}
              value={schedule?.misfire ?? "once"}
              choices={Object.entries(text.misfires).map(([value, name]) => ({ value, name }))}
              onChoose={(value) => put("misfire", value)}
            />
          </Line>
          <Switch
            checked={schedule?.paused ?? false}
            onChange={(on) => put("paused", on ? true : undefined)}
            className="mb-2 text-12"
          >
            {text.paused}
          </Switch>
          <h4 className="mt-1 text-12 font-medium">{text.next}</h4>
          {coming && coming.length > 0 ? (
            <ol className="figures text-12 text-fg-2">
              {coming.slice(0, 5).map((run) => (
                <li key={run.words}>
                  {run.words}
                  {run.skipped && <span className="text-fg-3"> · {text.skipped}</span>}
                </li>
              ))}
            </ol>
          ) : (
            <p className="text-12 text-fg-3">{text.nextUnknown}</p>
          )}
        </>
      )}
    </Section>
  );
}
