//! Rejected rows, in the table `_syncapp_rejects` beside the checkpoints.

use syncapp_connector::{Reject, RejectFilter, Rejects};
use syncapp_model::{Result, StreamKey};
use tokio_postgres::types::{ToSql, Type};

use super::checkpoint::Checkpoints;
use super::client::Client;
use super::sql;

/// Puts a load's rejected rows into the transaction. An overwrite forgets those of earlier runs; `settled` go.
pub(super) async fn keep(
    client: &Client,
    state: &Checkpoints,
    key: &StreamKey,
    overwrites: bool,
    rejects: Rejects,
    settled: &[String],
) -> Result<()> {
    let table = sql::table(&state.rejects());
    if !exists(client, &table).await? {
        if rejects.count() == 0 {
            return Ok(());
        }
        let create = format!(
            "create table if not exists {table} (id text, project text, sync text, stream text, run_id text not null, \
             rejected_at timestamptz not null, row_key text, column_name text, code text not null, message text not null, \
             row text not null, primary key (project, sync, stream, id))"
        );
        client.run(&create).await?;
    }
    if overwrites {
        let forget = format!(
            "delete from {table} where project = {} and sync = {} and stream = {}",
            sql::text(&key.project),
            sql::text(&key.sync),
            sql::text(&key.stream)
        );
        client.execute(&forget).await?;
    }
    forget(client, state, key, settled).await?;
    let insert = format!(
        "insert into {table} (project, sync, stream, rejected_at, id, run_id, row_key, column_name, code, message, row) \
         select $1, $2, $3, timestamptz '1970-01-01 00:00:00+00' + $4 * interval '1 microsecond', r.* \
         from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[]) r \
         on conflict (project, sync, stream, id) do update set run_id = excluded.run_id, \
         rejected_at = excluded.rejected_at, column_name = excluded.column_name, code = excluded.code, \
         message = excluded.message"
    );
    for some in rejects.chunks()? {
        let some = some?;
        let at = some.first().map_or(0, |reject| reject.rejected_at);
        let column = |of: fn(&Reject) -> Option<&str>| some.iter().map(of).collect::<Vec<_>>();
        let (ids, runs) = (column(|reject| Some(&reject.id)), column(|reject| Some(&reject.run_id)));
        let (keys, columns) = (
            column(|reject| reject.row_key.as_deref()),
            column(|reject| reject.column.as_deref()),
        );
        let (codes, messages) = (
            column(|reject| Some(&reject.code)),
            column(|reject| Some(&reject.message)),
        );
        let rows = column(|reject| Some(&reject.row));
        let texts: [&(dyn ToSql + Sync); 7] = [&ids, &runs, &keys, &columns, &codes, &messages, &rows];
        let names: [(&(dyn ToSql + Sync), Type); 4] = [
            (&key.project, Type::TEXT),
            (&key.sync, Type::TEXT),
            (&key.stream, Type::TEXT),
            (&at, Type::INT8),
        ];
        let values: Vec<_> = names
            .into_iter()
            .chain(texts.into_iter().map(|texts| (texts, Type::TEXT_ARRAY)))
            .collect();
        let done = client.inner.execute_typed(&insert, &values).await;
        done.map_err(|error| client.error(&error))?;
    }
    Ok(())
}

/// Takes rows off the list.
pub(super) async fn forget(client: &Client, state: &Checkpoints, key: &StreamKey, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let forget = format!(
        "delete from {} where project = $1 and sync = $2 and stream = $3 and id = any ($4)",
        sql::table(&state.rejects())
    );
    let values: [(&(dyn ToSql + Sync), Type); 4] = [
        (&key.project, Type::TEXT),
        (&key.sync, Type::TEXT),
        (&key.stream, Type::TEXT),
        (&ids, Type::TEXT_ARRAY),
    ];
    let done = client.inner.execute_typed(&forget, &values).await;
    done.map(drop).map_err(|error| client.error(&error))
}

/// The rejected rows of a schema.
pub(super) async fn list(client: &Client, state: &Checkpoints, wanted: &RejectFilter) -> Result<Vec<Reject>> {
    let table = sql::table(&state.rejects());
    if !exists(client, &table).await? {
        return Ok(Vec::new());
    }
    let query = format!(
        "select id, project, sync, stream, run_id, (extract(epoch from rejected_at) * 1000000)::bigint, row_key, \
         column_name, code, message, row from {table} where project = $1 and sync = $2 \
         and ($3 is null or stream = $3) and ($4 is null or id = $4) and ($5 is null or id collate \"C\" > $5) \
         order by stream collate \"C\", id collate \"C\" limit {}",
        wanted.limit
    );
    let RejectFilter {
        project,
        sync,
        stream,
        id,
        after,
        ..
    } = wanted;
    let texts: [&(dyn ToSql + Sync); 5] = [project, sync, stream, id, after];
    let rows = client
        .inner
        .query_typed(&query, &texts.map(|text| (text, Type::TEXT)))
        .await;
    let rows = rows.map_err(|error| client.error(&error))?;
    Ok(rows
        .iter()
        .map(|row| Reject {
            id: row.get(0),
            key: StreamKey {
                project: row.get(1),
                sync: row.get(2),
                stream: row.get(3),
            },
            run_id: row.get(4),
            rejected_at: row.get(5),
            row_key: row.get(6),
            column: row.get(7),
            code: row.get(8),
            message: row.get(9),
            row: row.get(10),
        })
        .collect())
}

async fn exists(client: &Client, table: &str) -> Result<bool> {
    let query = format!("select to_regclass({}) is not null", sql::text(table));
    let row = client.inner.query_typed_one(&query, &[]).await;
    row.map(|row| row.get(0)).map_err(|error| client.error(&error))
}
