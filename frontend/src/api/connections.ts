import { queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";

/** The systems that this agent can connect, with their forms. They change only with the agent's program. */
export const connectorsQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => answer(agent.GET("/api/v1/connectors", { signal })),
  staleTime: Infinity,
});

export const checkConnection = (project: string, connection: string) =>
  answer(
    agent.POST("/api/v1/projects/{project}/connections/{connection}/check", {
      params: { path: { project, connection } },
    }),
  );

export const discoverConnection = (project: string, connection: string, pattern: string, fresh: boolean) =>
  answer(
    agent.POST("/api/v1/projects/{project}/connections/{connection}/discover", {
      params: { path: { project, connection } },
      body: { pattern, limit: 500, fresh },
    }),
  );
