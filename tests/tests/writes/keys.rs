//! Keys of any type and number of columns.

use super::lab::Lab;

#[test]
fn rows_find_theirs_by_any_key() {
    Lab::each(|lab| {
        lab.change(
            "create table marks(a text not null, b integer not null, u text_uuid not null, d text_decimal(10,2) not null, v text,
                                primary key (a, b));
             insert into marks values ('x', 1, '00000000-0000-0000-0000-000000000001', '1.50', 'one'),
                                      ('X', 1, '00000000-0000-0000-0000-000000000002', '1.05', 'two'),
                                      ('x ', 1, '00000000-0000-0000-0000-000000000003', '-0.10', 'three'),
                                      ('', 0, '00000000-0000-0000-0000-000000000004', '0.00', 'four')",
        );
        for (at, key) in ["[a, b]", "[u]", "[d]", "[d, a, b, u]"].iter().enumerate() {
            let keys = format!("write: merge, primary_key: {key}, query: \"select * from marks\", into: k{at}");
            lab.run(&keys).exits(0);
            lab.change("update marks set v = v || '!' where b = 1");
            lab.run(&keys).exits(0);
            let want = lab.place.rows("from.db", "select v from marks order by u");
            assert_eq!(lab.rows(&format!("select v from k{at} order by u")), want, "{key}");
        }
    });
}

#[test]
fn a_key_that_is_null_or_not_unique_is_refused_by_name() {
    Lab::each(|lab| {
        lab.run("write: merge, primary_key: [name]").exits(0);
        lab.change("insert into people values (4, null, 40)");
        let ran = lab.run("write: merge, primary_key: [name]").exits(1);
        assert!(
            ran.stderr.contains("column name") && ran.stderr.contains("NULL"),
            "{}",
            ran.stderr
        );
        lab.change("update people set name = 'Ada' where id = 4");
        let ran = lab.run("write: merge, primary_key: [name]").exits(1);
        assert!(
            ran.stderr.contains("Ada") && ran.stderr.contains("duplicate_key"),
            "{}",
            ran.stderr
        );
        assert_eq!(lab.rows("select count(*) from people"), ["3"]);
    });
}

#[test]
fn a_key_that_is_unique_in_the_source_need_not_be_on_its_way() {
    Lab::each(|lab| {
        let ran = lab.run("write: merge, primary_key: [id], columns: { id: { expr: \"id / 2\" } }");
        let ran = ran.exits(1);
        assert!(ran.stderr.contains("duplicate_key"), "{}", ran.stderr);
    });
}
