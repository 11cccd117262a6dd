import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { Problem } from "@/api/problem";
import { toast } from "@/components/toast";
import { meQuery } from "./session";

/** Server state. Whoever is not signed in any more is shown the sign-in page. */
export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (thrown, query) => signedOut(thrown, query.queryKey[0]) }),
    mutationCache: new MutationCache({
      onError: (thrown, _variables, _context, mutation) => {
        signedOut(thrown, undefined);
        if (mutation.meta?.quiet !== true) {
          const { why, code, remedy } = Problem.from(thrown);
          toast({ tone: "bad", title: why, more: remedy === undefined ? code : `${code}: ${remedy}` });
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (count, thrown) => count < 2 && isPassing(thrown),
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
  const signedOut = (thrown: unknown, key: unknown) => {
    const wasIn = client.getQueryData(meQuery.queryKey) !== undefined;
    if (wasIn && key !== meQuery.queryKey[0] && Problem.from(thrown).status === 401) {
      void client.resetQueries({ queryKey: meQuery.queryKey });
    }
  };
  return client;
}

const isPassing = (thrown: unknown): boolean => {
  const { status } = Problem.from(thrown);
  return status === 0 || status >= 500;
};

/** A mutation whose error its page shows by itself. */
export const quiet = { quiet: true } as const;
