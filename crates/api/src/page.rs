//! Pages of lists: a limit, and a place in the order that the next page begins after.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use syncapp_model::{Code, Error};
use utoipa::{IntoParams, ToSchema};

use crate::Problem;

/// The longest page.
const LONGEST: usize = 200;
/// The page of who names no limit.
const USUAL: usize = 50;

/// Which page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next` of the page before.
    pub(crate) after: Option<String>,
    /// How many, at most: 50 where it is not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
}

impl PageQuery {
    pub(crate) fn new(after: Option<String>, limit: Option<usize>) -> Self {
        Self { after, limit }
    }

    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(USUAL) {
            limit @ 1..=LONGEST => Ok(limit),
            _ => Err(invalid("limit", &format!("give a number from 1 to {LONGEST}"))),
        }
    }
}

/// One page.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// What is on it.
    items: Vec<T>,
    /// The next page's `after`; there is none where this is the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl<T> Page<T> {
    /// From one row more than the page may have: that one is there only to tell whether there is a next page.
    pub(crate) fn of<R>(mut rows: Vec<R>, limit: usize, place: impl Fn(&R) -> String, view: impl Fn(R) -> T) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        Self {
            next: rows.last().filter(|_| more).map(place),
            items: rows.into_iter().map(view).collect(),
        }
    }
}

/// A part of the query that is not what it should be.
pub(crate) fn invalid(key: &str, help: &str) -> Problem {
    let error = Error::new(Code::InvalidValue, format!("`{key}` of the query has no meaning")).help(help);
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error)
}
