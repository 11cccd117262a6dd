import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronsUpDown, Laptop, Network, Server } from "lucide-react";
import { storedAgentsQuery } from "@/api/stored-agents";
import { classes } from "@/components/classes";
import { Menu, MenuItem, MenuLine } from "@/components/popover";
import type { Desktop } from "@/platform/desktop-only";
import { goToPlace, usePlace, type Place } from "@/platform/place";
import { words } from "@/words";

const text = words.places;

/** Which agent the window shows: this computer's own, or a stored one. */
export function PlaceSwitch({ rail, desktop }: { rail: boolean; desktop: Desktop }) {
  const here = usePlace();
  const navigate = useNavigate();
  const { data: agents = [] } = useQuery(storedAgentsQuery(desktop));
  const go = (place: Place) => {
    if (place !== here) {
      // What the page shows is of the agent that is left.
      void navigate({ to: "/" }).then(() => goToPlace(place));
    }
  };
  const name = here ?? text.here;
  const Icon = here === null ? Laptop : Server;
  const places: Place[] = [null, ...agents.map((agent) => agent.name)];
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          aria-label={text.at(name)}
          className={classes(
            "quick mb-2 flex h-7 shrink-0 items-center gap-2 rounded-2 border border-line-2 bg-surface-1 font-medium hover:bg-surface-3",
            rail ? "w-8 justify-center" : "pr-1.5 pl-2",
          )}
        >
          <Icon size={16} strokeWidth={1.5} aria-hidden className="shrink-0 text-fg-3" />
          {!rail && (
            <>
              <span className="grow truncate text-left">{name}</span>
              <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-fg-3" />
            </>
          )}
        </button>
      }
    >
      {places.map((place) => (
        <MenuItem
          key={place ?? ""}
          icon={place === here ? Check : place === null ? Laptop : Server}
          onSelect={() => go(place)}
        >
          {place ?? text.here}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem icon={Network} onSelect={() => void navigate({ to: "/agents" })}>
        {text.manage}
      </MenuItem>
    </Menu>
  );
}
