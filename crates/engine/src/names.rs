//! Which streams a sync's entries stand for, and what their targets are called.

use indexmap::IndexMap;
use syncapp_model::sync_file::StreamConfig;
use syncapp_model::{Code, Error, Pattern, Result, StreamKind, StreamName, StreamSpec};

/// One entry of `streams`.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The key as written.
    pub(crate) key: String,
    pub(crate) pattern: Pattern,
    pub(crate) config: StreamConfig,
}

/// The entries of a sync: the streams they name, the globs in their order, and what is left out.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    exact: Vec<(StreamName, Entry)>,
    globs: Vec<Entry>,
    excluded: Vec<Pattern>,
    /// The only entry whose streams are wanted.
    chosen: Option<String>,
}

impl Entries {
    /// Reads the keys of `streams`.
    pub(crate) fn parse(streams: IndexMap<String, StreamConfig>) -> Result<Self, Vec<Error>> {
        let mut entries = Self::default();
        let mut problems = Vec::new();
        for (key, config) in streams {
            let (text, excluded) = key.strip_prefix('!').map_or((key.as_str(), false), |rest| (rest, true));
            match text.parse::<Pattern>() {
                Err(why) => problems.push(Error::new(Code::InvalidValue, why).stream(&key)),
                Ok(pattern) if excluded => entries.excluded.push(pattern),
                Ok(pattern @ Pattern::Glob(_)) => entries.globs.push(Entry { key, pattern, config }),
                Ok(Pattern::Exact(name)) => {
                    let pattern = Pattern::Exact(name.clone());
                    entries.exact.push((name, Entry { key, pattern, config }));
                }
            }
        }
        if problems.is_empty() {
            Ok(entries)
        } else {
            Err(problems)
        }
    }

    /// Leaves only the streams of one entry. What the others name stays theirs.
    pub(crate) fn choose(&mut self, key: &str) {
        self.chosen = Some(key.to_owned());
    }

    fn is_wanted(&self, entry: &Entry) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| *chosen == entry.key)
    }

    /// The streams that are named.
    pub(crate) fn exact(&self) -> impl Iterator<Item = &(StreamName, Entry)> {
        self.exact.iter().filter(|(_, entry)| self.is_wanted(entry))
    }

    /// The globs that are looked for.
    pub(crate) fn globs(&self) -> impl Iterator<Item = &Entry> {
        self.globs.iter().filter(|glob| self.is_wanted(glob))
    }

    /// The glob that a discovered stream belongs to: the last that matches, unless it is named exactly or left out.
    pub(crate) fn glob_of(&self, spec: &StreamSpec) -> Option<&Entry> {
        let label = spec.label();
        let named = self.exact.iter().any(|(_, entry)| entry.pattern.matches(&label));
        let excluded = self.excluded.iter().any(|pattern| pattern.matches(&label));
        if named || excluded || !spec.kind.globbed() || spec.name.name.starts_with("_syncapp") {
            return None;
        }
        let glob = self.globs.iter().rev().find(|entry| entry.pattern.matches(&label));
        glob.filter(|glob| self.is_wanted(glob))
    }
}

/// The target's name: as `into` says, else the stream's own. `same_system` says that both ends have the same kind of
/// namespaces.
pub(crate) fn target_name(spec: &StreamSpec, into: Option<&str>, same_system: bool) -> Result<StreamName> {
    let namespace = spec.name.namespace.as_deref().unwrap_or_default();
    let bare = bare_name(spec);
    let Some(into) = into else {
        return Ok(if same_system {
            spec.name.clone()
        } else {
            StreamName::bare(bare)
        });
    };
    let name: StreamName = into
        .parse()
        .map_err(|why: String| Error::new(Code::InvalidValue, format!("`into`: {why}")))?;
    let fill = |part: &str| part.replace("{schema}", namespace).replace("{stream}", &bare);
    Ok(StreamName {
        namespace: name.namespace.as_deref().map(fill),
        name: fill(&name.name),
    })
}

/// The name without its namespace; of a file, without folders and endings.
fn bare_name(spec: &StreamSpec) -> String {
    if spec.kind != StreamKind::File {
        return spec.name.name.clone();
    }
    let file = spec.name.name.rsplit('/').next().unwrap_or(&spec.name.name);
    let stem = file.trim_start_matches('.').split('.').next().unwrap_or(file);
    stem.replace(['*', '?'], "").trim_matches(['_', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: StreamName, kind: StreamKind) -> StreamSpec {
        StreamSpec {
            name,
            kind,
            columns: Vec::new(),
            primary_key: Vec::new(),
            estimated_rows: None,
        }
    }

    #[test]
    fn targets_are_named_after_their_streams() {
        let check = |spec: &StreamSpec, into, same, want: &str| {
            assert_eq!(target_name(spec, into, same).unwrap().to_string(), want);
        };
        let orders = spec(StreamName::within("public", "orders"), StreamKind::Table);
        check(&orders, None, true, "public.orders");
        check(&orders, None, false, "orders");
        check(&orders, Some("lake.{schema}_{stream}"), false, "lake.public_orders");
        let odd = spec(StreamName::within("a.b", "c"), StreamKind::Table);
        check(&odd, Some("{schema}.{stream}"), false, "\"a.b\".c");
        let file = spec(StreamName::bare("data/flights-2024.csv.gz"), StreamKind::File);
        check(&file, None, false, "flights-2024");
        check(
            &spec(StreamName::bare("flights_*.csv"), StreamKind::File),
            None,
            false,
            "flights",
        );
    }

    #[test]
    fn exact_names_beat_globs_and_later_globs_earlier_ones() {
        let streams = ["public.*", "public.o*", "public.orders", "!public.tmp_*"];
        let entries = Entries::parse(streams.map(|key| (key.to_owned(), StreamConfig::default())).into()).unwrap();
        let glob = |name: &str, kind| {
            let spec = spec(name.parse().unwrap(), kind);
            entries.glob_of(&spec).map(|entry| entry.key.clone())
        };
        assert_eq!(glob("public.other", StreamKind::Table).as_deref(), Some("public.o*"));
        assert_eq!(
            glob("public.items", StreamKind::Partitioned).as_deref(),
            Some("public.*")
        );
        assert_eq!(glob("public.orders", StreamKind::Table), None);
        assert_eq!(glob("public.tmp_1", StreamKind::Table), None);
        assert_eq!(glob("public.view", StreamKind::View), None);
        assert_eq!(glob("public._syncapp_checkpoint", StreamKind::Table), None);
    }
}
