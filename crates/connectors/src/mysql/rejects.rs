//! Rejected rows, in the table `_syncapp_rejects` beside the checkpoints.

use syncapp_connector::{REJECTS_AT_ONCE, Reject, RejectFilter, Rejects};
use syncapp_model::{Result, StreamKey};

use super::checkpoint::{self, Checkpoints};
use super::client::{Client, number, optional, text};
use super::sql;

/// Makes the table where rows wait for it: outside of any transaction, which it would end.
pub(super) async fn prepare(client: &mut Client, state: &Checkpoints) -> Result<()> {
    let table = sql::table(&state.rejects());
    let create = format!(
        "create table if not exists {table} (`id` varchar(100), `project` varchar(150), `sync` varchar(150), \
         `stream` varchar(250), `run_id` varchar(100) not null, `rejected_at` datetime(6) not null, \
         `row_key` longtext, `column_name` varchar(64), `code` varchar(100) not null, `message` longtext not null, \
         `row` longtext not null, primary key (`project`, `sync`, `stream`, `id`)) \
         engine = InnoDB default charset = utf8mb4 collate utf8mb4_bin"
    );
    client.run(&create).await
}

/// Puts a load's rejected rows into the transaction. An overwrite forgets those of earlier runs; `settled` go.
pub(super) async fn keep(
    client: &mut Client,
    state: &Checkpoints,
    key: &StreamKey,
    overwrites: bool,
    rejects: Rejects,
    settled: &[String],
) -> Result<()> {
    let name = state.rejects();
    if !checkpoint::exists(client, &name).await? {
        return Ok(());
    }
    let table = sql::table(&name);
    if overwrites {
        client
            .run(&format!("delete from {table} where {}", checkpoint::of(key)))
            .await?;
    }
    forget(client, state, key, settled).await?;
    for some in rejects.chunks()? {
        let rows: Vec<String> = some?.iter().map(values).collect();
        let insert = format!(
            "insert into {table} (`id`, `project`, `sync`, `stream`, `run_id`, `rejected_at`, `row_key`, \
             `column_name`, `code`, `message`, `row`) values {} \
             on duplicate key update `run_id` = values(`run_id`), `rejected_at` = values(`rejected_at`), \
             `column_name` = values(`column_name`), `code` = values(`code`), `message` = values(`message`)",
            rows.join(", ")
        );
        client.run(&insert).await?;
    }
    Ok(())
}

/// Takes rows off the list.
pub(super) async fn forget(client: &mut Client, state: &Checkpoints, key: &StreamKey, ids: &[String]) -> Result<()> {
    let table = sql::table(&state.rejects());
    for some in ids.chunks(REJECTS_AT_ONCE) {
        let some: Vec<String> = some.iter().map(|id| sql::text(id)).collect();
        let forget = format!(
            "delete from {table} where {} and `id` in ({})",
            checkpoint::of(key),
            some.join(", ")
        );
        client.run(&forget).await?;
    }
    Ok(())
}

fn values(reject: &Reject) -> String {
    let Reject {
        id,
        run_id,
        key,
        rejected_at,
        row_key,
        column,
        code,
        message,
        row,
    } = reject;
    let texts = [id, &key.project, &key.sync, &key.stream, run_id].map(|text| sql::text(text));
    let rest = [code, message, row].map(|text| sql::text(text));
    format!(
        "({}, {}, {}, {}, {})",
        texts.join(", "),
        sql::moment(*rejected_at),
        sql::optional(row_key.as_deref()),
        sql::optional(column.as_deref()),
        rest.join(", ")
    )
}

/// The rejected rows of a database.
pub(super) async fn list(client: &mut Client, state: &Checkpoints, wanted: &RejectFilter) -> Result<Vec<Reject>> {
    let name = state.rejects();
    if !checkpoint::exists(client, &name).await? {
        return Ok(Vec::new());
    }
    let is = |column: &str, value: &str| format!("`{column}` = {}", sql::text(value));
    let mut conditions = vec![is("project", &wanted.project), is("sync", &wanted.sync)];
    conditions.extend(wanted.stream.as_ref().map(|stream| is("stream", stream)));
    conditions.extend(wanted.id.as_ref().map(|id| is("id", id)));
    let after = wanted.after.as_ref();
    conditions.extend(after.map(|after| format!("`id` > {}", sql::text(after))));
    let query = format!(
        "select `id`, `project`, `sync`, `stream`, `run_id`, cast(unix_timestamp(`rejected_at`) * 1000000 as signed), \
         `row_key`, `column_name`, `code`, `message`, `row` from {} where {} order by `stream`, `id` limit {}",
        sql::table(&name),
        conditions.join(" and "),
        wanted.limit
    );
    let rows = client.rows(&query).await?;
    Ok(rows
        .iter()
        .map(|row| Reject {
            id: text(row, 0),
            key: StreamKey {
                project: text(row, 1),
                sync: text(row, 2),
                stream: text(row, 3),
            },
            run_id: text(row, 4),
            rejected_at: number(row, 5),
            row_key: optional(row, 6),
            column: optional(row, 7),
            code: text(row, 8),
            message: text(row, 9),
            row: text(row, 10),
        })
        .collect())
}
