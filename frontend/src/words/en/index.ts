import { admin } from "./admin";
import { agents } from "./agents";
import { common } from "./common";
import { compare } from "./compare";
import { connections } from "./connections";
import { designer } from "./designer";
import { environments } from "./environments";
import { home } from "./home";
import { jobs } from "./jobs";
import { places } from "./places";
import { projects } from "./projects";
import { push } from "./push";
import { rejects } from "./rejects";
import { runs } from "./runs";
import { send } from "./send";
import { settings } from "./settings";
import { shell } from "./shell";
import { signIn } from "./sign-in";

/** English, by feature. */
export const en = {
  ...common,
  admin,
  agents,
  compare,
  connections,
  designer,
  environments,
  home,
  jobs,
  places,
  projects,
  push,
  rejects,
  runs,
  send,
  settings,
  shell,
  signIn,
};
