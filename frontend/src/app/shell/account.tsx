import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut, MoonStar, Sun, User } from "lucide-react";
import { agent, answer } from "@/api/client";
import { meQuery } from "@/app/session/session";
import { chooseTheme, useTheme } from "@/app/theme/theme";
import { classes } from "@/components/classes";
import { Menu, MenuItem, MenuLine } from "@/components/popover";
import { platform } from "@/platform";
import { words } from "@/words";

const text = words.shell;

/** Who is signed in, and the way out. */
export function Account({ rail }: { rail: boolean }) {
  const { data: me } = useQuery(meQuery);
  const client = useQueryClient();
  const { shown } = useTheme();
  const signOut = () =>
    void answer(agent.DELETE("/api/v1/session")).finally(() => {
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== meQuery.queryKey[0] });
      void client.resetQueries({ queryKey: meQuery.queryKey });
    });
  const isLocal = me?.kind === "local";
  const name = me?.name ?? (isLocal ? text.local : text.agentToken);
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={`${text.account}: ${name}`}
          className={classes(
            "quick flex h-7 items-center gap-2 rounded-2 font-medium text-fg-2 hover:bg-surface-3",
            rail ? "w-8 justify-center" : "px-2",
          )}
        >
          <User size={16} strokeWidth={1.5} aria-hidden className="shrink-0 text-fg-3" />
          {!rail && <span className="truncate">{name}</span>}
        </button>
      }
    >
      <MenuItem
        icon={shown === "dark" ? Sun : MoonStar}
        onSelect={() => chooseTheme(shown === "dark" ? "light" : "dark")}
      >
        {shown === "dark" ? text.theme.light : text.theme.dark}
      </MenuItem>
      {platform.desktop === undefined && (
        <>
          <MenuLine />
          <MenuItem
            icon={LogOut}
            onSelect={signOut}
            refused={me?.kind === "user" ? undefined : text.agentToken}
          >
            {text.signOut}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
