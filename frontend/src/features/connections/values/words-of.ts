import { words } from "@/words";
import type { Place } from "./values";

/** What is said of values, by where they stand. */
export const wordsOf = ({ connection, environment }: Place) =>
  environment === undefined
    ? words.connections.own(connection)
    : words.environments.of(connection, environment);
