# SyncApp itself, from PATH. The history of its runs goes with the output.
export SYNCAPP_HOME="$OUT/${PEER:-syncapp}/home"

pg2pg()      { syncapp copy "$PG_SRC" "public.$T" "$PG_DST" "public.$T"; }
my2pg()      { syncapp copy "$MY_SRC" "source.$T" "$PG_DST" "public.$T"; }
pg2my()      { syncapp copy "$PG_SRC" "public.$T" "$MY_DST" "$T"; }
prepare()    { mkdir -p "$OUT/$PEER"; }
pg2parquet() { syncapp copy "$PG_SRC" "public.$T" "$OUT/$PEER" "$T.parquet"; }
pg2csv()     { syncapp copy "$PG_SRC" "public.$T" "$OUT/$PEER" "$T.csv"; }
pg2sqlite()  { syncapp copy "$PG_SRC" "public.$T" "$OUT/$PEER/$T.db" "$T"; }

# A CSV file has no types: the connection says which ones its columns have.
prepare_csv2pg() { cat >"$OUT/$PEER/csv.yaml" <<S
version: 1
project: bench
connections:
  files:
    connector: files
    path: "$(dirname "$CSVF")"
    format: csv
    columns:
      id: int64
      customer_id: int32
      big: int64
      status: string
      amount: decimal(15,2)
      rate: decimal(20,10)
      qty: int16
      order_date: date
      created_at: timestamptz
      updated_at: timestamptz
      shipped_at: timestamp
      is_priority: bool
      is_gift: bool
      note: string
      attrs: json
      ext_id: uuid
      score: float64
  target: { connector: postgres, url: "$PG_DST" }
syncs:
  csv:
    source: files
    destination: target
    streams:
      $(basename "$CSVF"):
        into: public.$T
S
}
csv2pg() { syncapp run "$OUT/$PEER/csv.yaml"; }

prepare_upsert() { cat >"$OUT/$PEER/upsert.yaml" <<S
version: 1
project: bench
connections:
  source: { connector: postgres, url: "$PG_SRC" }
  target: { connector: postgres, url: "$PG_UPS" }
syncs:
  upsert:
    source: source
    destination: target
    streams:
      public.orders_chg:
        into: public.orders
        mode: incremental
        write: merge
        primary_key: [id]
        cursor: updated_at
        start: "$W5_CUTOFF"
S
}
upsert() { syncapp run "$OUT/$PEER/upsert.yaml"; }
