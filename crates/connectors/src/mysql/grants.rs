//! What a user and its roles may do, as the server spells it in `SHOW GRANTS`.

use syncapp_model::Result;

use super::client::{Client, text};

/// All grants of a session: the user's and those of its active roles.
#[derive(Debug, Default)]
pub(super) struct Grants(Vec<Grant>);

/// One line of them.
#[derive(Debug, PartialEq)]
struct Grant {
    /// Whether it takes back what a wider one gives.
    revokes: bool,
    /// In lower case, those on whole tables.
    rights: Vec<String>,
    /// Those on columns alone.
    on_columns: Vec<String>,
    on: Place,
    /// The user or role.
    to: String,
}

#[derive(Debug, PartialEq)]
enum Place {
    Everywhere,
    /// A pattern: `%` and `_` match, unless behind a backslash.
    Database(String),
    Table(String, String),
}

impl Grants {
    pub(super) async fn read(client: &mut Client) -> Result<Self> {
        let role = client.rows("select current_role()").await?;
        let role = role.first().map(|row| text(row, 0)).unwrap_or_default();
        // MySQL tells of roles when it is asked for them, MariaDB by itself.
        let query = if client.mariadb || role.is_empty() || role == "NONE" {
            "show grants".to_owned()
        } else {
            format!("show grants for current_user() using {role}")
        };
        let lines = client.rows(&query).await?;
        Ok(Self(lines.iter().filter_map(|row| parse(&text(row, 0))).collect()))
    }

    /// Whether a right is held on anything.
    pub(super) fn give(&self, right: &str) -> bool {
        let lines = self.0.iter().filter(|grant| !grant.revokes);
        let mut rights = lines.flat_map(|grant| grant.rights.iter().chain(&grant.on_columns));
        rights.any(|own| own == right || own == "all privileges")
    }

    /// Whether a right is held on a table, or (`None`) on every table of a database.
    pub(super) fn hold(&self, right: &str, database: &str, table: Option<&str>) -> bool {
        let gives = |grant: &&Grant| grant.rights.iter().any(|own| own == right || own == "all privileges");
        let is_here = |grant: &&Grant| match &grant.on {
            Place::Database(pattern) => matches(pattern.as_bytes(), database.as_bytes()),
            _ => false,
        };
        let lines = || self.0.iter().filter(|grant| !grant.revokes);
        let revoked = self
            .0
            .iter()
            .filter(|grant| grant.revokes && gives(grant))
            .any(|grant| is_here(&grant));
        let everywhere = lines().filter(gives).any(|grant| grant.on == Place::Everywhere);
        let on_table = lines().filter(gives).any(|grant| match (&grant.on, table) {
            (Place::Table(of, name), Some(table)) => of == database && name == table,
            _ => false,
        });
        // Of several patterns that match, only the narrowest one of each user or role counts.
        let in_database = lines().filter(is_here).filter(gives).any(|grant| {
            let mut others = lines().filter(is_here).filter(|other| other.to == grant.to);
            others.all(|other| narrowness(&other.on) <= narrowness(&grant.on))
        });
        (everywhere && !revoked) || in_database || on_table
    }
}

/// How far a pattern goes before its first wildcard.
fn narrowness(place: &Place) -> usize {
    let Place::Database(pattern) = place else { return 0 };
    let bytes = pattern.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'%' | b'_' => return at,
            _ => at += 1,
        }
    }
    usize::MAX
}

/// Whether a pattern covers a name.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], _) => name.is_empty(),
        ([b'%', rest @ ..], _) => (0..=name.len()).any(|from| matches(rest, &name[from..])),
        ([b'\\', own, rest @ ..], [first, others @ ..]) => own == first && matches(rest, others),
        ([own, rest @ ..], [first, others @ ..]) => (*own == b'_' || own == first) && matches(rest, others),
        (_, []) => false,
    }
}

/// A line that says something about tables.
fn parse(line: &str) -> Option<Grant> {
    let (revokes, rest) = match line.strip_prefix("GRANT ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("REVOKE ")?),
    };
    let (rights, rest) = rest.split_once(" ON ")?;
    let (first, rest) = part(rest)?;
    let (second, rest) = part(rest.strip_prefix('.')?)?;
    let to = rest.strip_prefix(if revokes { " FROM " } else { " TO " })?;
    let to = to.split([' ']).next().unwrap_or_default().to_owned();
    let on = match (first.as_str(), second.as_str()) {
        ("*", "*") => Place::Everywhere,
        (_, "*") => Place::Database(first),
        _ => Place::Table(first, second),
    };
    let (rights, on_columns) = list(rights);
    Some(Grant {
        revokes,
        rights,
        on_columns,
        on,
        to,
    })
}

/// A name in backticks, or a star.
fn part(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        return Some(("*".into(), rest));
    }
    let mut rest = text.strip_prefix('`')?;
    let mut name = String::new();
    loop {
        let (before, after) = rest.split_once('`')?;
        name.push_str(before);
        match after.strip_prefix('`') {
            Some(more) => {
                name.push('`');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// Rights between commas: those on whole tables, and those on columns alone (`SELECT (id, name)`).
fn list(rights: &str) -> (Vec<String>, Vec<String>) {
    let mut depth = 0;
    let split = rights.split(|c: char| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    });
    let (whole, part): (Vec<&str>, Vec<&str>) = split.partition(|right| !right.contains('('));
    let name = |right: &str| right.split('(').next().unwrap_or_default().trim().to_lowercase();
    (
        whole.into_iter().map(name).collect(),
        part.into_iter().map(name).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(lines: &[&str]) -> Grants {
        Grants(lines.iter().filter_map(|line| parse(line)).collect())
    }

    #[test]
    fn a_right_is_held_where_a_line_says_so() {
        let to = "TO `me`@`%`";
        for (line, right, database, table, want) in [
            ("GRANT ALL PRIVILEGES ON *.*", "drop", "any", None, true),
            ("GRANT USAGE ON *.*", "select", "any", None, false),
            ("GRANT SELECT, INSERT ON `shop`.*", "insert", "shop", Some("t"), true),
            ("GRANT SELECT, INSERT ON `shop`.*", "insert", "shop", None, true),
            ("GRANT SELECT, INSERT ON `shop`.*", "update", "shop", None, false),
            ("GRANT SELECT, INSERT ON `shop`.*", "insert", "shop2", None, false),
            ("GRANT CREATE ON `land\\_1`.*", "create", "land_1", None, true),
            ("GRANT CREATE ON `land\\_1`.*", "create", "landx1", None, false),
            ("GRANT CREATE ON `land_1`.*", "create", "landx1", None, true),
            ("GRANT CREATE ON `land%`.*", "create", "landing", None, true),
            ("GRANT CREATE ON `%ing`.*", "create", "landing", None, true),
            ("GRANT CREATE ON `%ing`.*", "create", "landings", None, false),
            (
                "GRANT CREATE TEMPORARY TABLES ON `shop`.*",
                "create",
                "shop",
                None,
                false,
            ),
            ("GRANT INSERT ON `shop`.`t`", "insert", "shop", Some("t"), true),
            ("GRANT INSERT ON `shop`.`t`", "insert", "shop", Some("u"), false),
            ("GRANT INSERT ON `shop`.`t`", "insert", "shop", None, false),
            ("GRANT INSERT ON `od``d.x`.`t`", "insert", "od`d.x", Some("t"), true),
            (
                "GRANT SELECT (id, name), INSERT ON `shop`.`t`",
                "insert",
                "shop",
                Some("t"),
                true,
            ),
            (
                "GRANT SELECT (id, name), INSERT ON `shop`.`t`",
                "select",
                "shop",
                Some("t"),
                false,
            ),
            ("GRANT `writers`", "insert", "shop", None, false),
            (
                "GRANT EXECUTE ON PROCEDURE `shop`.`p`",
                "execute",
                "shop",
                Some("p"),
                false,
            ),
        ] {
            let line = format!("{line} {to}");
            assert_eq!(grants(&[&line]).hold(right, database, table), want, "{line}: {right}");
        }
    }

    #[test]
    fn a_right_is_held_somewhere() {
        let lines = grants(&[
            "GRANT USAGE ON *.* TO `me`@`%`",
            "GRANT SELECT (id, `a,b`), INSERT ON `shop`.`t` TO `me`@`%`",
            "REVOKE UPDATE ON `shop`.* FROM `me`@`%`",
        ]);
        let given = ["select", "insert", "update", "create"].map(|right| lines.give(right));
        assert_eq!(given, [true, true, false, false]);
        assert!(grants(&["GRANT ALL PRIVILEGES ON `shop`.* TO `me`@`%`"]).give("create"));
    }

    #[test]
    fn only_the_narrowest_pattern_of_a_user_counts() {
        let lines = [
            "GRANT SELECT ON `shop%`.* TO `me`@`%`",
            "GRANT INSERT ON `shop\\_eu`.* TO `me`@`%`",
            "GRANT DELETE ON `sh%`.* TO `writers`",
        ];
        let held = |database: &str| {
            let all = ["select", "insert", "delete"];
            all.map(|right| grants(&lines).hold(right, database, None))
        };
        assert_eq!(held("shop_eu"), [false, true, true]);
        assert_eq!(held("shop_us"), [true, false, true]);
    }

    #[test]
    fn what_is_revoked_from_one_database_is_not_held_there() {
        let lines = grants(&[
            "GRANT SELECT, INSERT ON *.* TO `me`@`%`",
            "REVOKE INSERT ON `shop`.* FROM `me`@`%`",
        ]);
        assert!(lines.hold("select", "shop", None) && lines.hold("insert", "other", None));
        assert!(!lines.hold("insert", "shop", None));
    }
}
