//! Seven rows of a million.

use crate::contract::case::sync;
use crate::contract::connections::wait;
use crate::contract::place::{Place, database, postgres};

use super::{differences, verdict};

const ROWS: &str = "
    create table public.orders (id int primary key, code text, amount numeric(12,2), rate float8, at timestamptz, note text);
    insert into public.orders select n, 'C' || n % 1000, n * 1.01, n / 7.0, timestamptz '2024-01-01 00:00Z' + n * interval '1 s',
        case when n % 3 = 0 then null when n % 3 = 1 then '' else 'note ' || n end from generate_series(1, 1000000) n;";

#[test]
fn seven_rows_of_a_million_are_found_and_mended() {
    let database = wait(database());
    wait(database.run(ROWS));
    let place = Place::new();
    let file = |keys: &str| {
        sync(
            &postgres(&database.reader),
            &postgres(&database.writer),
            "public.orders",
            keys,
        )
    };
    place.put("sync.yaml", file("into: landing.orders"));
    place.syncapp(&["run", "sync.yaml"]).exits(0);
    let ran = place.syncapp(&["verify", "sync.yaml", "--json"]).exits(0);
    let verified = verdict(&ran);
    assert_eq!(
        (&verified["source_rows"], &verified["moved"]),
        (&1_000_000.into(), &0.into()),
        "{verified}"
    );
    wait(database.run(
        "update landing.orders set amount = amount + 0.01 where id = 3;
         update landing.orders set note = '' where id = 300000;
         update landing.orders set note = null where id = 400000;
         update landing.orders set at = at + interval '1 us' where id = 500000;
         update landing.orders set rate = '-Infinity', code = upper(code) || ' ' where id = 600000;
         delete from landing.orders where id = 1000000;
         insert into landing.orders values (1000001)",
    ));
    let want = [
        "differs id=3 amount: 3.04 for 3.03",
        "differs id=300000 note:  for NULL",
        "differs id=400000 note: NULL for",
        "differs id=500000 at: 2024-01-06 18:53:20.000001+00 for 2024-01-06 18:53:20+00",
        "differs id=600000 code: C0  for C0, rate: -Infinity for 85714.28571428571",
        "extra id=1000001",
        "missing id=1000000",
    ];
    let ran = place.syncapp(&["verify", "sync.yaml", "--json"]).exits(1);
    assert_eq!(differences(&ran), want);
    let verified = verdict(&ran);
    let moved = verified["moved"].as_u64().unwrap();
    assert!(moved > 0 && moved < 2_000_000 / 100, "{verified}");
    assert_eq!(
        (&verified["differing"], &verified["missing"], &verified["extra"]),
        (&5.into(), &1.into(), &1.into())
    );
    assert_eq!(
        (&verified["source_by"], &verified["target_by"]),
        (&"sums".into(), &"sums".into())
    );
    let ran = place.syncapp(&["verify", "sync.yaml", "--repair", "--json"]).exits(0);
    assert_eq!(verdict(&ran)["equal"], true);
    assert_eq!(
        verdict(&place.syncapp(&["verify", "sync.yaml", "--json"]).exits(0))["moved"],
        0
    );
}
