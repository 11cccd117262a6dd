//! `lookback`

use super::lab::Lab;

#[test]
fn rows_that_come_late_are_found_as_far_back_as_it_says() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, lookback: 10";
        lab.run(keys).exits(0);
        // 30 was the last: 20 is still looked at, 19 is not.
        lab.change(
            "insert into people values (4, 'In', 20), (5, 'Out', 19); update people set name = 'Eve' where id = 2",
        );
        lab.run(keys).exits(0);
        assert_eq!(
            lab.rows("select name from people order by id"),
            ["Ada", "Eve", "Cy", "In"]
        );
        // The position stays where it was: the next run looks back from there.
        lab.run(keys).exits(0);
        assert_eq!(lab.rows("select count(*) from people"), ["4"]);
    });
}

#[test]
fn it_never_reads_before_the_start() {
    Lab::each(|lab| {
        let keys = "mode: incremental, cursor: rev, lookback: 1000, start: 15";
        lab.run(keys).exits(0);
        lab.change("insert into people values (4, 'Early', 14), (5, 'Late', 15)");
        lab.run(keys).exits(0);
        assert_eq!(lab.rows("select name from people order by id"), ["Bob", "Cy", "Late"]);
    });
}

#[test]
fn a_time_fits_a_time_and_a_number_a_number() {
    Lab::each(|lab| {
        lab.change("create table visits(id integer primary key, day date); insert into visits values (1, '2024-03-01'), (2, '2024-03-05')");
        for (keys, why) in [
            (
                "mode: incremental, cursor: rev, lookback: 10m",
                "does not fit the cursor",
            ),
            (
                "mode: incremental, cursor: name, lookback: 10m",
                "does not fit the cursor",
            ),
            ("mode: incremental, cursor: rev, lookback: soon", "neither a time"),
            ("mode: incremental, cursor: rev, lookback: -5", "neither a time"),
            ("lookback: 5", "needs `mode: incremental`"),
            (
                "mode: incremental, cursor: rev, lookback: 5, write: append",
                "`append` would add twice",
            ),
            (
                "mode: incremental, cursor: rev, lookback: 5, query: \"select * from people\"",
                "without a key",
            ),
        ] {
            let ran = lab.run(keys).exits(2);
            assert!(ran.stderr.contains(why), "{keys}: {}", ran.stderr);
        }
    });
}
