import { clsx, type ClassValue } from "clsx";

/** Joins names of classes; what is falsy is left out. */
export const classes = (...names: ClassValue[]): string => clsx(names);
