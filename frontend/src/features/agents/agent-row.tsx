import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { agentAt, answer } from "@/api/client";
import { Problem } from "@/api/problem";
import { highestRole } from "@/app/session/session";
import { Button, IconButton } from "@/components/button";
import { RunState } from "@/components/run-state";
import { Said } from "@/components/said";
import { Cell, Row } from "@/components/table";
import type { StoredAgent } from "@/platform/desktop-only";
import { goToPlace, usePlace } from "@/platform/place";
import { words } from "@/words";

const text = words.agents;

/** An agent: where it is, why it is trusted, and whether it lets this computer in. */
export function AgentRow({ agent, onRemove }: { agent: StoredAgent; onRemove: () => void }) {
  const here = usePlace();
  const navigate = useNavigate();
  const { name, url, certificate } = agent;
  const isShown = here === name;
  return (
    <Row>
      <Cell tall className="text-13 font-medium">
        {name}
      </Cell>
      <Cell tall className="data" title={url}>
        {url}
      </Cell>
      <Cell tall className="text-fg-2" title={certificate ?? undefined}>
        {certificate !== null ? (
          <Said text={text.accepted(certificate)} />
        ) : url.startsWith("http:") ? (
          text.plain
        ) : (
          text.system
        )}
      </Cell>
      <Cell tall>
        <State name={name} />
      </Cell>
      <Cell tall className="text-right">
        <span className="inline-flex items-center gap-1">
          <Button
            size="sm"
            refused={isShown ? text.shown : undefined}
            onClick={() => void navigate({ to: "/" }).then(() => goToPlace(name))}
          >
            {text.show}
          </Button>
          <IconButton icon={Trash2} size="sm" name={`${text.remove}: ${name}`} onClick={onRemove} />
        </span>
      </Cell>
    </Row>
  );
}

function State({ name }: { name: string }) {
  const { data: me, error } = useQuery({
    queryKey: ["stored-agents", name, "me"],
    queryFn: ({ signal }) => answer(agentAt(name).GET("/api/v1/me", { signal })),
    retry: false,
    refetchInterval: 30_000,
  });
  if (error) {
    const { why, remedy } = Problem.from(error);
    return (
      <span title={[why, remedy].filter(Boolean).join("\n")}>
        <RunState state="failed">{why}</RunState>
      </span>
    );
  }
  if (!me) {
    return <RunState state="waiting">{text.asking}</RunState>;
  }
  const role = highestRole(me);
  return (
    <RunState state="done">
      {role === undefined ? text.answersNobody : text.answers(words.roles[role])}
    </RunState>
  );
}
