import { queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";

/** How often the fleet is asked: its workers tell of themselves every few seconds. */
const OFTEN = 5_000;

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: ({ signal }) => answer(agent.GET("/api/v1/workers", { signal })),
  refetchInterval: OFTEN,
});

export const queuesQuery = queryOptions({
  queryKey: ["queues"],
  queryFn: ({ signal }) => answer(agent.GET("/api/v1/queues", { signal })),
  refetchInterval: OFTEN,
});
