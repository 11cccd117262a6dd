/** Whether the vault takes a secret of that name: letters, digits and `_ - . /`, no part empty, `.` or `..`. */
export const isSecretName = (name: string): boolean =>
  name.split("/").every((part) => /^[\w.-]+$/.test(part) && part !== "." && part !== "..");

/** A part of a secret's name, of any name. */
export const plain = (part: string): string => part.replaceAll(/[^\w.-]+/g, "_");

/** The name that a connection's secret gets where none is given. */
export const secretNameOf = (connection: string, field: { path: readonly string[] }): string =>
  [connection || "connection", ...field.path].map(plain).join("/");
