import { TriangleAlert } from "lucide-react";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { type Command, useCommands } from "@/app/keys/commands";
import { Page } from "@/components/page";
import { Segmented } from "@/components/tabs";
import { words } from "@/words";
import { BottomPanel, type BottomTab } from "./bottom/bottom-panel";
import { CanvasPane } from "./canvas/canvas-pane";
import "./designer.css";
import { isSaved } from "./document/history";
import { YamlEditor } from "./editor/yaml-editor";
import { Inspector } from "./inspector/inspector";
import { MappingTable } from "./panels/mapping-table";
import { StreamsPane } from "./panels/streams-pane";
import { type Designer as State, DesignerContext, type Setup, useDesignerState } from "./state/designer";
import { failingRows } from "./sample/sample";
import { useSize } from "./view/use-size";

const text = words.designer;

type Shown = "canvas" | "table" | "yaml";

/** Below it the inspector lies over the canvas. */
const ROOMY = 1240;

/** One sync file, its mapping drawn; the header's actions are the page's. */
export function Designer({
  setup,
  fileName,
  crumbs,
  actions,
}: {
  setup: Setup;
  fileName: string;
  crumbs: readonly ReactNode[];
  actions: ReactNode;
}) {
  const designer = useDesignerState(setup);
  const [shown, setShown] = useState<Shown>("canvas");
  const [tab, setTab] = useState<BottomTab>("sample");
  const [bottom, setBottom] = useState(true);
  const [height, setHeight] = useState(284);
  const [wide, setWide] = useState(304);
  // What is chosen anew is looked at anew.
  const [hidden, setHidden] = useState<unknown>();
  const body = useRef<HTMLDivElement>(null);
  const { width } = useSize(body);
  const over = width < ROOMY;
  const { select } = designer;
  const look = (to: BottomTab) => {
    setBottom(true);
    setTab(to);
  };
  const toggleYaml = () => {
    if (bottom && tab === "yaml") {
      setTab("sample");
    } else {
      look("yaml");
    }
  };
  const { selection } = designer;
  const inspected = selection.kind !== "none" && hidden !== selection;
  const covered = over && inspected && shown !== "yaml" ? wide : 0;
  useCommands(
    useMemo((): Command[] => {
      const page = (id: string, name: string, keys: string, run: () => void): Command => ({
        id: `designer ${id}`,
        group: "page",
        name,
        keys,
        run,
      });
      return [
        page("bottom", text.tools.bottom, "mod+j", () => setBottom((now) => !now)),
        page("inspector", text.tools.inspector, "mod+i", () =>
          setHidden((now: unknown) => (now === selection ? undefined : selection)),
        ),
        page("yaml", text.tools.yaml, "mod+shift+y", toggleYaml),
        page("profile", text.tools.profile, "d", () => look("profile")),
        page("settings", text.settings.edit, "s", () => select({ kind: "settings" })),
      ];
      // eslint-disable-next-line react-hooks/exhaustive-deps -- what they call is made anew with these
    }, [bottom, tab, select, selection]),
  );
  return (
    <DesignerContext value={designer}>
      <Page
        crumbs={crumbs}
        title={setup.syncName}
        scrolls={false}
        state={
          <span className="truncate">
            {fileName} · {isSaved(setup.history) ? text.saved : text.unsaved}
          </span>
        }
        actions={
          <>
            <StatusLine designer={designer} onFailing={() => look("failing")} />
            <Segmented
              name={text.views.name}
              value={shown}
              onChoose={setShown}
              choices={(["canvas", "table", "yaml"] as const).map((value) => ({
                value,
                name: text.views[value],
              }))}
            />
            {actions}
          </>
        }
      >
        <div ref={body} className="relative flex min-h-0 grow">
          <StreamsPane />
          <div className="flex min-w-0 grow flex-col">
            {shown === "canvas" && <CanvasPane covered={covered} onInside={() => look("sample")} />}
            {shown === "table" && <MappingTable covered={covered} />}
            {shown === "yaml" ? (
              <YamlEditor />
            ) : (
              bottom && (
                <BottomPanel
                  tab={tab}
                  onTab={setTab}
                  height={height}
                  covered={covered}
                  onResize={setHeight}
                  onHide={() => setBottom(false)}
                />
              )
            )}
          </div>
          {inspected && shown !== "yaml" && <Inspector width={wide} onResize={setWide} over={over} />}
        </div>
      </Page>
    </DesignerContext>
  );
}

/** What keeps the sync from running well, in a line. */
function StatusLine({ designer, onFailing }: { designer: State; onFailing: () => void }) {
  const { canvas, sample, history } = designer;
  const asks = canvas.target.filter((row) => row.loss === "asks").length;
  const wrong = canvas.target.filter((row) => row.origin?.kind === "unknown").length;
  const failing = failingRows(sample.sample);
  const said = [
    history.problem && text.state.unread(history.problem.line),
    wrong > 0 && text.state.wrong(wrong),
    asks > 0 && text.state.consents(asks),
    failing > 0 && text.state.failing(failing),
  ].filter((one) => typeof one === "string");
  if (said.length === 0) {
    return null;
  }
  return (
    <button
      type="button"
      className="flex items-center gap-1.5 rounded-2 px-1.5 text-12 font-medium text-warn-text hover:bg-surface-3"
      onClick={onFailing}
    >
      <TriangleAlert size={14} strokeWidth={1.6} aria-hidden />
      {said.join(", ")}
    </button>
  );
}
