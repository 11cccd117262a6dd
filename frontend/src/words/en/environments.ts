export const environments = {
  title: "Environments",
  about: "Dev and prod with their own hosts and secrets; an agent's `environment` says which holds there.",
  add: "Add an environment",
  edit: "Edit",
  editOf: (environment: string) => `Edit ${environment}`,
  removeOf: (environment: string) => `Remove ${environment}`,
  nothing: "Changes nothing.",
  set: "set",
  notSet: "not set",
  becomes: "becomes",
  newOf: (connection: string) => `${connection} in another environment`,
  /** Of an environment's values, beside what `connections.own` says of a connection's. */
  of: (connection: string, environment: string) => ({
    title: `${connection} in ${environment}`,
    about:
      "What is left empty is as the connection has it. A server of its own wants its secrets given here, too.",
    test: "With these values over the connection's own.",
    save: "Save environment",
    saved: `${connection} in ${environment} is saved`,
    notSaved: "The environment was not saved",
    removeTitle: `Remove ${environment} from ${connection}?`,
    removed: `${connection} has nothing of its own in ${environment}`,
    notRemoved: "The environment was not removed",
  }),
  name: "Environment",
  nameHelp: "An agent's `environment` chooses it.",
  nameNeeded: "Is needed, without spaces.",
  nameTaken: (environment: string) => `${environment} has values for it already: edit those.`,
  known: "The project has",
  asBase: (value: string) =>
    value === "" ? "As the connection has it" : `As the connection has it: ${value}`,
  own: "its own",
  secretHelp:
    "Empty: the connection's. A value is sealed under a name of its own; a name alone is enough where the value is set on another agent.",
  secretKept: "Is kept where nothing is typed",
  secretShared: "The file uses this secret elsewhere: a value would change it there, too. Give another name.",
  secretBad: "Letters, digits and _ - . / only, or a variable as ${NAME}",
  stays: (keys: string) => `The file sets more here, which stays: ${keys}.`,
  emptied: (environment: string) => `Nothing of its own is left: ${environment} goes from this connection.`,
  unwritable: "the file has no place for this",
  removeAbout: (connection: string, environment: string, keys: readonly string[]) =>
    `Where ${environment} holds, ${connection} then goes by its own values${keys.length === 0 ? "" : ` of ${keys.join(", ")}`}. Secrets stay in the vault.`,
  wanted: (environments: string) =>
    `this agent goes by an \`environment\` that the file would lose: keep ${environments} in it, without values`,
  keep: (environments: string) => `Keep ${environments}, empty`,
};
