import { Outlet, useMatches, useNavigate } from "@tanstack/react-router";
import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { KeysDialog } from "@/app/keys/keys-dialog";
import { listenForKeys, useCommands, type Command } from "@/app/keys/commands";
import { Palette } from "@/app/palette/palette";
import { chooseTheme, shownTheme } from "@/app/theme/theme";
import { classes } from "@/components/classes";
import { SecretsNotice } from "@/features/agents/secrets-notice";
import { RunEnds } from "@/features/runs/run-ends";
import { RunNotices } from "@/features/runs/run-notices";
import { platform } from "@/platform";
import { words } from "@/words";
import { PLACES } from "./places";
import { Sidebar } from "./sidebar";

const narrow = window.matchMedia("(max-width: 1199px)");
const onNarrow = (tell: () => void) => {
  narrow.addEventListener("change", tell);
  return () => narrow.removeEventListener("change", tell);
};

/** The frame of all screens: the sidebar, and the inset panel with the page. */
export function Shell(): ReactNode {
  const [open, setOpen] = useState<"palette" | "keys">();
  const close = () => setOpen(undefined);
  const isNarrow = useSyncExternalStore(onNarrow, () => narrow.matches);
  const rail = useMatches({ select: (all) => all.some((match) => match.staticData.rail) }) || isNarrow;
  useEffect(listenForKeys, []);
  useCommands(useShellCommands(setOpen));
  return (
    <div
      className={classes(
        "grid h-full",
        rail ? "grid-cols-[48px_minmax(0,1fr)]" : "grid-cols-[220px_minmax(0,1fr)]",
      )}
    >
      <a
        href="#page"
        className="absolute -top-20 left-2 z-(--z-tooltip) rounded-2 bg-accent px-3 py-1 text-on-accent focus:top-2"
      >
        {words.shell.skip}
      </a>
      <Sidebar rail={rail} onSearch={() => setOpen("palette")} />
      <main
        id="page"
        tabIndex={-1}
        className="my-2 mr-2 flex min-w-0 flex-col overflow-hidden rounded-4 border border-line bg-surface-1 shadow-e1 outline-none"
      >
        <RunEnds />
        {platform.desktop && <RunNotices desktop={platform.desktop} />}
        {platform.desktop && <SecretsNotice desktop={platform.desktop} />}
        <Outlet />
      </main>
      <Palette open={open === "palette"} onClose={close} />
      <KeysDialog open={open === "keys"} onClose={close} />
    </div>
  );
}

function useShellCommands(open: (what: "palette" | "keys") => void): readonly Command[] {
  const navigate = useNavigate();
  return useMemo(() => {
    const places = PLACES.map(({ to, name, keys, icon }): Command => ({
      id: `go ${to}`,
      group: "go",
      name: words.shell.go(name),
      keys,
      icon,
      run: () => void navigate({ to }),
    }));
    const text = words.shell;
    const others: Command[] = [
      {
        id: "palette",
        group: "everywhere",
        name: text.keys.palette,
        keys: "mod+k",
        quiet: true,
        run: () => open("palette"),
      },
      { id: "keys", group: "everywhere", name: text.keys.show, keys: "?", run: () => open("keys") },
      {
        id: "theme",
        group: "everywhere",
        name: text.theme.toggle,
        run: () => chooseTheme(shownTheme() === "dark" ? "light" : "dark"),
      },
    ];
    return [...places, ...others];
  }, [navigate, open]);
}
