import { en } from "./en";

/** All texts of the interface. Another language is another object of this shape. */
export type Words = typeof en;

export const words: Words = en;
