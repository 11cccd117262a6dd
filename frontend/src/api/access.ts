import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { agent, answer } from "./client";
import { allPages } from "./projects";
import type { Grant, Role } from "./types";

const paged = (after: string | undefined) => ({ limit: 200, ...(after !== undefined && { after }) });

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: ({ signal }) =>
    allPages((after) => answer(agent.GET("/api/v1/users", { params: { query: paged(after) }, signal }))),
});

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  queryFn: ({ signal }) =>
    allPages((after) => answer(agent.GET("/api/v1/tokens", { params: { query: paged(after) }, signal }))),
});

/** The audit log, page by page, the newest entries first. */
export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    answer(agent.GET("/api/v1/audit", { params: { query: paged(pageParam) }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next ?? undefined,
});

export const makeUser = (body: { name: string; password: string; roles: Grant[] }) =>
  answer(agent.POST("/api/v1/users", { body }));

export const setRoles = (user: string, roles: Grant[]) =>
  answer(agent.PUT("/api/v1/users/{user}/roles", { params: { path: { user } }, body: { roles } }));

export const setPassword = (user: string, password: string) =>
  answer(agent.PUT("/api/v1/users/{user}/password", { params: { path: { user } }, body: { password } }));

export const disableUser = (user: string) =>
  answer(agent.POST("/api/v1/users/{user}/disable", { params: { path: { user } } }));

export const enableUser = (user: string) =>
  answer(agent.POST("/api/v1/users/{user}/enable", { params: { path: { user } } }));

export interface NewToken {
  name: string;
  role: Role;
  project?: string;
  expires_in_days: number;
}

/** Makes a token; its text is answered this once. */
export const makeToken = (body: NewToken) => answer(agent.POST("/api/v1/tokens", { body }));

export const revokeToken = (token: string) =>
  answer(agent.DELETE("/api/v1/tokens/{token}", { params: { path: { token } } }));
