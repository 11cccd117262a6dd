//! When an agent runs a sync, as the file says it.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, Cron, Error, Zone};

/// When an agent runs a sync: one of `cron`, `every`, `at` and `after`, and what holds beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Five or six cron fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// An IANA time zone, whose clock `cron` means; UTC where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The time between two runs, such as `15m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<String>,
    /// The one moment at which it runs, such as `2026-12-24T08:00:00+01:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The sync of this file after each success of which it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// What becomes of ticks that were missed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misfire: Option<Misfire>,
    /// What becomes of a tick while the run before it still goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Overlap>,
    /// Times of the week at which it must not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blackouts: Option<Vec<Blackout>>,
    /// Whether it does not run for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}

/// What becomes of ticks that were missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Misfire {
    /// Nothing.
    Skip,
    /// One run for all of them.
    Once,
    /// A run each, capped.
    All,
}

/// What becomes of a tick while the run before it still goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overlap {
    /// It is skipped, and recorded so.
    Skip,
    /// It waits.
    Queue,
}

/// A window of the week at which a sync must not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    /// The days on which it begins; all of them where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<Vec<Day>>,
    /// When it begins, such as `22:00`.
    pub from: String,
    /// When it ends; on the next day where that is not later.
    pub until: String,
    /// An IANA time zone, whose clock that is; UTC where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are their names")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// What makes a sync run.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// The clock of a place.
    Cron(Cron, Zone),
    /// Elapsed time.
    Every(Duration),
    /// One instant.
    At(Timestamp),
    /// Each success of another sync.
    After(String),
}

/// A blackout that was understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The days on which it begins.
    pub weekdays: Vec<Weekday>,
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// Whose clock that is.
    pub zone: Zone,
}

impl Schedule {
    /// What makes it run; else each key that is wrong, and why.
    pub fn when(&self) -> Result<When, Vec<(&'static str, Error)>> {
        let given = [
            ("cron", &self.cron),
            ("every", &self.every),
            ("at", &self.at),
            ("after", &self.after),
        ];
        let given: Vec<(&'static str, &String)> = given
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.as_ref()?)))
            .collect();
        let [(key, text)] = given[..] else {
            return Err(vec![self.not_one(&given)]);
        };
        let mut problems = self.useless(key);
        let mut understood =
            |key, parsed: Result<When, Error>| parsed.map_err(|problem| problems.push((key, problem))).ok();
        let when = match key {
            "cron" => {
                let cron = text.parse::<Cron>().map(|cron| When::Cron(cron, Zone::UTC));
                let zone = self.timezone.as_deref().map_or(Ok(Zone::UTC), str::parse);
                match (understood(key, cron), zone) {
                    (Some(When::Cron(cron, _)), Ok(zone)) => Some(When::Cron(cron, zone)),
                    (_, zone) => zone.err().and_then(|problem| understood("timezone", Err(problem))),
                }
            }
            "every" => understood(key, every(text).map(When::Every)),
            "at" => understood(key, at(text).map(When::At)),
            _ => Some(When::After(text.clone())),
        };
        match when {
            Some(when) if problems.is_empty() => Ok(when),
            _ => Err(problems),
        }
    }

    fn not_one(&self, given: &[(&'static str, &String)]) -> (&'static str, Error) {
        let help = "give one of `cron`, `every`, `at` and `after`";
        match given {
            [(first, _), (second, _), ..] => {
                let why = format!("`{first}` stands beside `{second}`");
                (*second, Error::new(Code::Conflict, why).help(help))
            }
            _ => {
                let key = if self.timezone.is_some() { "timezone" } else { "" };
                (
                    key,
                    Error::new(Code::MissingKey, "the schedule does not say when").help(help),
                )
            }
        }
    }

    /// Keys that would have no effect.
    fn useless(&self, key: &str) -> Vec<(&'static str, Error)> {
        let follows = key == "after";
        let given = [
            ("timezone", self.timezone.is_some() && key != "cron"),
            ("misfire", self.misfire.is_some() && follows),
            ("overlap", self.overlap.is_some() && follows),
            ("blackouts", self.blackouts.is_some() && follows),
            ("paused", self.paused.is_some() && follows),
        ];
        let conflict = |(name, given): (&'static str, bool)| {
            let why = format!("`{name}` has no effect beside `{key}`");
            given.then(|| {
                (
                    name,
                    Error::new(Code::Conflict, why).help(format!("leave `{name}` out")),
                )
            })
        };
        given.into_iter().filter_map(conflict).collect()
    }
}

impl Blackout {
    /// The window; else each key that is wrong, and why.
    pub fn window(&self) -> Result<Window, Vec<(&'static str, Error)>> {
        let mut problems = Vec::new();
        let mut time = |key, text: &str| {
            let parsed = text.parse::<Time>();
            parsed
                .map_err(|problem| {
                    let error = Error::new(Code::InvalidValue, format!("`{text}` is not a time of the day"));
                    problems.push((key, error.help("write it as `22:00`").driver(problem)));
                })
                .unwrap_or_default()
        };
        let (from, until) = (time("from", &self.from), time("until", &self.until));
        let zone = self.timezone.as_deref().map_or(Ok(Zone::UTC), str::parse);
        let zone = zone
            .map_err(|problem| problems.push(("timezone", problem)))
            .unwrap_or(Zone::UTC);
        if !problems.is_empty() {
            return Err(problems);
        }
        let days = self.days.as_deref().unwrap_or(&Day::ALL);
        Ok(Window {
            weekdays: days.iter().map(|day| day.weekday()).collect(),
            from,
            until,
            zone,
        })
    }
}

impl Day {
    const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    fn weekday(self) -> Weekday {
        match self {
            Self::Mon => Weekday::Monday,
            Self::Tue => Weekday::Tuesday,
            Self::Wed => Weekday::Wednesday,
            Self::Thu => Weekday::Thursday,
            Self::Fri => Weekday::Friday,
            Self::Sat => Weekday::Saturday,
            Self::Sun => Weekday::Sunday,
        }
    }
}

/// The one moment.
fn at(text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|problem| {
        let error = Error::new(Code::InvalidValue, format!("`{text}` is not a moment"));
        error
            .help("write it with its offset: `2026-12-24T08:00:00+01:00`")
            .driver(problem)
    })
}

/// The time between two runs.
fn every(text: &str) -> Result<Duration, Error> {
    humantime::parse_duration(text).map_err(|problem| {
        let error = Error::new(Code::InvalidValue, format!("`{text}` is not a time between two runs"));
        error.help("write it as `15m`, `2h` or `1d`").driver(problem)
    })
}
