/** What only a desktop can do: its own agents, its keyring, its settings. */
export interface Desktop {
  agents: () => Promise<StoredAgent[]>;
  /** Who answers there; `null` for plain HTTP on this machine. */
  certificate: (url: string) => Promise<Certificate | null>;
  addAgent: (agent: NewAgent) => Promise<StoredAgent>;
  removeAgent: (name: string) => Promise<void>;
  secretsPlace: () => Promise<SecretsPlace>;
  /** Opens the encrypted file of secrets, or makes it. */
  unlock: (passphrase: string) => Promise<void>;
  notify: (title: string, body: string) => Promise<void>;
  preferences: () => Promise<Preferences>;
  setPreferences: (preferences: Preferences) => Promise<void>;
  about: () => Promise<About>;
}

export interface StoredAgent {
  name: string;
  url: string;
  /** The fingerprint that was accepted by hand; none where the system trusts the certificate. */
  certificate: string | null;
}

export interface Certificate {
  subject: string;
  issuer: string;
  /** SHA-256. */
  fingerprint: string;
  notAfter: string;
  /** Whether the system, or the CA of the settings, vouches for it. */
  trusted: boolean;
}

/** Either with a token, or with a name and password, of which the shell makes a token there. */
export interface NewAgent {
  name: string;
  url: string;
  token: string | null;
  user: string | null;
  password: string | null;
  certificate: string | null;
}

export interface SecretsPlace {
  place: "keyring" | "file" | "none";
  reason: string | null;
}

export interface Preferences {
  /** Where this computer's projects are kept; only told. */
  data: string;
  proxy: string | null;
  /** A file with certificates that are trusted besides the system's. */
  ca: string | null;
  /** The environment that holds here, in projects that have it; from the next start on. */
  environment: string | null;
  telemetry: boolean;
  notifications: boolean;
}

export interface About {
  version: string;
  updates: "off" | "on";
}
