import { useState } from "react";
import type { WholeRun } from "@/api/types";
import { TabNames, TabPanel, Tabs } from "@/components/tabs";
import { words } from "@/words";
import { RejectsPane } from "./rejects/rejects-pane";
import { RunLog } from "./run-log";

type Part = "log" | "rejects";
const PARTS = [
  { value: "log", name: words.runs.log.title },
  { value: "rejects", name: words.rejects.title },
] as const;

/** Below the streams of a run: its log, and its rows that could not land. Of one stream where one is chosen. */
export function RunBelow({ run, stream }: { run: WholeRun; stream: string | undefined }) {
  const [part, setPart] = useState<Part>("log");
  return (
    <Tabs
      value={part}
      onChoose={setPart}
      className="flex min-h-36 grow basis-0 flex-col border-t border-line"
    >
      <div className="shrink-0 border-b border-line px-5">
        <TabNames name={words.runs.below} tabs={PARTS} />
      </div>
      <TabPanel value="log" className="flex min-h-0 grow flex-col outline-none">
        <RunLog run={run} stream={stream} />
      </TabPanel>
      <TabPanel value="rejects" className="flex min-h-0 grow flex-col outline-none">
        <RejectsPane run={run} stream={stream} />
      </TabPanel>
    </Tabs>
  );
}
