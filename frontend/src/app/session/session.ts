import { queryOptions, useQuery } from "@tanstack/react-query";
import { agent, answer, keepPageToken } from "@/api/client";
import type { Me, Role } from "@/api/types";
import { words } from "@/words";

/** Who is signed in, and what they may. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }) => {
    const me = await answer(agent.GET("/api/v1/me", { signal }));
    keepPageToken(me.csrf_token);
    return me;
  },
  staleTime: 60_000,
  retry: false,
});

const ORDER: readonly Role[] = ["viewer", "operator", "editor", "admin"];

/** Whether `me` may what `role` may in a project; in all of them where none is named. */
export const may = (me: Me, role: Role, project?: string): boolean =>
  me.roles.some(
    (grant) =>
      ORDER.indexOf(grant.role) >= ORDER.indexOf(role) &&
      (grant.project === undefined || grant.project === null || grant.project === project),
  );

/** The most that `me` may somewhere. */
export const highestRole = (me: Me): Role | undefined =>
  ORDER.findLast((role) => me.roles.some((grant) => grant.role === role));

/** Why the signed-in user may not do what `role` may; `undefined` where they may. For `refused` of buttons. */
export function useRefusal(): (role: Role, project?: string) => string | undefined {
  const { data: me } = useQuery(meQuery);
  return (role, project) =>
    !me || may(me, role, project) ? undefined : words.refused(words.roles[role], project);
}
