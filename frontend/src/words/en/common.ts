/** What every screen says. */
export const common = {
  states: {
    held: "Waiting for the run before it",
    queued: "Waiting",
    running: "Running",
    stalled: "Stalled",
    cancelling: "Cancelling",
    waiting: "Tries again",
    done: "Done",
    partial: "Partial",
    failed: "Failed",
    cancelled: "Cancelled",
    paused: "Paused",
  },
  actions: {
    add: "Add",
    back: "Back",
    cancel: "Cancel",
    close: "Close",
    copied: "Copied",
    copy: "Copy",
    more: "More actions",
    open: "Open",
    remove: "Remove",
    save: "Save",
    tryAgain: "Try again",
    undo: "Undo",
  },
  errors: {
    cause: "Cause",
    written: "Written",
    remedy: "Remedy",
    notLoaded: "This could not be loaded",
    screen: "This screen failed",
  },
  roles: {
    viewer: "Viewer",
    operator: "Operator",
    editor: "Editor",
    admin: "Admin",
  },
  refused: (role: string, project?: string) =>
    project === undefined
      ? `Needs the role ${role} for all projects`
      : `Needs the role ${role} in ${project}`,
  showMore: "Show more",
};
