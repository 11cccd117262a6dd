import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { Problem } from "@/api/problem";
import { isOver, renewLists, runQuery, sumOf } from "@/api/runs";
import { toast } from "@/components/toast";
import { words } from "@/words";
import { count } from "@/words/figures";

/** The runs that were started in this window and are not known to be over. Kept where all is that is known of an agent. */
const followed = queryOptions({ queryKey: ["followed"], initialData: [] as string[], enabled: false });

const change = (client: QueryClient, to: (now: string[]) => string[]) =>
  client.setQueryData(followed.queryKey, (now = []) => to(now));

/** Lets it be told how a run ends that was started in this window. */
export const follow = (client: QueryClient, run: string) => change(client, (now) => [...now, run]);

/** Tells how runs end that were started in this window. */
export function RunEnds() {
  const { data: runs } = useQuery(followed);
  return runs.map((run) => <RunEnd key={run} run={run} />);
}

function RunEnd({ run: id }: { run: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const looked = useLocation({ select: ({ pathname }) => pathname === `/runs/${id}` });
  // Its page hears of it by itself.
  const { data: run, error } = useQuery({ ...runQuery(id), refetchInterval: looked ? false : 2_000 });
  const over = run !== undefined && isOver(run) ? run : undefined;
  // Whatever passes is waited for; what may not be seen any more has no end here.
  const isLost = error !== null && [401, 403, 404].includes(Problem.from(error).status);
  useEffect(() => {
    if (!over && !isLost) {
      return;
    }
    change(client, (now) => now.filter((one) => one !== id));
    void renewLists(client);
    if (over && !looked) {
      toast({
        about: id,
        title: `${over.sync}: ${words.states[over.state]}`,
        more:
          over.streams.find(({ error }) => error)?.error?.text ??
          words.runs.wrote(count(sumOf(over, "rows_written"))),
        tone: over.state === "done" || over.state === "cancelled" ? "ok" : "bad",
        action: {
          name: words.runs.view,
          run: () => void navigate({ to: "/runs/$run", params: { run: id } }),
        },
      });
    }
  }, [over, isLost, looked, client, navigate, id]);
  return null;
}
