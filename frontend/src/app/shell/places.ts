import {
  Activity,
  FolderClosed,
  House,
  Network,
  Plug,
  Server,
  Settings,
  type LucideIcon,
} from "lucide-react";
import { platform } from "@/platform";
import { words } from "@/words";

export interface Destination {
  to: string;
  /** What it holds besides, by the beginning of the address. */
  holds?: string;
  name: string;
  /** Its key, and how the sidebar shows it at its end. */
  keys: string;
  icon: LucideIcon;
}

/** Where the sidebar, the palette and the keys go to. */
export const PLACES: readonly Destination[] = [
  { to: "/", name: words.shell.home, keys: "g h", icon: House },
  { to: "/projects", name: words.shell.projects, keys: "g p", icon: FolderClosed },
  { to: "/connections", name: words.shell.connections, keys: "g c", icon: Plug },
  { to: "/runs", name: words.shell.runs, keys: "g r", icon: Activity },
  ...(platform.desktop ? [{ to: "/agents", name: words.shell.agents, keys: "g t", icon: Network }] : []),
  { to: "/admin/users", holds: "/admin/", name: words.shell.administration, keys: "g a", icon: Server },
  { to: "/settings", name: words.shell.settings, keys: "mod+,", icon: Settings },
];
