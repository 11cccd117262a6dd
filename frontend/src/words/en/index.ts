import { admin } from "./admin";
import { common } from "./common";
import { connections } from "./connections";
import { designer } from "./designer";
import { home } from "./home";
import { jobs } from "./jobs";
import { projects } from "./projects";
import { push } from "./push";
import { runs } from "./runs";
import { settings } from "./settings";
import { shell } from "./shell";
import { signIn } from "./sign-in";

/** English, by feature. */
export const en = {
  ...common,
  admin,
  connections,
  designer,
  home,
  jobs,
  projects,
  push,
  runs,
  settings,
  shell,
  signIn,
};
