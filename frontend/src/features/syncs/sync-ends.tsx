import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import { connectorsQuery } from "@/api/connections";
import { projectFileQuery } from "@/api/project-file";
import { ConnectorIcon, drawingOf, type Drawing } from "@/components/connector-icon";

/** What the two ends of a sync are drawn as; `undefined` until the file is read. */
function useEnds(project: string, version: number, sync: string): [Drawing, Drawing] | undefined {
  const { data: file } = useQuery(projectFileQuery(project, version));
  const { data: connectors } = useQuery(connectorsQuery);
  const ends = file?.syncs.find(({ name }) => name === sync);
  if (!ends || !connectors) {
    return undefined;
  }
  const drawing = (connection: string) => {
    const id = file?.connections.find(({ name }) => name === connection)?.connector;
    return drawingOf(connectors.find((connector) => connector.id === id)?.form);
  };
  return [drawing(ends.source), drawing(ends.destination)];
}

/** Source and destination of a sync as tiles; `arrow` puts one between them. */
export function SyncEnds({
  project,
  version,
  sync,
  arrow = false,
}: {
  project: string;
  version: number;
  sync: string;
  arrow?: boolean;
}) {
  const ends = useEnds(project, version, sync);
  if (!ends) {
    return <span className={arrow ? "w-15 shrink-0" : "w-8.5 shrink-0"} />;
  }
  const [source, destination] = ends;
  return (
    <span className="flex shrink-0 items-center gap-1">
      <ConnectorIcon drawing={source} />
      {arrow && <ArrowRight size={12} className="text-fg-3" aria-hidden />}
      <ConnectorIcon drawing={destination} className={arrow ? "" : "-ml-2.5"} />
    </span>
  );
}
