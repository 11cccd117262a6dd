//! What help says behind its lists: examples and exit codes.

pub(super) const EXAMPLES: &str = "\
Examples:
  syncapp copy ./data flights.csv ./flights.db        a file into a database, without a sync file
  syncapp check shop.yaml                             is the file right, and do its connections work?
  syncapp plan shop.yaml                              what would a run read and change?
  syncapp preview shop.yaml --sync s --stream orders  what would land?
  syncapp run shop.yaml                               every sync of the file, once
  syncapp verify shop.yaml                            do the targets hold what they should?

Exit codes: 0 done · 1 failed · 2 bad usage or configuration · 3 some streams failed and others landed · 130 cancelled";

pub(super) const COPY: &str = "\
SOURCE and TARGET are URLs (postgres://user:password@host/database) or paths: a folder of files, or a SQLite file;
`-` is standard input or output, whose STREAM or INTO is a file name that says its format.

Examples:
  syncapp copy postgres://me@localhost/shop public.orders ./shop.db
  syncapp copy ./data 'flights*.csv' postgres://me@localhost/lake flights
  syncapp copy postgres://me@localhost/shop public.orders ./out orders.parquet
  cat orders.csv | syncapp copy - orders.csv ./shop.db orders
  syncapp copy ./shop.db orders - orders.ndjson | head";

pub(super) const UNDO: &str = "\
The run's stream needs `undo: { keep: … }` in the sync file. Later runs of it are taken back first. Rows that someone
changed since the run are left alone.

Exit codes: 0 taken back · 1 failed · 2 there is nothing to take back, or later runs stand on it · 3 rows were left alone";

pub(super) const VERIFY: &str = "\
Exit codes: 0 equal · 1 different, or failed · 2 bad usage or configuration";

pub(super) const REPLAY: &str = "\
What was kept of a row is mapped as the stream is mapped now, lands, and is no longer listed. A row that is in the target
in a newer version gives way to it. COLUMN is a column of the source, and EXPRESSION is SQL over the source's row.

Examples:
  syncapp rejects replay shop.yaml                                        all rows, after the mapping was corrected
  syncapp rejects replay shop.yaml --id 5f0c… --fix \"age = 36\"           one row, mended
  syncapp rejects replay shop.yaml --stream orders --fix \"total = replace(total, ',', '.')\"

Exit codes: 0 all rows landed or gave way · 1 none did · 2 bad usage or configuration · 3 some did · 130 cancelled";

pub(super) const PUSH: &str = "\
What would change is shown in plain words; then the file is the project's next version, as a whole or not at all. If somebody
else has pushed the project meanwhile, nothing changes. The token comes from SYNCAPP_TOKEN; an agent on this machine that
made its own is known without one.

Examples:
  syncapp push shop.yaml --dry-run                           what would change on this machine's agent?
  syncapp push shop.yaml --agent https://syncapp.example.net
  syncapp push shop.yaml --with-secrets                      with the values that its secrets have here

Exit codes: 0 pushed, or nothing to change · 1 failed · 2 bad usage or configuration";

pub(super) const SECRETS: &str = "\
A sync file names a secret as `secret://NAME`. Values come from standard input or a file, and are never shown. The vault is that of
this machine, in SYNCAPP_HOME, or that of an agent. Its master key comes from SYNCAPP_MASTER_KEY (32 bytes in base64, `file:PATH` or
`keyring:NAME`), else from the system's keyring, where it is made on first use. With several keys (commas between them) the first one
seals, and each of them opens: `rotate` moves all secrets to the first.

Examples:
  syncapp secrets set db/password                                     for your own files, typed in
  pass show shop | syncapp secrets set db/password --project shop
  syncapp secrets set db/password --project shop --agent https://syncapp.example.net --from-file pw.txt
  syncapp secrets list --project shop --agent https://syncapp.example.net
  SYNCAPP_MASTER_KEY=file:new.key,file:old.key syncapp secrets rotate

Exit codes: 0 done · 1 failed · 2 bad usage or configuration";

pub(super) const AGENT: &str = "\
Without a configuration it is one process on this machine, with its store in SYNCAPP_HOME. Each key of the file is also a
variable, such as SYNCAPP_LISTEN for `listen`: docs/agent.md lists them. SYNCAPP_LOG=info tells more of what happens.

Examples:
  syncapp agent
  syncapp agent --config /etc/syncapp/agent.toml";

pub(super) const AUDIT: &str = "\
It reads the store that the configuration names, and the key that sealed the log's head. Agents log
each head on standard error: keep those elsewhere, and a store that was put back as a whole shows as well.

Examples:
  syncapp audit verify
  syncapp audit verify --config /etc/syncapp/agent.toml --head 1041:5f0c…

Exit codes: 0 it is what was written · 1 it is not, or failed · 2 bad usage or configuration";
