import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Mark } from "@/app/shell/mark";
import { buttonClasses } from "@/components/button";
import { words } from "@/words";
import { FirstAdminForm } from "./first-admin-form";
import { SignInForm } from "./sign-in-form";

const text = words.signIn;

/** Whether this agent has an identity provider. Nobody is sent there by asking: the redirect is not followed. */
const signOnQuery = {
  queryKey: ["sign-on"],
  queryFn: async () => (await fetch("/api/v1/sign-on", { redirect: "manual" })).type === "opaqueredirect",
  staleTime: Infinity,
  retry: false,
};

/** For whoever is not signed in: by name and password, at a provider, or as the first admin. */
export function SignInPage() {
  const [first, setFirst] = useState(false);
  const { data: signOn } = useQuery(signOnQuery);
  return (
    <main className="h-full overflow-auto">
      <title>{`${text.title} · SyncApp`}</title>
      <div className="mx-auto flex w-90 max-w-[calc(100vw-32px)] flex-col pt-[14vh] pb-8">
        <Mark size={32} />
        <h1 className="mt-4 text-20 font-semibold">{first ? text.first : text.title}</h1>
        {first && <p className="mt-1 text-fg-2">{text.firstAbout}</p>}
        <div className="mt-5 rounded-4 border border-line bg-surface-1 p-5 shadow-e1">
          {first ? <FirstAdminForm /> : <SignInForm />}
          {signOn === true && !first && (
            <>
              <div className="my-3 flex items-center gap-3 text-12 text-fg-3 before:h-px before:grow before:bg-line after:h-px after:grow after:bg-line">
                {text.or}
              </div>
              <a href="/api/v1/sign-on" className={buttonClasses("plain", "lg", "w-full")}>
                {text.signOn}
              </a>
            </>
          )}
        </div>
        <button
          type="button"
          onClick={() => setFirst(!first)}
          className="mt-4 self-start rounded-1 text-12 font-medium text-accent-text underline-offset-2 hover:underline"
        >
          {first ? text.back : text.first}
        </button>
      </div>
    </main>
  );
}
