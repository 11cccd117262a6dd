import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Toasts } from "@/components/toast";
import { Tooltips } from "@/components/tooltip";
import { platform } from "@/platform";
import { goToPlace, usePlace } from "@/platform/place";
import { words } from "@/words";
import { makeRouter } from "./routes";
import { makeQueryClient } from "./session/query-client";
import { meQuery } from "./session/session";

const router = makeRouter();
// A router cannot be exchanged below a page that it shows: what reaches it while somebody develops loads the page anew.
import.meta.hot?.accept(() => location.reload());
const SignInPage = lazy(() =>
  import("@/features/sign-in/sign-in-page").then((page) => ({ default: page.SignInPage })),
);

export function App() {
  const place = usePlace();
  // What is known of one agent is nothing to another: all of it is dropped.
  const client = useMemo(() => ({ place, queries: makeQueryClient() }), [place]);
  return (
    <QueryClientProvider key={client.place} client={client.queries}>
      <Tooltips>
        <Signed />
        <Toasts />
      </Tooltips>
    </QueryClientProvider>
  );
}

/** The screens for whoever is signed in, the sign-in page for others. The address stays. */
function Signed() {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (me) {
    return <RouterProvider router={router} />;
  }
  if (!error) {
    return null;
  }
  // A desktop is let in by what its keyring holds: there is nobody to sign in.
  if (Problem.from(error).status === 401 && platform.desktop === undefined) {
    return (
      <Suspense>
        <SignInPage />
      </Suspense>
    );
  }
  return <NotIn problem={error} onAgain={() => void refetch()} />;
}

/** The agent of this place does not let anybody in, or does not answer. */
function NotIn({ problem, onAgain }: { problem: Error; onAgain: () => void }) {
  const place = usePlace();
  const refused = place !== null && Problem.from(problem).status === 401;
  return (
    <main className="mx-auto max-w-140 p-6 pt-[15vh]">
      <ProblemPanel
        title={refused ? words.places.refused(place) : words.errors.notLoaded}
        problem={problem}
        action={
          <>
            <Button look="primary" onClick={onAgain}>
              {words.actions.tryAgain}
            </Button>
            {place !== null && <Button onClick={() => goToPlace(null)}>{words.places.backHere}</Button>}
          </>
        }
      />
      {refused && <p className="mt-3 text-fg-2">{words.places.refusedAbout}</p>}
    </main>
  );
}
