import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { storedAgentsQuery } from "@/api/stored-agents";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ProblemPanel } from "@/components/error-panel";
import { Page } from "@/components/page";
import { SkeletonRows } from "@/components/skeleton";
import { Column, Head, Table } from "@/components/table";
import { platform } from "@/platform";
import type { Desktop, StoredAgent } from "@/platform/desktop-only";
import { words } from "@/words";
import { AddAgentDialog } from "./add-agent-dialog";
import { AgentRow } from "./agent-row";
import { RemoveAgentDialog } from "./remove-agent-dialog";

const text = words.agents;

/** The agents that this computer knows. */
export function AgentsPage() {
  return platform.desktop ? (
    <Agents desktop={platform.desktop} />
  ) : (
    <Page title={text.title}>
      <EmptyState title={words.shell.notFound.title}>{text.onlyDesktop}</EmptyState>
    </Page>
  );
}

function Agents({ desktop }: { desktop: Desktop }) {
  const { data: agents, error } = useQuery(storedAgentsQuery(desktop));
  const [dialog, setDialog] = useState<"add" | StoredAgent>();
  const close = () => setDialog(undefined);
  const add = (
    <Button look="primary" icon={Plus} onClick={() => setDialog("add")}>
      {text.add}
    </Button>
  );
  return (
    <Page title={text.title} actions={agents && agents.length > 0 && add}>
      {error ? (
        <div className="max-w-160 p-6">
          <ProblemPanel title={words.errors.notLoaded} problem={error} />
        </div>
      ) : !agents ? (
        <SkeletonRows tall />
      ) : agents.length === 0 ? (
        <EmptyState title={text.none} action={add}>
          {text.noneAbout}
        </EmptyState>
      ) : (
        <Table>
          <Head>
            <Column width="20%">{text.columns.name}</Column>
            <Column>{text.columns.url}</Column>
            <Column width="20%">{text.columns.certificate}</Column>
            <Column width="22%">{text.columns.state}</Column>
            <Column width={140} />
          </Head>
          <tbody>
            {agents.map((agent) => (
              <AgentRow key={agent.name} agent={agent} onRemove={() => setDialog(agent)} />
            ))}
          </tbody>
        </Table>
      )}
      {dialog === "add" && <AddAgentDialog desktop={desktop} known={agents ?? []} onClose={close} />}
      {dialog !== undefined && dialog !== "add" && (
        <RemoveAgentDialog desktop={desktop} agent={dialog} onClose={close} />
      )}
    </Page>
  );
}
