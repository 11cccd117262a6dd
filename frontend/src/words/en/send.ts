export const send = {
  title: "Push to an agent",
  action: "Push to an agent",
  to: "To",
  choose: "Choose an agent",
  noAgent: "Add an agent first",
  noAgentAbout: "A project is pushed to an agent that this computer knows.",
  addAgent: "Add an agent",
  from: (version: number, place: string) => `Version ${version} of ${place}`,
  secrets: "Secrets",
  secretsAbout: (agent: string) =>
    `The file names them, and ${agent} keeps its own values. What this computer has sealed is shown to nobody, so it cannot be copied: give a value to set it there, before the push.`,
  has: "is set there",
  hasNot: "is not set there",
  notSeen: "Whether they are set there is told to editors.",
  setThere: (agent: string) => `Set on ${agent}`,
  set: (count: number, agent: string) =>
    count === 1 ? `1 secret is set on ${agent}` : `${count} secrets are set on ${agent}`,
  notSet: "Not all secrets were set",
  keep: "Leave empty to keep it",
  apply: (agent: string, version: number) => `Push version ${version} to ${agent}`,
  pushed: (project: string, agent: string, version: number) =>
    `${project} is at version ${version} on ${agent}`,
  show: (agent: string) => `Show ${agent}`,
};
