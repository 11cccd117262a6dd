/** An agent's address as it is asked: its origin alone. `undefined` where it cannot be one. */
export function addressOf(typed: string): string | undefined {
  const text = typed.trim();
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `https://${text}`;
  if (text === "" || !URL.canParse(whole)) {
    return undefined;
  }
  const { protocol, hostname, origin, username, pathname, search } = new URL(whole);
  const isBare = username === "" && search === "" && pathname === "/";
  return isBare && (protocol === "https:" || (protocol === "http:" && isHere(hostname))) ? origin : undefined;
}

/** Plain HTTP is for what does not leave this machine. */
const isHere = (host: string): boolean => ["localhost", "127.0.0.1", "[::1]"].includes(host);

/** What an agent may be called, from its address: `sync` of `https://sync.example.net`. */
export function nameFrom(address: string): string {
  const { hostname } = new URL(address);
  return /^[\d.]+$|^\[/.test(hostname) ? hostname.replaceAll(/[[\]]/g, "") : (hostname.split(".")[0] ?? "");
}
