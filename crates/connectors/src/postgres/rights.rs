//! What a load may not do, asked of the server without doing it.

use syncapp_connector::Target;
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Code, Error, Result, Side, StreamName};

use super::checkpoint::Checkpoints;
use super::client::Client;
use super::sql;
use super::target::{Found, Way, checkpoints};

/// A right that a load needs.
#[derive(PartialEq)]
struct Need {
    /// What it is, as `grant` says it.
    right: String,
    /// Whether the user has it, in SQL.
    has: String,
}

impl Need {
    /// Tables can be made in a schema: staging, checkpoints, the target itself.
    fn create(schema: &str) -> Self {
        let (name, text) = (sql::ident(schema), sql::text(schema));
        Self {
            right: format!("usage, create on schema {name}"),
            has: format!("has_schema_privilege({text}, 'usage') and has_schema_privilege({text}, 'create')"),
        }
    }

    fn on_table(name: &StreamName, rights: &[&str]) -> Self {
        let table = sql::table(name);
        let has = rights
            .iter()
            .map(|right| format!("has_table_privilege({}, '{right}')", sql::text(&table)));
        Self {
            has: has.collect::<Vec<_>>().join(" and "),
            right: format!("{} on {table}", rights.join(", ")),
        }
    }
}

/// Whether the user may do anything at all that its side is for. Which streams it may read, and which tables write, is asked with them.
pub(super) async fn any(client: &Client, side: Side) -> Result<()> {
    const OWN: &str =
        "nspname <> 'information_schema' and nspname !~ '^pg_' and has_schema_privilege(pg_namespace.oid, 'usage')";
    const TABLES: &str =
        "from pg_class join pg_namespace on pg_namespace.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f')";
    let (has, why, right) = match side {
        // Where there is nothing yet, nothing is missing.
        Side::Source => (
            format!(
                "exists (select {TABLES} and {OWN} and (has_table_privilege(pg_class.oid, 'select') \
                 or has_any_column_privilege(pg_class.oid, 'select'))) \
                 or not exists (select {TABLES} and nspname <> 'information_schema' and nspname !~ '^pg_')"
            ),
            "may read no table of the database",
            "usage on schema …; grant select on all tables in schema …",
        ),
        Side::Destination => (
            format!(
                "exists (select from pg_namespace where {OWN} and has_schema_privilege(pg_namespace.oid, 'create')) \
                 or exists (select {TABLES} and {OWN} and has_table_privilege(pg_class.oid, 'insert'))"
            ),
            "may make tables in no schema of the database, and write to none",
            "usage, create on schema …",
        ),
    };
    let row = client
        .inner
        .query_typed_one(&format!("select {has}, quote_ident(current_user)"), &[])
        .await;
    let row = row.map_err(|error| client.error(&error))?;
    let user = row.get::<_, &str>(1);
    if row.get::<_, bool>(0) {
        return Ok(());
    }
    let help = format!("let the owner run: grant {right} to {user}");
    Err(Error::new(Code::PermissionDenied(side), format!("the user {user} {why}")).help(help))
}

/// The rights that the next load of this target needs and its user does not have.
pub(super) async fn missing(client: &Client, target: &Target) -> Result<Vec<Error>> {
    let found = Found::look(client, target).await?;
    let mut errors = Vec::new();
    for need in needs(client, &found, target).await? {
        let query = format!("select {}, quote_ident(current_user)", need.has);
        let row = client.inner.query_typed_one(&query, &[]).await;
        let row = row.map_err(|error| client.error(&error))?;
        if !row.get::<_, bool>(0) {
            let why = format!("the user {} lacks {}", row.get::<_, &str>(1), need.right);
            errors.push(Error::new(Code::PermissionDenied(Side::Destination), why).help(format!(
                "let the owner run: grant {} to {}",
                need.right,
                row.get::<_, &str>(1)
            )));
        }
    }
    Ok(errors)
}

async fn needs(client: &Client, found: &Found, target: &Target) -> Result<Vec<Need>> {
    let state: Checkpoints = checkpoints(target, &found.name);
    let mut needs = if state.exist(client).await? {
        let every = ["select", "insert", "update", "delete"];
        state.tables().map(|table| Need::on_table(&table, &every)).into()
    } else {
        vec![Need::create(state.schema())]
    };
    let rights: &[&str] = match found.way(target)? {
        // Made by this user, who may do all to them.
        Way::Create | Way::Swap => &[],
        Way::Append | Way::Insert => &["insert"],
        Way::Refill => &["insert", "delete"],
        Way::RefillByKey | Way::History => &["select", "insert", "update", "delete"],
        Way::Merge if target.deletes == DeleteRule::Hard => &["select", "insert", "update", "delete"],
        Way::Merge => &["select", "insert", "update"],
    };
    if !rights.is_empty() {
        needs.push(Need::on_table(&found.name, rights));
    }
    if target.undo.is_some() && !rights.is_empty() {
        // What is about to change is read, and put back as it was.
        needs.push(Need::on_table(&found.name, &["select", "insert", "update", "delete"]));
    }
    if found.way(target)? != Way::Append {
        let staging = Need::create(found.name.namespace.as_deref().unwrap_or("public"));
        if !needs.contains(&staging) {
            needs.push(staging);
        }
    }
    Ok(needs)
}
