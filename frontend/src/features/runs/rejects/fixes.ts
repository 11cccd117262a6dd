/** What takes the place of a column: the text of one value, NULL, or an expression over the source's row. */
export interface Fix {
  kind: "value" | "null" | "expression";
  text: string;
}

/** As the replay takes it: an SQL expression. */
export const expressionOf = ({ kind, text }: Fix): string =>
  kind === "null" ? "NULL" : kind === "value" ? `'${text.replaceAll("'", "''")}'` : text.trim();

/** The fixes that say something. */
export const expressionsOf = (fixes: Readonly<Record<string, Fix>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fixes).flatMap(([column, fix]) => {
      const expression = expressionOf(fix);
      return expression === "" ? [] : [[column, expression]];
    }),
  );
