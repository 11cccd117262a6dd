//! The columns of a table that SyncApp makes.

use syncapp_connector::{Target, TargetColumn};
use syncapp_model::sync_file::Write;
use syncapp_model::{Code, Column, Error, NativeType, Result, Side};

use super::client::Client;
use super::types::{SYSTEM, Wire};
use super::{catalog, encode, sql, types};

/// A column's type, as it will be.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    /// As the statement says it.
    words: String,
    /// As the server spells it.
    name: String,
    /// How its values look in binary COPY.
    wire: Wire,
}

/// One for each column of the target: the type that the user asks for, or the source's own, or the nearest.
pub(super) async fn columns(client: &Client, target: &Target) -> Result<Vec<Declared>> {
    let mut declared = Vec::with_capacity(target.columns.len());
    for want in &target.columns {
        declared.push(match (&want.wanted_native, &want.source_native) {
            (Some(words), _) => asked(client, words).await.map_err(|error| error.column(&want.name))?,
            (None, Some(native)) if native.system == SYSTEM => known(native.name.clone()),
            _ => known(types::declare(&want.ty)),
        });
    }
    Ok(declared)
}

fn known(name: String) -> Declared {
    let wire = types::parse_declared(&name).map_or(Wire::Other, |(ty, typmod)| types::wire(&ty, typmod));
    Declared {
        words: name.clone(),
        name,
        wire,
    }
}

/// What the server makes of a type in the user's words.
async fn asked(client: &Client, words: &str) -> Result<Declared> {
    let unknown = || {
        Error::new(Code::InvalidValue, format!("`{words}` is no type of the target"))
            .help("write a type as in `create table`: `varchar(20)`, `jsonb`, `numeric(12,2)`, `text[]`")
    };
    // It becomes part of a statement: nothing that could end a type's name.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | ',' | '(' | ')' | '[' | ']' | '"');
    if !words.chars().all(plain) {
        return Err(unknown());
    }
    let ty = match catalog::query_columns(client, &format!("select null::{words} as it")).await {
        Ok((_, mut types)) if types.len() == 1 => types.remove(0),
        Err(error) if error.is_transient() => return Err(error),
        _ => return Err(unknown()),
    };
    let wire = if ty.typed_cast.is_empty() { ty.wire } else { Wire::Other };
    Ok(Declared {
        words: words.into(),
        name: ty.name,
        wire,
    })
}

impl Declared {
    /// As the statement says it.
    pub(super) fn words(&self) -> &str {
        &self.words
    }

    /// As the server spells it.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How its values look in binary COPY.
    pub(super) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The column as it will be, if the stream's values can land in it.
    pub(super) fn column(&self, want: &TargetColumn) -> Result<Column> {
        let native = NativeType {
            system: SYSTEM.into(),
            name: self.name.clone(),
        };
        if want.source_native.as_ref() != Some(&native) && !encode::accepts(&want.ty, &self.wire) {
            let why = match &want.wanted_native {
                Some(words) => format!("`{words}` cannot hold every {}", want.ty),
                None => format!("PostgreSQL has no type for {}", want.ty),
            };
            return Err(Error::new(Code::TypeMismatch(Side::Destination), why)
                .column(&want.name)
                .help("cast it in the mapping by `type:`, such as `type: json`"));
        }
        Ok(Column {
            name: want.name.clone(),
            ty: want.ty.clone(),
            native,
            portable: true,
            nullable: want.nullable,
        })
    }
}

/// The statement that makes the table. A merge finds rows by its key, which is never NULL.
pub(super) fn create(table: &str, target: &Target, declared: &[Declared]) -> String {
    let columns: Vec<String> = target
        .columns
        .iter()
        .zip(declared)
        .map(|(column, declared)| {
            let keyed = matches!(target.write, Write::Merge | Write::History);
            let key = keyed && target.primary_key.contains(&column.name);
            let null = if column.nullable && !key { "" } else { " not null" };
            format!("{} {}{null}", sql::ident(&column.name), declared.words)
        })
        .collect();
    format!("create table {table} ({})", columns.join(", "))
}
