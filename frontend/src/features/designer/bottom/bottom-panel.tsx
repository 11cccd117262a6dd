import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { IconButton } from "@/components/button";
import { Splitter } from "@/components/splitter";
import { Segmented, TabNames, TabPanel, Tabs } from "@/components/tabs";
import { words } from "@/words";
import { YamlEditor } from "../editor/yaml-editor";
import { useDesigner } from "../state/designer";
import { count } from "@/words/figures";
import { failingRows } from "../sample/sample";
import { current } from "../view/selection";
import { FailingPane } from "./failing-pane";
import { ProfilePane } from "./profile-pane";
import { SamplePane } from "./sample-pane";

const text = words.designer.sample;

export type BottomTab = "sample" | "failing" | "profile" | "yaml";

const LEAST = 120;

/** What flows through the mapping, below the canvas. */
export function BottomPanel({
  tab,
  onTab,
  height,
  covered,
  onResize,
  onHide,
}: {
  tab: BottomTab;
  onTab: (tab: BottomTab) => void;
  height: number;
  /** How much of its right side would lie under the inspector: it ends before that. */
  covered: number;
  onResize: (height: number) => void;
  onHide: () => void;
}) {
  const { sample, selection } = useDesigner();
  const [at, setAt] = useState<"node" | "target">("node");
  const name = selection.kind === "target" || selection.kind === "source" ? current(selection) : undefined;
  const failing = failingRows(sample.sample);
  const { milliseconds, before } = sample.sample ?? {};
  const tabs = [
    { value: "sample" as const, name: text.tabs.sample },
    {
      value: "failing" as const,
      name: (
        <>
          {text.tabs.failing}
          {failing > 0 && <Badge tone="bad">{failing}</Badge>}
        </>
      ),
    },
    { value: "profile" as const, name: text.tabs.profile },
    { value: "yaml" as const, name: text.tabs.yaml },
  ];
  return (
    <Tabs
      value={tab}
      onChoose={onTab}
      className="relative flex shrink-0 flex-col border-t border-line bg-surface-1"
    >
      <section
        aria-label={text.name}
        className="flex min-h-0 flex-col"
        style={{ height, marginRight: covered }}
      >
        <Splitter
          edge="top"
          size={height}
          least={LEAST}
          most={Math.max(LEAST, window.innerHeight - 280)}
          name={text.resize}
          onResize={onResize}
        />
        <div className="flex h-9 shrink-0 items-center gap-2.5 border-b border-line pr-2 pl-4">
          <TabNames tabs={tabs} name={text.name} />
          <span className="grow" />
          {before && tab !== "yaml" && (
            <span className="figures truncate text-12 text-fg-3">
              {text.rows(count(before.length))}
              {milliseconds !== undefined && ` · ${count(milliseconds)} ms`}
            </span>
          )}
          {tab === "sample" && name !== undefined && (
            <Segmented
              name={text.name}
              value={at}
              onChoose={setAt}
              choices={[
                { value: "node", name: <span className="max-w-44 truncate">{text.at(name)}</span> },
                { value: "target", name: text.atTarget },
              ]}
            />
          )}
          <IconButton icon={ChevronDown} name={text.hide} keys="mod+j" size="sm" onClick={onHide} />
        </div>
        {sample.waiting && tab !== "yaml" && (
          <div className="absolute inset-x-0 top-9 z-1 h-0.5 overflow-hidden">
            <div className="thin-bar h-full w-1/4 bg-accent" />
          </div>
        )}
        <TabPanel value="sample" className="flex min-h-0 grow flex-col outline-none">
          <SamplePane at={name === undefined ? "target" : at} />
        </TabPanel>
        <TabPanel value="failing" className="flex min-h-0 grow flex-col outline-none">
          <FailingPane />
        </TabPanel>
        <TabPanel value="profile" className="min-h-0 grow overflow-auto outline-none">
          <ProfilePane />
        </TabPanel>
        <TabPanel value="yaml" className="flex min-h-0 grow flex-col outline-none">
          <YamlEditor />
        </TabPanel>
      </section>
    </Tabs>
  );
}
