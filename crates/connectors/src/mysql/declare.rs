//! The columns of a table that SyncApp makes.

use syncapp_connector::Target;
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Error, Result};

use super::client::{Client, optional, text};
use super::target::collation;
use super::types::{self, MyType, Place, SYSTEM};

/// One for each column of the target: the type that the user asks for, or the source's own, or the nearest.
pub(super) async fn columns(client: &mut Client, target: &Target) -> Result<Vec<MyType>> {
    let keyed = matches!(target.write, Write::Merge | Write::History);
    let collation = collation(client);
    let mut declared = Vec::with_capacity(target.columns.len());
    for want in &target.columns {
        let in_key = keyed && target.primary_key.contains(&want.name);
        let place = Place {
            collation,
            key: in_key.then_some(target.primary_key.len()),
        };
        let native = want.source_native.as_ref().filter(|native| native.system == SYSTEM);
        let native = native.map(|native| MyType::parse(&native.name));
        declared.push(match (&want.wanted_native, native) {
            (Some(words), _) => asked(client, words).await.map_err(|error| error.column(&want.name))?,
            (None, Some(native)) if !in_key || native.has_index() => native,
            _ => MyType::parse(&types::declare(&want.ty, place)),
        });
    }
    Ok(declared)
}

/// Whether the second type is text that holds all that the first one does, compared in the same way.
pub(super) fn longer(from: &str, to: &str) -> bool {
    let bound = |name: &str| {
        let (word, rest) = name.split_once(' ')?;
        let size = match word {
            "text" => (1, 0),
            "mediumtext" => (2, 0),
            "longtext" => (3, 0),
            _ => (
                0,
                word.strip_prefix("varchar(")?.strip_suffix(')')?.parse::<u32>().ok()?,
            ),
        };
        Some((size, rest.to_owned()))
    };
    matches!((bound(from), bound(to)), (Some((from, alike)), Some((to, rest))) if from < to && alike == rest)
}

/// What the server makes of a type in the user's words.
async fn asked(client: &mut Client, words: &str) -> Result<MyType> {
    let unknown = || {
        Error::new(Code::InvalidValue, format!("`{words}` is no type of the target"))
            .help("write a type as in `create table`: `varchar(20)`, `decimal(12,2)`, `int unsigned`")
    };
    // It becomes part of a statement: nothing that could end a type's name.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | ',' | '(' | ')');
    if !words.chars().all(plain) {
        return Err(unknown());
    }
    let trial = format!(
        "create temporary table `_syncapp_type` (it {words}) engine = InnoDB default charset = utf8mb4 collate {}",
        collation(client)
    );
    if let Err(error) = client.run(&trial).await {
        return Err(if error.is_transient() {
            error
        } else {
            unknown().driver(error)
        });
    }
    let rows = client.rows("show full columns from `_syncapp_type`").await?;
    client.run("drop temporary table `_syncapp_type`").await?;
    let row = rows.first().ok_or_else(unknown)?;
    let (column_type, collation) = (text(row, 1), optional(row, 2));
    let characters = collation.map_or_else(String::new, |collation| {
        let charset = collation.split('_').next().unwrap_or_default().to_owned();
        format!(" character set {charset} collate {collation}")
    });
    Ok(MyType::parse(&format!("{column_type}{characters}")))
}

#[cfg(test)]
mod tests {
    use super::longer;

    #[test]
    fn texts_grow_and_keep_their_collation() {
        let utf8 = "character set utf8mb4 collate utf8mb4_bin";
        for (from, to, want) in [
            ("varchar(10)", "varchar(11)", true),
            ("varchar(11)", "varchar(10)", false),
            ("varchar(10)", "varchar(10)", false),
            ("varchar(10)", "text", true),
            ("text", "longtext", true),
            ("longtext", "mediumtext", false),
            ("char(10)", "varchar(20)", false),
            ("tinytext", "text", false),
            ("int", "bigint", false),
        ] {
            let (from, to) = (format!("{from} {utf8}"), format!("{to} {utf8}"));
            assert_eq!(longer(&from, &to), want, "{from} to {to}");
            assert!(!longer(&from, &to.replace("utf8mb4_bin", "utf8mb4_general_ci")));
        }
    }
}
