import { createContext, use, useCallback, useMemo, useReducer, useState } from "react";
import type { Proposal } from "../automap/propose";
import { type Canvas, canvasOf } from "../canvas/model";
import { type Marks, type Middle, middles } from "../canvas/nodes";
import type { Catalog } from "../catalog/catalog";
import type { Mapping } from "../document/column-edits";
import { type Action, type History } from "../document/history";
import { readSyncFile } from "../document/read";
import type { Op } from "../document/splice";
import type { StreamPlace } from "../document/stream-edits";
import type { StreamConfig, StreamEntry, Sync, SyncFile } from "../document/sync-file";
import { marksOf } from "../sample/changes";
import type { SampleSource } from "../sample/sample";
import { NOTHING, type Selection } from "../view/selection";
import { proposalsOf, refusal } from "./proposals";
import { type Ends, useEnds } from "./use-ground";
import { type SampleState, useSample } from "./use-sample";

/** What the designer works on and with. */
export interface Setup {
  project: string;
  syncName: string;
  history: History;
  dispatch: (action: Action) => void;
  catalog: Catalog;
  samples: SampleSource;
  /** The next runs, where the agent knows this schedule. */
  coming?: readonly { words: string; skipped: boolean }[];
}

/** Everything that the parts of the designer share. */
export interface Designer extends Setup {
  file: SyncFile;
  sync: Sync | undefined;
  /** The entry of the file that the chosen stream goes by. */
  entry: StreamEntry | undefined;
  stream: string | undefined;
  chooseStream: (stream: string) => void;
  config: StreamConfig;
  ends: Ends;
  canvas: Canvas;
  proposals: readonly Proposal[];
  refuse: (proposals: readonly Proposal[]) => void;
  marks: ReadonlyMap<string, Marks>;
  items: readonly Middle[];
  selection: Selection;
  select: (selection: Selection) => void;
  sample: SampleState;
  /** What edits of this stream's mapping need. */
  mapping: Mapping;
  edit: (ops: readonly Op[], label: string, group?: string) => void;
}

export const DesignerContext = createContext<Designer | undefined>(undefined);

export function useDesigner(): Designer {
  const designer = use(DesignerContext);
  if (!designer) {
    throw new Error("outside of a designer");
  }
  return designer;
}

const EMPTY: StreamConfig = {};

export function useDesignerState(setup: Setup): Designer {
  const { project, syncName, history, dispatch, catalog, samples } = setup;
  const file = useMemo(() => readSyncFile(history.source.plain), [history.source]);
  const sync = file.syncs.find((one) => one.name === syncName) ?? undefined;
  const [wanted, chooseStream] = useState<string>();
  const stream = sync?.streams.some((one) => one.name === wanted) ? wanted : sync?.streams[0]?.name;
  const entry = sync?.streams.find((one) => one.name === stream);
  const config = entry?.all ?? EMPTY;
  const ends = useEnds(project, catalog, file, sync, stream, config);
  const [refused, addRefused] = useReducer(
    (known: ReadonlySet<string>, more: readonly Proposal[]) => new Set([...known, ...more.map(refusal)]),
    new Set<string>(),
  );
  const [selection, select] = useState<Selection>(NOTHING);

  const table = ends.target?.columns;
  const primaryKey = ends.source?.primaryKey;
  const canvas = useMemo(
    () => canvasOf(config, { names: ends.names, ...(table && { table }), ...(primaryKey && { primaryKey }) }),
    [config, ends.names, table, primaryKey],
  );
  const proposals = useMemo(() => proposalsOf(canvas, refused), [canvas, refused]);
  const shown = ends.source && stream !== undefined && sync;
  const sample = useSample(
    samples,
    shown ? { text: history.source.text, sync: sync.name, stream } : undefined,
  );
  const marks = useMemo(() => marksOf(canvas, sample.sample), [canvas, sample.sample]);
  const items = useMemo(() => middles(canvas, proposals, marks), [canvas, proposals, marks]);

  const plain = history.source.plain;
  const mapping = useMemo<Mapping>(() => {
    const place: StreamPlace = { sync: syncName, stream: stream ?? "" };
    return { plain, place, names: ends.names };
  }, [plain, syncName, stream, ends.names]);
  const edit = useCallback(
    (ops: readonly Op[], label: string, group?: string) =>
      dispatch({ kind: "edit", ops, label, ...(group !== undefined && { group }) }),
    [dispatch],
  );
  const choose = (name: string) => {
    chooseStream(name);
    select(NOTHING);
  };
  return {
    ...setup,
    file,
    sync,
    entry,
    stream,
    chooseStream: choose,
    config,
    ends,
    canvas,
    proposals,
    refuse: addRefused,
    marks,
    items,
    selection,
    select,
    sample,
    mapping,
    edit,
  };
}
