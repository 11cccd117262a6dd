//! The designer: columns find each other, one is computed, one is masked, and rows flow through as they are changed.

use std::fs;

use syncapp_tests::desktop::what::{What, button, choice, containing, field, heading, link, project, role, row, text};
use syncapp_tests::desktop::{Desk, Keyring};

const FILE: &str = "version: 1
project: people
connections:
  exports: { connector: files, path: ./people, format: csv }
  lake: { connector: sqlite, path: ./lake.db }
syncs:
  people:
    source: exports
    destination: lake
    streams:
      people.csv:
        into: people
        write: append
        columns:
          id: { from: id }
";

fn target(column: &str) -> What {
    containing("option", column).within(role("listbox", "Target columns"))
}

fn sample() -> What {
    role("region", "Sample")
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_mapped_computed_and_masked_while_rows_flow() {
    let desk = Desk::new(Keyring::Unlocked).await;
    let folder = desk.data().join("people");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("people.csv"),
        "id,full_name,email,home_city\n1,Mara Lindqvist,mara@example.net,Bergen\n",
    )
    .unwrap();
    let lake = rusqlite::Connection::open(desk.data().join("lake.db")).unwrap();
    lake.execute_batch("create table people (id integer, name text, mail text, city text)")
        .unwrap();
    let window = desk.open().await;
    window.push("people", FILE).await;
    window.click(project("people")).await;
    window.find(heading("people")).await;
    window.click(link("people").within(row("people"))).await;
    window.click(button("Open designer")).await;
    window.click(target("city")).await;
    window.click(containing("button", "Auto-map")).await;
    window.find(text("mara@example.net").within(sample())).await;

    window.click(target("name")).await;
    window.click(button("Compute it instead")).await;
    window.fill(field("Expression name"), "upper(full_name)").await;
    window.find(text("MARA LINDQVIST").within(sample())).await;
    window.find(text("Mara Lindqvist").within(sample())).await;

    window.click(target("mail")).await;
    window.choose(choice("Mask"), "Redact: ***").await;
    // What is masked is shown to nobody, before neither.
    window.find(text("***").within(sample())).await;
    window.loses(text("mara@example.net").within(sample())).await;

    window.click(button("Save")).await;
    window.find(text("Saved as version 2")).await;
    window.click(button("Run")).await;
    window.click(button("View")).await;
    window.find(text("Done in").within(row("people.csv"))).await;
    let landed: (String, String) = lake
        .query_row("select name, mail from people", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(landed, ("MARA LINDQVIST".to_owned(), "***".to_owned()));
}
