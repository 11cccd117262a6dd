//! The names of time zones.

use std::fmt;
use std::str::FromStr;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};

use crate::{Code, Error, nearest};

/// A time zone of the IANA database, in the version that is built in: the same on every machine.
///
/// ```
/// use syncapp_model::Zone;
/// assert_eq!("Europe/Berlin".parse::<Zone>().unwrap().to_string(), "Europe/Berlin");
/// let unknown = "Europe/Berln".parse::<Zone>().unwrap_err();
/// assert!(unknown.report().help.as_ref().unwrap().starts_with("did you mean `Europe/Berlin`?"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(pub TimeZone);

impl Zone {
    /// What holds where no zone is named.
    pub const UTC: Self = Self(TimeZone::UTC);
}

impl FromStr for Zone {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        // The database takes names in any case; others that read the file do not.
        if let Some(zone) = TimeZoneDatabase::bundled()
            .get(name)
            .ok()
            .filter(|zone| zone.iana_name() == Some(name))
        {
            return Ok(Self(zone));
        }
        let help = "name an IANA time zone, such as `Europe/Berlin`";
        let help = meant(name).map_or_else(|| help.to_owned(), |meant| format!("did you mean `{meant}`? {help}"));
        Err(Error::new(Code::InvalidValue, format!("`{name}` is not a time zone")).help(help))
    }
}

/// A city alone, or a typing error.
fn meant(name: &str) -> Option<String> {
    let names: Vec<String> = TimeZoneDatabase::bundled()
        .available()
        .map(|zone| zone.to_string())
        .collect();
    let city = name.trim().replace(' ', "_");
    let is_city = |zone: &&str| {
        zone.rsplit('/')
            .next()
            .is_some_and(|last| last.eq_ignore_ascii_case(&city))
    };
    let names = || names.iter().map(String::as_str);
    names()
        .find(is_city)
        .or_else(|| nearest(name, names()))
        .map(ToOwned::to_owned)
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

impl TryFrom<String> for Zone {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        name.parse()
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_unknown_zone_is_told() {
        let check = |name: &str, want: Option<&str>| {
            assert!(name.parse::<Zone>().is_err(), "{name}");
            assert_eq!(meant(name).as_deref(), want, "{name}");
        };
        check("europe/berlin", Some("Europe/Berlin"));
        check("Berlin", Some("Europe/Berlin"));
        check("new york", Some("America/New_York"));
        check("Europe/Berln", Some("Europe/Berlin"));
        check("CET ", Some("CET"));
        check("not a zone", None);
        check("", None);
    }
}
