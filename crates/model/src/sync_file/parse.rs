//! YAML text, of which JSON is a part, into a [`Node`].
//!
//! Bounded whatever the text: its size, its depth and its number of values. Aliases and tags are refused, so a small
//! file cannot stand for a large one. Duplicate keys are all reported; a syntax error ends the reading.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::core_scalar;
use super::json_text::Joined;
use super::tree::{Entries, Entry, Node, Span, Value};
use crate::{Code, Error};

/// Bytes that a sync file may have.
pub(super) const MAX_BYTES: usize = 4 << 20;
/// How deep values may lie.
pub(super) const MAX_DEPTH: usize = 64;
/// How many values there may be.
pub(super) const MAX_NODES: usize = 200_000;

/// The tree of a text, and what is wrong with it; no tree where reading had to stop.
pub(super) fn parse(text: &str) -> (Option<Node>, Vec<Error>) {
    let mut builder = Builder::default();
    match builder.run(text) {
        Ok(()) => {
            let empty = Node {
                span: Span::START,
                value: Value::Null { word: false },
            };
            (Some(builder.root.unwrap_or(empty)), builder.problems)
        }
        Err(fatal) => {
            builder.problems.push(fatal);
            (None, builder.problems)
        }
    }
}

#[derive(Default)]
struct Builder {
    root: Option<Node>,
    open: Vec<Frame>,
    nodes: usize,
    documents: usize,
    problems: Vec<Error>,
}

/// A list or mapping whose end has not come yet.
enum Frame {
    List {
        span: Span,
        items: Vec<Node>,
    },
    Mapping {
        span: Span,
        entries: Entries,
        key: Option<(String, Span)>,
    },
}

impl Builder {
    fn run(&mut self, text: &str) -> Result<(), Error> {
        if text.len() > MAX_BYTES {
            return Err(too_large(format!("the file is larger than {} MiB", MAX_BYTES >> 20)));
        }
        let joined = Joined::new(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut parser = Parser::new_from_str(&joined.text);
        while let Some(next) = parser.next_event() {
            let (event, at) = next.map_err(|error| syntax_error(&joined, *error.marker(), error.info()))?;
            let span = joined.original(span(at.start, at.end));
            match event {
                Event::DocumentStart(_) => {
                    self.documents += 1;
                    if self.documents > 1 {
                        return Err(span
                            .mark(Error::new(Code::Syntax, "a second document begins here"))
                            .help("a sync file is one document: put the second one in a file of its own"));
                    }
                }
                Event::Alias(_) => {
                    return Err(span.mark(Error::new(Code::Syntax, "aliases are not supported"))
                        .help("`*` at the start of a value is YAML's alias: put a name or glob in quotes, and values that streams share under `defaults`"));
                }
                Event::Scalar(text, style, _, tag) => self.scalar(text.into_owned(), style, tag.as_deref(), span)?,
                Event::SequenceStart(_, tag) => {
                    refuse_tag(tag.as_deref(), span)?;
                    let span = self.enter(span)?;
                    self.open.push(Frame::List {
                        span,
                        items: Vec::new(),
                    });
                }
                Event::MappingStart(_, tag) => {
                    refuse_tag(tag.as_deref(), span)?;
                    let span = self.enter(span)?;
                    self.open.push(Frame::Mapping {
                        span,
                        entries: Entries::new(),
                        key: None,
                    });
                }
                Event::SequenceEnd | Event::MappingEnd => self.leave(),
                Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            }
        }
        Ok(())
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, tag: Option<&Tag>, at: Span) -> Result<(), Error> {
        self.count(at)?;
        let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
        if !is_text {
            refuse_tag(tag, at)?;
        }
        if let Some(Frame::Mapping { key: key @ None, .. }) = self.open.last_mut() {
            if text.is_empty() && style == ScalarStyle::Plain {
                return Err(at.mark(Error::new(Code::Syntax, "a key is missing in front of the colon")));
            }
            *key = Some((text, at));
            return Ok(());
        }
        let span = if at.length == 0 {
            self.key_span().unwrap_or(at)
        } else {
            at
        };
        let value = if is_text || style != ScalarStyle::Plain {
            core_scalar::plain(text)
        } else {
            core_scalar::resolve(&text).unwrap_or_else(|why| {
                let problem = Error::new(Code::InvalidValue, why).help("put it in quotes where text is meant");
                self.problems.push(span.mark(problem));
                core_scalar::plain(text)
            })
        };
        self.place(Node { span, value });
        Ok(())
    }

    /// Counts a value against the bounds.
    fn count(&mut self, at: Span) -> Result<(), Error> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(at.mark(too_large(format!("the file has more than {MAX_NODES} values"))));
        }
        Ok(())
    }

    /// The span of a list or mapping that begins.
    fn enter(&mut self, at: Span) -> Result<Span, Error> {
        self.count(at)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(at.mark(too_deep()));
        }
        match self.open.last() {
            Some(Frame::Mapping { key: None, .. }) => Err(at
                .mark(Error::new(Code::Syntax, "a key is text, not a list or mapping"))
                .help("put a name that begins with `{` or `[` in quotes")),
            _ => Ok(self.key_span().unwrap_or(Span {
                length: at.length.max(1),
                ..at
            })),
        }
    }

    /// Where the key of the value that comes now stands.
    fn key_span(&self) -> Option<Span> {
        match self.open.last() {
            Some(Frame::Mapping {
                key: Some((_, span)), ..
            }) => Some(*span),
            _ => None,
        }
    }

    fn leave(&mut self) {
        match self.open.pop() {
            Some(Frame::List { span, items }) => self.place(Node {
                span,
                value: Value::List(items),
            }),
            Some(Frame::Mapping { span, entries, .. }) => self.place(Node {
                span,
                value: Value::Mapping(entries),
            }),
            None => {}
        }
    }

    /// Puts a complete value where it belongs.
    fn place(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Frame::List { items, .. }) => items.push(node),
            Some(Frame::Mapping { entries, key, .. }) => {
                let Some((key, key_span)) = key.take() else { return };
                if let Some(first) = entries.get(&key) {
                    let first = first.key_span.line;
                    let problem = Error::new(
                        Code::Syntax,
                        format!("`{key}` stands here twice, first on line {first}"),
                    );
                    self.problems.push(key_span.mark(problem.help("keep one of the two")));
                } else {
                    entries.insert(key, Entry { key_span, value: node });
                }
            }
        }
    }
}

fn span(start: Marker, end: Marker) -> Span {
    Span {
        line: start.line().max(1),
        character: start.col() + 1,
        length: end.index().saturating_sub(start.index()),
    }
}

fn too_large(why: String) -> Error {
    Error::new(Code::Syntax, why).help("split it into several files")
}

fn too_deep() -> Error {
    Error::new(Code::Syntax, format!("values lie more than {MAX_DEPTH} deep")).help("no key of the format is so deep")
}

fn refuse_tag(tag: Option<&Tag>, at: Span) -> Result<(), Error> {
    let Some(tag) = tag else { return Ok(()) };
    Err(at
        .mark(Error::new(
            Code::Syntax,
            format!("the YAML tag `{tag}` is not supported"),
        ))
        .help("put a name that begins with `!` in quotes"))
}

/// The parser's own words, and what they mean where a newcomer meets them.
fn syntax_error(text: &Joined<'_>, at: Marker, info: &str) -> Error {
    if info.contains("recursion limit") {
        return text.original(span(at, at)).mark(too_deep());
    }
    let line = text.text.lines().nth(at.line().max(1) - 1).unwrap_or_default();
    let (mut why, mut help) = (info, "");
    if info.contains("unknown anchor") {
        (why, help) = (
            "`*` begins an alias of YAML here",
            "put a name or glob that begins with `*` in quotes",
        );
    } else if info.contains("flow mapping") && line.contains("${") {
        (why, help) = (
            "inside braces `${` ends the value in front of it",
            "put the value in quotes: `\"${NAME}\"`",
        );
    }
    let help = if !help.is_empty() {
        help
    } else if info.contains("anchor") {
        "`*` and `&` begin YAML's aliases and anchors: put the value in quotes"
    } else if info.contains("tab") {
        "indent with spaces"
    } else {
        "check indentation, colons and quotes here and on the lines before"
    };
    text.original(span(at, at))
        .mark(Error::new(Code::Syntax, why))
        .help(help)
}
