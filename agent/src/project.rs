//! A sync file that was read, and the endpoints that its connections describe.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::Schema;
use syncapp_connector::{AnyConnector, Context, Endpoint};
use syncapp_connectors::{PLANNED, connectors};
use syncapp_engine::Ends;
use syncapp_model::sync_file::{Loaded, Mask, Sync, SyncFile, load};
use syncapp_model::{Code, Error, nearest};

use crate::args;
use crate::failure::{Failure, Source, show};
use crate::secrets::{Found, MASK_KEY, Secrets};
use crate::variables::{Usable, Values};

/// A sync file and where it lies. Clones share what was read.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) file: Arc<SyncFile>,
    /// The file as it was written.
    pub(crate) text: Arc<str>,
    /// Which of the file's environments holds.
    pub(crate) environment: Option<String>,
    loaded: Arc<Loaded>,
    context: Context,
    /// The secrets that it may need.
    needs: Arc<BTreeSet<String>>,
    values: Values,
}

/// Where a sync file comes from, and what it may use.
pub(crate) struct Origin {
    /// What problems call it.
    pub(crate) shown: String,
    /// Where its paths begin.
    pub(crate) context: Context,
    /// Which of its environments holds.
    pub(crate) environment: Option<String>,
    /// Which variables it may use.
    pub(crate) usable: Usable,
}

/// The ids and schemas of all connectors.
pub(crate) fn schemas() -> Vec<(String, Schema)> {
    connectors()
        .iter()
        .map(|connector| (connector.manifest().id.to_owned(), connector.schema()))
        .collect()
}

/// The connector of that id.
pub(crate) fn connector(id: &str) -> Option<Box<dyn AnyConnector>> {
    connectors().into_iter().find(|connector| connector.manifest().id == id)
}

impl Project {
    /// Reads a file of this machine's user, with its secrets. Warnings are printed; any error ends it.
    pub(crate) async fn open(args: &args::File) -> Result<Self, Failure> {
        let shown = args.path.display().to_string();
        let text = std::fs::read_to_string(&args.path).map_err(|problem| {
            Error::new(Code::UnreadableFile, "the sync file cannot be read")
                .file(&shown)
                .help("check its name, and that you may read it")
                .driver(problem)
        })?;
        let origin = Origin {
            shown,
            context: Context::at(folder_of(&args.path)),
            environment: args.env.clone(),
            usable: Usable::All,
        };
        let project = Self::read(&text, origin)?;
        show(&project.loaded.problems, Some(&project.source()));
        if project.needs.is_empty() {
            return Ok(project);
        }
        Ok(project.unlocked(&Secrets::of_user()?).await)
    }

    /// The same with its secrets.
    pub(crate) async fn unlocked(&self, secrets: &Secrets) -> Self {
        let found = secrets.find(&self.name, self.needs.iter()).await;
        self.holding(found)
    }

    /// The same with its secrets, and with a key for its masks: made now, if they need one, there is none, and it can be kept.
    pub(crate) async fn ready(&self, secrets: &Secrets) -> Result<Self, Failure> {
        let mut found = secrets.find(&self.name, self.needs.iter()).await;
        if self.needs.contains(MASK_KEY)
            && found.get(MASK_KEY)?.is_none()
            && let Some(made) = secrets.make_mask_key(&self.name).await?
        {
            found.set(MASK_KEY, made);
        }
        Ok(self.holding(found))
    }

    fn holding(&self, secrets: Found) -> Self {
        let mut project = self.clone();
        project.values.secrets = Arc::new(secrets);
        project
    }

    /// Reads a text, without its secrets. Any error ends it.
    pub(crate) fn read(text: &str, origin: Origin) -> Result<Self, Failure> {
        let loaded = load(text, &origin.shown, &schemas(), PLANNED);
        let failed = |problems: Vec<Error>| Failure {
            problems,
            source: Some(source(&loaded)),
            ..Failure::default()
        };
        let file = match &loaded.file {
            Some(file) if !loaded.has_errors() => file.clone(),
            _ => return Err(failed(loaded.problems.clone())),
        };
        let environment = match origin.environment {
            None => None,
            Some(name) => match (loaded.check_environment(&name), &origin.usable) {
                (Ok(()), _) => Some(name),
                // Files from everywhere come to one desk: an environment holds in those that have it.
                (Err(_), Usable::Desk) => None,
                (Err(problem), Usable::All) => return Err(failed(vec![problem])),
                (Err(problem), Usable::Listed(_)) => {
                    let help = format!(
                        "this agent's `environment` is `{name}`: keep it in the file, if need be as `{name}: {{}}`, or change it in agent.toml"
                    );
                    return Err(failed(vec![problem.help(help)]));
                }
            },
        };
        let stem = Path::new(&origin.shown).file_stem();
        let stem = stem.map_or_else(|| "project".into(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self {
            name: file.project.clone().unwrap_or(stem),
            needs: Arc::new(needs(&loaded, &file)),
            file: Arc::new(file),
            text: text.into(),
            environment,
            context: origin.context,
            values: Values {
                usable: origin.usable,
                secrets: Arc::default(),
            },
            loaded: Arc::new(loaded),
        })
    }

    /// The same under the name that it is kept by.
    pub(crate) fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// What problems call the file.
    pub(crate) fn shown(&self) -> &str {
        self.loaded.path()
    }

    /// The file's full path.
    pub(crate) fn place(&self) -> String {
        let path = Path::new(self.shown());
        let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        full.display().to_string()
    }

    /// The first line with a secret in plain text, from 1.
    pub(crate) fn secret_line(&self) -> Option<usize> {
        let lines = self.text.lines().zip(self.loaded.source().lines());
        lines
            .zip(1..)
            .find_map(|((written, shown), line)| (written != shown).then_some(line))
    }

    /// The endpoint of a connection.
    pub(crate) fn endpoint(&self, name: &str) -> Result<Box<dyn Endpoint>, Failure> {
        let keys = self
            .loaded
            .connection(name, self.environment.as_deref(), &self.values)
            .map_err(|p| self.failure(p))?;
        let connection = self
            .file
            .connections
            .get(name)
            .ok_or_else(|| self.unknown("connection", name, self.file.connections.keys()))?;
        let connector = connector(&connection.connector)
            .ok_or_else(|| Error::internal(format!("the connector `{}` is not listed", connection.connector)))?;
        connector.endpoint(keys, &self.context).map_err(|problems| {
            let located = problems
                .into_iter()
                .map(|problem| self.loaded.locate(&["connections", name], problem));
            self.failure(located.collect())
        })
    }

    /// Both ends of a sync.
    pub(crate) fn ends(&self, sync: &Sync) -> Result<Ends, Failure> {
        let (source, destination) = (self.endpoint(&sync.source)?, self.endpoint(&sync.destination)?);
        let names = (sync.source.as_str(), sync.destination.as_str());
        ends((source.as_ref(), destination.as_ref()), names).map_err(|problem| self.failure(vec![problem]))
    }

    /// How many streams of a sync go on at once, `usual` at the most: each may use both connections.
    pub(crate) fn parallel_streams(&self, sync: &Sync, usual: usize) -> usize {
        let limit = |connection: &String| self.file.max_streams(connection, self.environment.as_deref());
        let limits = [limit(&sync.source), limit(&sync.destination)].into_iter().flatten();
        limits.map(|streams| streams as usize).fold(usual, usize::min)
    }

    /// The sync of that name, or all of the file's.
    pub(crate) fn syncs(&self, name: Option<&str>) -> Result<Vec<(&str, &Sync)>, Failure> {
        match name {
            Some(_) => self.sync(name).map(|sync| vec![sync]),
            None => Ok(self
                .file
                .syncs
                .iter()
                .map(|(name, sync)| (name.as_str(), sync))
                .collect()),
        }
    }

    /// The sync of that name, or the file's only one.
    pub(crate) fn sync(&self, name: Option<&str>) -> Result<(&str, &Sync), Failure> {
        let syncs = &self.file.syncs;
        match name {
            Some(name) => {
                let found = syncs.get_key_value(name);
                found
                    .map(|(name, sync)| (name.as_str(), sync))
                    .ok_or_else(|| self.unknown("sync", name, syncs.keys()))
            }
            None => match syncs.iter().next() {
                Some((name, sync)) if syncs.len() == 1 => Ok((name, sync)),
                _ => {
                    let names: Vec<&str> = syncs.keys().map(String::as_str).collect();
                    Err(Error::new(
                        Code::MissingKey,
                        "the file has several syncs, or none: name one by `--sync`",
                    )
                    .help(format!("its syncs: {}", names.join(", ")))
                    .into())
                }
            },
        }
    }

    /// The secret that masks are made with.
    pub(crate) fn mask_key(&self) -> Result<Option<Vec<u8>>, Failure> {
        let key = self.values.secrets.get(MASK_KEY)?;
        Ok(key.map(|key| key.reveal().as_bytes().to_vec()))
    }

    /// Its secrets.
    pub(crate) fn secrets(&self) -> &Found {
        &self.values.secrets
    }

    /// Problems of a stream, with their places in the file.
    pub(crate) fn locate(&self, sync: &str, problem: Error) -> Error {
        let at = problem.report().at.clone();
        // A problem of a data file stands at its own place.
        let Some(stream) = at.stream.filter(|_| at.file.is_none()) else {
            return problem;
        };
        let mut path = vec!["syncs", sync, "streams", &stream];
        let config = self.file.syncs.get(sync).and_then(|of| {
            let own = of.streams.get(&stream)?;
            Some(of.stream(own.as_ref()))
        });
        let config = config.unwrap_or_default();
        match (at.column.as_deref(), problem.code()) {
            (Some(column), code) => {
                let mapped = config.columns.as_ref().and_then(|columns| columns.get(column));
                let computed = mapped.is_some_and(|column| column.expr.is_some());
                path.extend(["columns", column]);
                path.extend(match code {
                    Code::InvalidExpression | Code::ExpressionFailed => Some("expr"),
                    Code::UnknownColumn => Some(if computed { "expr" } else { "from" }),
                    Code::CastFailed | Code::LossyType => Some("type"),
                    _ => None,
                });
            }
            (None, Code::InvalidExpression | Code::ExpressionFailed) => {
                path.push(if config.filter.is_some() { "where" } else { "query" });
            }
            (None, Code::MissingPrimaryKey) => path.push("write"),
            _ => {}
        }
        self.loaded.locate(&path, problem)
    }

    /// Problems that point into this file.
    pub(crate) fn failure(&self, problems: Vec<Error>) -> Failure {
        Failure {
            problems,
            source: Some(self.source()),
            ..Failure::default()
        }
    }

    /// The file as problems quote it.
    pub(crate) fn source(&self) -> Source {
        source(&self.loaded)
    }

    fn unknown<'a>(&self, what: &str, name: &str, known: impl Iterator<Item = &'a String> + Clone) -> Failure {
        let names: Vec<&str> = known.map(String::as_str).collect();
        let error = Error::new(Code::UnknownName, format!("the file has no {what} `{name}`"));
        let listed = format!("it has: {}", names.join(", "));
        let help = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? {listed}"),
            None => listed,
        };
        self.failure(vec![error.file(self.loaded.path()).help(help)])
    }
}

/// The secrets that a file may need.
fn needs(loaded: &Loaded, file: &SyncFile) -> BTreeSet<String> {
    let is_keyed = |mask: &Mask| matches!(mask, Mask::Hash | Mask::Encrypt);
    let masks = file.syncs.values().any(|sync| {
        let mut streams = sync.streams.values().map(|own| sync.stream(own.as_ref()));
        streams.any(|stream| {
            let mut columns = stream.columns.iter().flat_map(|columns| columns.values());
            columns.any(|column| column.mask.as_ref().is_some_and(is_keyed))
        })
    });
    let mut names = loaded.secrets();
    names.extend(masks.then(|| MASK_KEY.to_owned()));
    names
}

fn source(loaded: &Loaded) -> Source {
    Source {
        path: loaded.path().to_owned(),
        text: loaded.source().to_owned(),
    }
}

/// Both ends and what their connections are called, as the engine takes them.
pub(crate) fn ends(
    (source, destination): (&dyn Endpoint, &dyn Endpoint),
    (source_name, destination_name): (&str, &str),
) -> Result<Ends, Error> {
    let same_system = source.manifest().id == destination.manifest().id;
    let cannot = |endpoint: &dyn Endpoint, what: &str| {
        Error::new(
            Code::InvalidValue,
            format!("{} cannot be {what}", endpoint.manifest().title),
        )
    };
    Ok(Ends {
        source: source.source().ok_or_else(|| cannot(source, "read"))?.into(),
        destination: destination
            .destination()
            .ok_or_else(|| cannot(destination, "written"))?
            .into(),
        target: destination.source().ok_or_else(|| cannot(destination, "read"))?.into(),
        same_system,
        source_name: source_name.into(),
        destination_name: destination_name.into(),
    })
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
