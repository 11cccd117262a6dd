/** Whether the vault takes a secret of that name: letters, digits and `_ - . /`, no part empty, `.` or `..`. */
export const isSecretName = (name: string): boolean =>
  name.split("/").every((part) => /^[\w.-]+$/.test(part) && part !== "." && part !== "..");
