//! The values that a sync file may use: of variables, and of its secrets.

use std::collections::BTreeSet;
use std::sync::Arc;

use syncapp_model::sync_file::Variables;
use syncapp_model::{Code, Error};

use crate::secrets::{Found, MASK_KEY};

/// Whose file it is.
#[derive(Debug, Clone)]
pub(crate) enum Usable {
    /// This machine's user's: it may use all variables.
    All,
    /// The same, of somebody who sits at a desktop.
    Desk,
    /// Somebody else's: it may use those that an operator has listed.
    Listed(BTreeSet<String>),
}

/// Values for one file.
#[derive(Clone)]
pub(crate) struct Values {
    pub(crate) usable: Usable,
    pub(crate) secrets: Arc<Found>,
}

impl Variables for Values {
    fn get(&self, name: &str) -> Option<String> {
        let usable = match &self.usable {
            Usable::All | Usable::Desk => true,
            Usable::Listed(names) => names.contains(name),
        };
        usable.then(|| std::env::var(name).ok())?
    }

    fn variable_help(&self, name: &str) -> String {
        match &self.usable {
            Usable::All | Usable::Desk => {
                format!("set `{name}` in the environment, or give a default: `${{{name}:-…}}`")
            }
            Usable::Listed(_) => {
                format!("the agent's operator has to set `{name}`, and to list it in `variables` of agent.toml")
            }
        }
    }

    fn secret(&self, name: &str) -> Result<Option<String>, Error> {
        if name == MASK_KEY {
            let why = format!("`{name}` is what masks are made with, and no connection may have it");
            return Err(Error::new(Code::InvalidValue, why).help("keep another secret for the connection"));
        }
        let secret = self.secrets.get(name)?;
        Ok(secret.map(|secret| secret.reveal().to_owned()))
    }

    fn secret_help(&self, name: &str) -> String {
        let help = self.secrets.help(name);
        match &self.usable {
            Usable::All => help,
            Usable::Desk => format!("give `{name}` a value in the connection's form"),
            Usable::Listed(_) => format!("on the agent: {help}"),
        }
    }
}
