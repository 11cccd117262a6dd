import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { Problem } from "@/api/problem";
import { Button } from "@/components/button";
import { ProblemPanel } from "@/components/error-panel";
import { Toasts } from "@/components/toast";
import { Tooltips } from "@/components/tooltip";
import { words } from "@/words";
import { makeRouter } from "./routes";
import { makeQueryClient } from "./session/query-client";
import { meQuery } from "./session/session";

const router = makeRouter();
const client = makeQueryClient();
const SignInPage = lazy(() =>
  import("@/features/sign-in/sign-in-page").then((page) => ({ default: page.SignInPage })),
);

export const App = () => (
  <QueryClientProvider client={client}>
    <Tooltips>
      <Signed />
      <Toasts />
    </Tooltips>
  </QueryClientProvider>
);

/** The screens for whoever is signed in, the sign-in page for others. The address stays. */
function Signed() {
  const { data: me, error, refetch } = useQuery(meQuery);
  if (me) {
    return <RouterProvider router={router} />;
  }
  if (error && Problem.from(error).status === 401) {
    return (
      <Suspense>
        <SignInPage />
      </Suspense>
    );
  }
  if (error) {
    return (
      <main className="mx-auto max-w-140 p-6 pt-[15vh]">
        <ProblemPanel
          title={words.errors.notLoaded}
          problem={error}
          action={
            <Button look="primary" onClick={() => void refetch()}>
              {words.actions.tryAgain}
            </Button>
          }
        />
      </main>
    );
  }
  return null;
}
