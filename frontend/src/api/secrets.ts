import { queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";
import { allPages } from "./projects";

/** The names of a project's secrets; no request answers a value. */
export const secretsQuery = (project: string) =>
  queryOptions({
    queryKey: ["projects", project, "secrets"],
    queryFn: ({ signal }) =>
      allPages((after) => {
        const query = { limit: 200, ...(after !== undefined && { after }) };
        return answer(
          agent.GET("/api/v1/projects/{project}/secrets", { params: { path: { project }, query }, signal }),
        );
      }),
  });

export const setSecret = (project: string, name: string, value: string, at = agent) =>
  answer(
    at.PUT("/api/v1/projects/{project}/secrets/{name}", {
      params: { path: { project, name } },
      body: { value },
    }),
  );

export const forgetSecret = (project: string, name: string) =>
  answer(agent.DELETE("/api/v1/projects/{project}/secrets/{name}", { params: { path: { project, name } } }));
