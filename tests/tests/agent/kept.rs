//! What an agent's store keeps, to be compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use syncapp_tests::agent::Agent;

/// What is written whoever asks for what: who was there last, and when.
const ASIDE: [(&str, &str); 3] = [
    ("access_token", "last_used_at"),
    ("access_session", "used_at"),
    ("worker", "seen_at"),
];

/// The rows of each table, as text.
pub(super) type Kept = BTreeMap<String, Vec<String>>;

fn open(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// All that is kept, but for what is [`ASIDE`], once nothing is left to be done about runs that are over.
pub(super) async fn kept(agent: &Agent) -> Kept {
    let store = open(&agent.syncapp().home().join("syncapp.db"));
    let left = "select (select count(*) from run where finished_at is null or state = 'done' and followed = 0) \
                + (select count(*) from outbox)";
    let begun = Instant::now();
    while store.query_row(left, [], |row| row.get::<_, i64>(0)).unwrap() > 0 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "the agent does not come to rest"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    dump(&store)
}

/// In one transaction: all of it is of one moment.
fn dump(store: &Connection) -> Kept {
    let store = store.unchecked_transaction().unwrap();
    let mut tables = store
        .prepare("select name from sqlite_schema where type = 'table'")
        .unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    tables
        .map(|table| {
            let table = table.unwrap();
            let mut select = store.prepare(&format!("select * from \"{table}\"")).unwrap();
            let columns: Vec<String> = select.column_names().into_iter().map(str::to_owned).collect();
            let compared = |column: &str| !ASIDE.contains(&(table.as_str(), column));
            let mut rows = select.query([]).unwrap();
            let mut texts = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                let cells = columns.iter().enumerate().filter(|(_, column)| compared(column));
                let cells = cells.map(|(at, column)| format!("{column}: {:?}", row.get_ref(at).unwrap()));
                texts.push(cells.collect::<Vec<_>>().join(", "));
            }
            texts.sort();
            (table, texts)
        })
        .collect()
}

/// What is in the one and not in the other, either way: a message that can be read.
pub(super) fn difference(before: &Kept, after: &Kept) -> Vec<String> {
    let rows = |kept: &Kept| -> Vec<String> {
        let tables = kept.iter();
        tables
            .flat_map(|(table, rows)| rows.iter().map(move |row| format!("{table}: {row}")))
            .collect()
    };
    let (before, after) = (rows(before), rows(after));
    let gone = before
        .iter()
        .filter(|row| !after.contains(row))
        .map(|row| format!("- {row}"));
    let come = after
        .iter()
        .filter(|row| !before.contains(row))
        .map(|row| format!("+ {row}"));
    gone.chain(come).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_seen() {
    let agent = Agent::start("").await;
    let before = kept(&agent).await;
    agent.make_token("viewer", None).await;
    let after = kept(&agent).await;
    let difference = difference(&before, &after);
    let of = |start: &str| difference.iter().filter(|row| row.starts_with(start)).count();
    assert_eq!(
        (of("+ access_token: "), of("+ audit_entry: ")),
        (1, 1),
        "{difference:#?}"
    );
    assert_ne!(before, after);
}
