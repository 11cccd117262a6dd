//! Names of streams and the patterns that choose them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A stream's full name: an optional namespace and a bare name, unquoted.
///
/// Written `namespace.name`, split at the first dot; a part in double quotes is SQL-quoted and may hold anything.
///
/// ```
/// use syncapp_model::StreamName;
/// let name: StreamName = r#"public."odd.name""#.parse().unwrap();
/// assert_eq!((name.namespace.as_deref(), name.name.as_str()), (Some("public"), "odd.name"));
/// assert_eq!(name.to_string(), r#"public."odd.name""#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StreamName {
    /// Schema, database or data set.
    pub namespace: Option<String>,
    /// Table, object or path.
    pub name: String,
}

impl StreamName {
    /// A name without a namespace.
    pub fn bare(name: impl Into<String>) -> Self {
        Self {
            namespace: None,
            name: name.into(),
        }
    }

    /// Both parts with a dot between them and no quotes: a file's path, wherever its dots are.
    pub fn raw(&self) -> String {
        match &self.namespace {
            Some(namespace) => format!("{namespace}.{}", self.name),
            None => self.name.clone(),
        }
    }

    /// A name in a namespace.
    pub fn within(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            namespace: Some(namespace.into()),
            name: name.into(),
        }
    }
}

impl FromStr for StreamName {
    type Err = String;

    /// Fails on an empty part and on a quote that is not closed.
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, rest) = part(text)?;
        match rest {
            None => Ok(Self::bare(first)),
            Some(rest) if rest.starts_with('"') => match part(rest)? {
                (second, None) => Ok(Self::within(first, second)),
                _ => Err(format!("`{text}` has more than two parts")),
            },
            Some("") => Err(format!("`{text}` ends in a dot")),
            Some(rest) => Ok(Self::within(first, rest)),
        }
    }
}

/// The first part of a dotted name and what stands behind the dot.
fn part(text: &str) -> Result<(String, Option<&str>), String> {
    if !text.starts_with('"') {
        let (first, rest) = text
            .split_once('.')
            .map_or((text, None), |(first, rest)| (first, Some(rest)));
        return if first.is_empty() {
            Err(format!("`{text}` lacks a name"))
        } else {
            Ok((first.to_owned(), rest))
        };
    }
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            let rest = &text[at + 1..];
            return match rest.strip_prefix('.') {
                _ if name.is_empty() => Err(format!("`{text}` has an empty part")),
                Some(rest) => Ok((name, Some(rest))),
                None if rest.is_empty() => Ok((name, None)),
                None => Err(format!("`{text}` goes on behind a closing quote")),
            };
        }
    }
    Err(format!("`{text}` has a quote that is not closed"))
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |part: &str, dots: bool| {
            if part.contains('"') || part.is_empty() || (dots && part.contains('.')) {
                format!("\"{}\"", part.replace('"', "\"\""))
            } else {
                part.to_owned()
            }
        };
        match &self.namespace {
            Some(namespace) => write!(f, "{}.{}", quoted(namespace, true), quoted(&self.name, true)),
            None => f.write_str(&quoted(&self.name, true)),
        }
    }
}

/// Which streams a name in a sync file stands for: one exact stream, or a glob.
///
/// `*` matches anything but a dot or a slash, `**` anything, `?` one character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// One stream, of any kind.
    Exact(StreamName),
    /// All base and partitioned tables or files whose names match.
    Glob(String),
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.starts_with('"') && text.contains(['*', '?']) {
            Ok(Self::Glob(text.to_owned()))
        } else {
            text.parse().map(Self::Exact)
        }
    }
}

impl Pattern {
    /// Everything.
    pub fn all() -> Self {
        Self::Glob("**".into())
    }

    /// Whether a stream's full name, as users write it, matches.
    ///
    /// ```
    /// use syncapp_model::Pattern;
    /// let glob: Pattern = "public.tmp_*".parse().unwrap();
    /// assert!(glob.matches("public.tmp_1"));
    /// assert!(!glob.matches("other.tmp_1"));
    /// ```
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact.to_string() == name || exact.raw() == name,
            Self::Glob(glob) => glob_matches(glob.as_bytes(), name.as_bytes()),
        }
    }
}

/// Whether the glob covers the text: `open[at]` says that the glob so far covers the first `at` bytes. Time is the
/// product of both lengths, whatever the glob.
fn glob_matches(glob: &[u8], text: &[u8]) -> bool {
    let mut open = vec![false; text.len() + 1];
    open[0] = true;
    let mut rest = glob;
    while let Some((&first, after)) = rest.split_first() {
        if first == b'*' {
            let deep = after.first() == Some(&b'*');
            rest = if deep { &after[1..] } else { after };
            for at in 0..text.len() {
                open[at + 1] |= open[at] && (deep || !matches!(text[at], b'.' | b'/'));
            }
        } else {
            rest = after;
            for at in (0..text.len()).rev() {
                open[at + 1] = open[at] && (first == b'?' || first == text[at]);
            }
            open[0] = false;
        }
    }
    open[text.len()]
}
