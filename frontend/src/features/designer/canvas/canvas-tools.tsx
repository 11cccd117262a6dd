import { Network, Plus, Redo2, Undo2, WandSparkles } from "lucide-react";
import { useMemo } from "react";
import { type Command, useCommands } from "@/app/keys/commands";
import { Button, IconButton } from "@/components/button";
import { Menu, MenuItem } from "@/components/popover";
import { Tooltip } from "@/components/tooltip";
import { words } from "@/words";
import * as columns from "../document/column-edits";
import { setKey } from "../document/stream-edits";
import { accept } from "../state/actions";
import { type Designer, useDesigner } from "../state/designer";
import { current } from "../view/selection";
import { fitting } from "../view/view";
import { FindColumn } from "./find-column";
import type { Drawn } from "./use-canvas-state";

const text = words.designer;

/** The tools above the canvas. */
export function CanvasTools(props: {
  /** How much of their right side would lie under the inspector. */
  covered: number;
  drawn: Drawn;
  sourceNames: readonly string[];
  targetNames: readonly string[];
  onFound: (names: ReadonlySet<string>) => void;
  reveal: (place: number) => void;
  onMap: () => void;
}) {
  const { covered, drawn, sourceNames, targetNames, onFound, reveal, onMap } = props;
  const designer = useDesigner();
  const { proposals, history, dispatch } = designer;
  useCommands(useToolCommands(designer, drawn, onMap));
  return (
    <div
      className="relative z-(--z-canvas-ui) flex h-11 shrink-0 items-center gap-2 px-3"
      style={{ marginRight: covered }}
    >
      <div className="flex">
        <Tooltip
          text={proposals.length === 0 ? text.tools.nothingProposed : text.tools.acceptAll(proposals.length)}
          keys="a"
        >
          <Button
            size="sm"
            icon={WandSparkles}
            className="rounded-r-none!"
            onClick={() => accept(designer, proposals)}
          >
            {text.tools.automap}
            {proposals.length > 0 && (
              <span className="figures rounded-1 bg-accent-soft px-1.25 text-11 text-accent-text">
                {proposals.length}
              </span>
            )}
          </Button>
        </Tooltip>
        <Button size="sm" icon={Network} className="-ml-px rounded-l-none!" onClick={drawn.tidyUp}>
          {text.tools.tidy}
        </Button>
      </div>
      <div className="flex">
        <IconButton
          icon={Undo2}
          name={text.tools.undo}
          keys="mod+z"
          size="sm"
          look="plain"
          className="rounded-r-none!"
          disabled={history.past.length === 0}
          onClick={() => dispatch({ kind: "undo" })}
        />
        <IconButton
          icon={Redo2}
          name={text.tools.redo}
          keys="mod+shift+z"
          size="sm"
          look="plain"
          className="-ml-px rounded-l-none!"
          disabled={history.future.length === 0}
          onClick={() => dispatch({ kind: "redo" })}
        />
      </div>
      <AddNode />
      <span className="grow" />
      <FindColumn sourceNames={sourceNames} targetNames={targetNames} onFound={onFound} reveal={reveal} />
    </div>
  );
}

/** Puts a node on the chosen target column, or a filter on the rows. */
function AddNode() {
  const designer = useDesigner();
  const { selection, mapping, canvas, edit, select } = designer;
  const name = selection.kind === "target" ? current(selection) : undefined;
  const row = canvas.target.find((one) => one.name === name);
  const refused = row ? undefined : text.add.first;
  const source = row?.origin?.kind === "source" ? canvas.source[row.origin.column]?.column.name : undefined;
  const onRow = (make: (target: string) => ReturnType<typeof columns.setMask>, label: string) => () => {
    if (row) {
      edit(make(row.name), label);
    }
  };
  return (
    <Menu
      align="start"
      trigger={
        <Button size="sm" icon={Plus} keys="n" data-add-node="">
          {text.tools.node}
        </Button>
      }
    >
      <MenuItem
        refused={refused}
        onSelect={onRow(
          (target) =>
            source === undefined
              ? columns.setExpression(mapping, target, "''")
              : columns.toExpression(mapping, target, source),
          text.add.expression,
        )}
      >
        {text.add.expression}
      </MenuItem>
      <MenuItem
        refused={refused}
        onSelect={onRow((target) => columns.setType(mapping, target, "string"), text.add.cast)}
      >
        {text.add.cast}
      </MenuItem>
      <MenuItem
        refused={refused}
        onSelect={onRow((target) => columns.setMask(mapping, target, "redact"), text.add.mask)}
      >
        {text.add.mask}
      </MenuItem>
      <MenuItem
        onSelect={() => {
          if (designer.config.where === undefined) {
            edit(setKey(mapping.plain, mapping.place, "where", "true"), text.add.filter);
          }
          select({ kind: "filter" });
        }}
      >
        {text.add.filter}
      </MenuItem>
    </Menu>
  );
}

function useToolCommands(designer: Designer, drawn: Drawn, onMap: () => void): readonly Command[] {
  return useMemo(() => {
    const { dispatch } = designer;
    const { store } = drawn;
    const page = (id: string, name: string, keys: string, run: () => void): Command => ({
      id: `designer ${id}`,
      group: "page",
      name,
      keys,
      run,
    });
    const press = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();
    return [
      page("undo", text.tools.undo, "mod+z", () => dispatch({ kind: "undo" })),
      page("redo", text.tools.redo, "mod+shift+z", () => dispatch({ kind: "redo" })),
      page("automap", text.tools.automap, "a", () => accept(designer, designer.proposals)),
      page("tidy", text.tools.tidy, "t t", drawn.tidyUp),
      page("map", text.tools.map, "m", onMap),
      page("node", text.add.title, "n", () => {
        const button = document.querySelector<HTMLElement>("[data-add-node]");
        button?.dispatchEvent(
          new PointerEvent("pointerdown", { bubbles: true, button: 0, pointerType: "mouse" }),
        );
      }),
      page("find", text.tools.find, "/", press("[data-find-column]")),
      page("fit", text.tools.fit, "shift+1, !", () => store.move(fitting(store.pane, store.world))),
    ];
  }, [designer, drawn, onMap]);
}
