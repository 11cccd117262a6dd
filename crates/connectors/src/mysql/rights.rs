//! What a load may not do, asked of the server without doing it.

use syncapp_connector::Target;
use syncapp_model::sync_file::DeleteRule;
use syncapp_model::{Code, Error, Result, Side, StreamName};

use super::checkpoint::Checkpoints;
use super::client::{Client, text};
use super::grants::Grants;
use super::sql;
use super::target::{Found, Way, checkpoints};

/// What a table of the load's own needs: it is made, filled, sorted out, renamed and dropped.
const STAGING: [&str; 6] = ["create", "drop", "alter", "select", "insert", "delete"];
const EVERY: [&str; 4] = ["select", "insert", "update", "delete"];

/// Rights that a load needs.
struct Need {
    rights: Vec<&'static str>,
    database: String,
    /// In the whole database where it is `None`: the tables are not there yet.
    table: Option<String>,
}

impl Need {
    fn within(database: &str, rights: &[&'static str]) -> Self {
        Self {
            rights: rights.into(),
            database: database.into(),
            table: None,
        }
    }

    fn on(name: &StreamName, rights: &[&'static str]) -> Self {
        Self {
            table: Some(name.name.clone()),
            ..Self::within(name.namespace.as_deref().unwrap_or_default(), rights)
        }
    }

    /// Where, as `grant` says it.
    fn place(&self) -> String {
        match &self.table {
            Some(table) => sql::table(&StreamName::within(self.database.clone(), table.clone())),
            // In a grant `_` and `%` are wildcards.
            None => {
                let literal = self
                    .database
                    .replace('\\', "\\\\")
                    .replace('_', "\\_")
                    .replace('%', "\\%");
                format!("{}.*", sql::ident(&literal))
            }
        }
    }
}

/// Whether the user may do anything at all that its side is for. Which streams it may read, and which tables write, is asked with them.
pub(super) async fn any(client: &mut Client, side: Side) -> Result<()> {
    let grants = Grants::read(client).await?;
    let (rights, why): (&[&str], _) = match side {
        Side::Source => (&["select"], "may read no table"),
        Side::Destination => (&["create", "insert"], "may make no tables, and write to none"),
    };
    if rights.iter().any(|right| grants.give(right)) {
        return Ok(());
    }
    let user = user(client).await?;
    let needed: &[&str] = match side {
        Side::Source => rights,
        Side::Destination => &STAGING,
    };
    let database = Need::within(&client.valid.database, &[]).place();
    let help = format!(
        "let an administrator run: grant {} on {database} to {user}",
        needed.join(", ")
    );
    Err(Error::new(Code::PermissionDenied(side), format!("the user {user} {why}")).help(help))
}

/// Who the server takes this session for, as `grant` says it.
async fn user(client: &mut Client) -> Result<String> {
    let user = client.rows("select current_user()").await?;
    let user = user.first().map(|row| text(row, 0)).unwrap_or_default();
    Ok(match user.rsplit_once('@') {
        Some((name, host)) => format!("{}@{}", sql::text(name), sql::text(host)),
        None => user,
    })
}

/// The rights that the next load of this target needs and its user does not have.
pub(super) async fn missing(client: &mut Client, target: &Target) -> Result<Vec<Error>> {
    let found = Found::look(client, target).await?;
    let needs = needs(client, &found, target).await?;
    let grants = Grants::read(client).await?;
    let user = user(client).await?;
    let lacks = needs.into_iter().filter_map(|need| {
        let held = |right: &&'static str| grants.hold(right, &need.database, need.table.as_deref());
        let rights: Vec<&str> = need.rights.iter().copied().filter(|right| !held(right)).collect();
        if rights.is_empty() {
            return None;
        }
        let why = format!("the user {user} lacks {} on {}", rights.join(", "), need.place());
        // In a database the narrowest pattern alone counts: what is held by a wider one is granted again.
        let told = need.table.as_ref().map_or(&need.rights, |_| &rights);
        let help = format!(
            "let an administrator run: grant {} on {} to {user}",
            told.join(", "),
            need.place()
        );
        Some(Error::new(Code::PermissionDenied(Side::Destination), why).help(help))
    });
    Ok(lacks.collect())
}

async fn needs(client: &mut Client, found: &Found, target: &Target) -> Result<Vec<Need>> {
    let state: Checkpoints = checkpoints(target, &found.name);
    let mut needs: Vec<Need> = if state.exist(client).await? {
        state.tables().iter().map(|table| Need::on(table, &EVERY)).collect()
    } else {
        vec![Need::within(state.database(), &[&["create"], &EVERY[..]].concat())]
    };
    let way = found.way(target)?;
    let mut rights: Vec<&'static str> = match way {
        // Made by this user, in the database where it may do all of it to any table.
        Way::Create | Way::Swap => Vec::new(),
        Way::Append | Way::Insert => vec!["insert"],
        Way::Refill => vec!["insert", "delete"],
        Way::RefillByKey | Way::History => EVERY.into(),
        Way::Merge if target.deletes == DeleteRule::Hard => EVERY.into(),
        Way::Merge => vec!["select", "insert", "update"],
    };
    if !matches!(way, Way::Create | Way::Swap) && !found.alterations(target).is_empty() {
        rights.extend(["alter", "create"]);
    }
    if !rights.is_empty() {
        needs.push(Need::on(&found.name, &rights));
    }
    if way != Way::Append {
        needs.push(Need::within(
            found.name.namespace.as_deref().unwrap_or_default(),
            &STAGING,
        ));
    }
    Ok(needs)
}
