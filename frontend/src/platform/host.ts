/** Whether the page is in the desktop's window: its shell has put this there before any script. */
export const isDesktop = "__TAURI_INTERNALS__" in window;
