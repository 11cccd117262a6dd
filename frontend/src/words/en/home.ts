export const home = {
  title: "Home",
  projects: "Projects",
  empty: "Push your first sync file",
  emptyAbout: "A project is a sync file on this agent: its connections, its syncs and when they run.",
  push: "Push a file",
};
