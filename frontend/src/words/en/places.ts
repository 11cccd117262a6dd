export const places = {
  name: "Place",
  here: "This computer",
  hereAbout: "Its own projects and runs",
  agents: "Agents",
  manage: "Manage agents",
  at: (place: string) => `Shows ${place}`,
  backHere: "Back to this computer",
  refused: (agent: string) => `${agent} does not let you in`,
  refusedAbout:
    "Its token has ended, or was revoked. Remove the agent on this computer, and add it again with another token.",
};
